import { describe, expect, it } from 'vitest';
import { parseManifest, parsePod, parseUrlManifest } from './parse-pod.js';
import type { PodSpecIssue } from './pod-spec-issue.js';

const options = { path: 'web.yaml', nodeName: 'node1' };
const issuesOf = (text: string, more: object = {}): readonly PodSpecIssue[] => {
  const result = parsePod(text, { ...options, ...more });
  return result.ok ? result.warnings : result.issues;
};
const place = ({ line, column, endLine, endColumn }: PodSpecIssue) => [line, column, endLine, endColumn];
const pod = (spec: string): string => `apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n${spec}`;
const sound = pod('  containers:\n  - name: a\n    image: b:1\n');

describe('parsePod', () => {
  it('gives the static pod of a sound manifest', () => {
    expect(parsePod(sound, options)).toMatchObject({
      ok: true,
      warnings: [],
      pod: { metadata: { name: 'web-node1' }, status: { phase: 'Pending' } },
    });
  });

  it('points at the value that breaks a rule', () => {
    const issues = issuesOf(pod('  containers:\n  - name: a\n    image: b:1\n    ports:\n    - containerPort: 99999\n'));
    expect(issues).toMatchObject([
      {
        severity: 'error',
        code: 'FIELD_INVALID',
        type: 'Invalid value',
        field: 'spec.containers[0].ports[0].containerPort',
        badValue: 99999,
      },
    ]);
    expect(place(issues[0]!)).toEqual([10, 22, 10, 27]);
  });

  it('points at the nearest thing above a field that is missing', () => {
    const issues = issuesOf(pod('  containers:\n  - name: a\n'));
    expect(issues).toMatchObject([{ code: 'FIELD_REQUIRED', field: 'spec.containers[0].image' }]);
    expect(place(issues[0]!)).toEqual([7, 5, 7, 6]);
  });

  it('points through anchors, and into JSON', () => {
    const aliased = issuesOf(pod('  initContainers:\n  - &c {name: A_, image: b}\n  containers:\n  - <<: *c\n    image: c\n'));
    expect(aliased.map(({ field }) => field)).toContain('spec.containers[0].name');
    for (const issue of aliased.filter(({ type }) => type === 'Invalid value')) expect(place(issue)).toEqual([7, 15, 7, 17]);
    const [json] = issuesOf(
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},\n"spec":{"containers":[{"name":"a","image":"b","stdin":"x"}]}}',
    );
    expect(json).toMatchObject({
      code: 'DECODE_TYPE',
      field: 'spec.containers[0].stdin',
      message: 'expected true or false, found a string',
    });
    expect(place(json!)).toEqual([2, 55, 2, 58]);
  });

  it('warns of misspelt fields with the right name, and takes them as errors when strict', () => {
    const text = pod('  containers:\n  - name: a\n    image: b:1\n    livenessProb: {}\n');
    expect(parsePod(text, options).ok).toBe(true);
    expect(issuesOf(text)).toMatchObject([
      {
        severity: 'warning',
        code: 'UNKNOWN_FIELD',
        field: 'spec.containers[0].livenessProb',
        hint: 'did you mean livenessProbe?',
        line: 9,
        column: 5,
      },
    ]);
    expect(parsePod(text, { ...options, strict: true })).toMatchObject({ ok: false, issues: [{ severity: 'error' }] });
  });

  it('finds several faults at once, also before a place that cannot be read', () => {
    const types = issuesOf(pod('  hostPID: maybe\n  containers:\n  - name: 5\n    tty: "x"\n'));
    expect(types.map(({ field }) => field)).toEqual(['spec.containers[0].name', 'spec.containers[0].tty', 'spec.hostPID']);
    const broken = issuesOf(pod('  hostPID: maybe\n  containers:\n  - {name: a\n'));
    expect(broken.map(({ code }) => code)).toEqual(['MANIFEST_SYNTAX', 'DECODE_TYPE']);
  });

  it.each(['a_b', 'a/b', '..', 'a b', 'a'.repeat(201)])('refuses the UID %s, which would run into other names', (uid) => {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', uid },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    });
    expect(issuesOf(text)).toMatchObject([{ severity: 'error', code: 'FIELD_INVALID', field: 'metadata.uid', badValue: uid }]);
  });

  it('takes a UID of letters, digits, dashes, dots and colons', () => {
    const text = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', uid: 'A-1.b:2' },
      spec: { containers: [{ name: 'a', image: 'b' }] },
    });
    expect(issuesOf(text)).toEqual([]);
  });

  it('warns of a relative hostPath, which no container could mount', () => {
    const text = pod(
      '  containers:\n  - {name: a, image: "b:1"}\n  volumes:\n  - {name: v, hostPath: {path: data}}\n  - {name: w, hostPath: {path: /data}}\n',
    );
    expect(issuesOf(text)).toMatchObject([
      { severity: 'warning', field: 'spec.volumes[0].hostPath.path', message: expect.stringContaining('"data" is relative') },
    ]);
  });

  it('warns of a YAML key that a later one replaces', () => {
    const issues = issuesOf(pod('  hostPID: true\n  hostPID: false\n  containers:\n  - {name: a, image: "b:1"}\n'));
    expect(issues).toMatchObject([{ severity: 'warning', code: 'DUPLICATE_FIELD', field: 'spec.hostPID', line: 6 }]);
  });

  it('warns of a second document and of a field given twice in JSON', () => {
    expect(issuesOf(`${sound}---\nkind: x\n`)).toMatchObject([{ code: 'MANIFEST_REST_IGNORED', line: 9 }]);
    const twice =
      '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{"containers":[{"name":"a","image":"b"}],"hostPID":true,"hostPID":false}}';
    expect(issuesOf(twice)).toMatchObject([{ severity: 'warning', code: 'DUPLICATE_FIELD', field: 'spec.hostPID' }]);
  });

  it.each([
    ['', 'kind is missing'],
    ['kind: Pod\n', 'apiVersion is missing'],
    ['apiVersion: v1\nkind: Node\n', 'v1 Node is not a Pod'],
    ['apiVersion: apps/v1\nkind: Deployment\n', 'apps/v1 Deployment is not a Pod'],
    ['apiVersion: a/b/c\nkind: Pod\n', 'unexpected apiVersion: a/b/c'],
    ['- a\n', 'the document is not a map'],
    ['apiVersion: v1\nkind: Pod\n', 'invalid pod: name is needed for the pod'],
    [' '.repeat(11 * 2 ** 20), 'the manifest is larger than 10 MiB'],
  ])('refuses what is no Pod: %#', (text, message) => expect(parsePod(text, options)).toMatchObject({ ok: false, message }));

  it('tells what only an API server has', () => {
    expect(parsePod(sound.replace('spec:', 'spec:\n  serviceAccountName: x'), options)).toMatchObject({
      ok: false,
      apiRef: 'serviceaccounts',
    });
  });

  it('keeps whole numbers of 64 bits', () => {
    const text = pod('  terminationGracePeriodSeconds: 9223372036854775807\n  containers:\n  - {name: a, image: "b:1"}\n');
    expect(parsePod(text, options)).toMatchObject({ pod: { spec: { terminationGracePeriodSeconds: 9223372036854775807n } } });
  });
});

describe('parseManifest', () => {
  const results = (text: string) =>
    parseManifest(text, options).documents.map(({ index, line, result }) => [
      index,
      line,
      result.ok ? result.pod.metadata.name : result.message,
    ]);

  it('reads every document, and the items of lists', () => {
    const list =
      'apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {containers: [{name: a, image: b}]}}\n- {apiVersion: v1, kind: Node}\n';
    expect(results(`${sound}---\n# empty\n---\n${list}`)).toEqual([
      [0, 1, 'web-node1'],
      [1, 15, 'x-node1'],
      [2, 16, 'v1 Node is not a Pod'],
    ]);
  });

  it('keeps the documents before one that cannot be read', () => {
    expect(results(`${sound}---\na: {\n`)).toMatchObject([
      [0, 1, 'web-node1'],
      [1, 9, expect.stringContaining('did not find')],
    ]);
  });

  it('does not take a file without a document for one without pods', () =>
    expect(results('# nothing\n')).toEqual([[0, 1, 'there is no document in the file']]));
});

describe('parseUrlManifest', () => {
  const list = (...names: string[]) =>
    `apiVersion: v1\nkind: PodList\nitems:\n${names.map((name) => `- {metadata: {name: ${name}}, spec: {containers: [{name: a, image: b}]}}\n`).join('')}`;

  it('takes a pod or a list of pods, without the toleration', () => {
    expect(parseUrlManifest(sound, options)).toMatchObject({ ok: true, list: false, pods: [{ metadata: { name: 'web-node1' } }] });
    const result = parseUrlManifest(list('x', 'z'), options);
    expect(result).toMatchObject({ ok: true, list: true, pods: [{ metadata: { name: 'x-node1' } }, { metadata: { name: 'z-node1' } }] });
    if (result.ok) expect(result.pods[0]?.spec.tolerations).toBeUndefined();
  });

  it('refuses a list for one bad item', () =>
    expect(parseUrlManifest(list('x', 'BAD_'), options)).toMatchObject({ ok: false, issues: [{ field: 'metadata.name', line: 5 }] }));
});
