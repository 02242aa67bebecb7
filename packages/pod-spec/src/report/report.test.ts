import { describe, expect, it } from 'vitest';
import { parsePod } from '../parse/parse-pod.js';
import { githubAnnotations } from './github-annotations.js';
import { losslessJson } from './lossless-json.js';
import { renderIssues } from './render-issues.js';
import { sarifLog } from './sarif-log.js';
import { validateBatchLine } from './validate-batch-line.js';

const text = 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: a\n    image: b:1\n    livenessProb: {}\n';
const result = parsePod(text, { path: 'a,b.yaml', nodeName: 'node1' });
const issues = result.ok ? result.warnings : [];

describe('renderIssues', () => {
  it('shows the line and a caret under the value', () => {
    expect(renderIssues(issues, text)).toBe(
      [
        'a,b.yaml:9:5: warning: spec.containers[0].livenessProb: unknown field "livenessProb", ignored',
        '  9 |     livenessProb: {}',
        '    |     ^^^^^^^^^^^^',
        '    = hint: did you mean livenessProbe?',
      ].join('\n'),
    );
  });

  it('lets nothing that a manifest holds steer the terminal, and keeps the caret in its place', () => {
    const hostile = 'kind: Pod\napiVersion: v1\nmetadata: {name: "\u001b]0;x\u0007\u009bA\u007f"}\nspec: {}\n';
    const parsed = parsePod(hostile, { path: 'a\u001b[2J.yaml', nodeName: 'node1' });
    const text = renderIssues(parsed.ok ? parsed.warnings : parsed.issues, hostile);
    expect(text).not.toMatch(/(?!\n)\p{Control}/u);
    expect(text).toContain('a\u241b[2J.yaml:3:');
    const [line = '', carets = ''] = text.split('\n').slice(1);
    expect(carets.indexOf('^')).toBe(line.indexOf('\u241b'));
  });

  it('colours only when asked to', () => {
    expect(renderIssues(issues, text)).not.toContain('\u001b');
    expect(renderIssues(issues, text, { color: true })).toContain('\u001b[33m^^^^^^^^^^^^\u001b[0m');
  });
});

describe('githubAnnotations', () => {
  it('escapes what would end a property', () => {
    expect(githubAnnotations(issues)).toMatch(/^::warning file=a%2Cb.yaml,line=9,endLine=9,col=5,endColumn=17,title=UNKNOWN_FIELD::/);
  });
});

describe('sarifLog', () => {
  it('refers to its rules by index', () => {
    const [run] = sarifLog(issues).runs;
    expect(run?.results).toMatchObject([{ ruleId: 'UNKNOWN_FIELD', ruleIndex: 0, level: 'warning' }]);
    expect(run?.tool.driver.rules).toEqual([{ id: 'UNKNOWN_FIELD' }]);
  });
});

describe('losslessJson', () => {
  it('writes whole numbers of any size', () => {
    expect(losslessJson({ a: 2n ** 63n, b: [1, undefined], c: undefined })).toBe('{"a":9223372036854775808,"b":[1,null]}');
    expect(losslessJson({ a: [1], b: {} }, 2)).toBe('{\n  "a": [\n    1\n  ],\n  "b": {}\n}');
  });
});

describe('validateBatchLine', () => {
  const judge = (record: object) => JSON.parse(validateBatchLine(JSON.stringify(record)));

  it('answers with the pod as Kubernetes prints it', () => {
    const manifest = text.replace('livenessProb: {}', 'resources: {limits: {cpu: 1000E}}');
    expect(judge({ id: 'x', manifest })).toMatchObject({
      id: 'x',
      ok: true,
      errors: [],
      pod: { spec: { containers: [{ resources: { limits: { cpu: '1' } } }] } },
    });
  });

  it('tells errors, what cannot be decoded, and what is no record', () => {
    expect(judge({ id: 1, manifest: text.replace('image: b:1', 'image: ""') })).toMatchObject({
      ok: false,
      errors: [{ type: 'Required value' }],
      message: '',
    });
    expect(judge({ id: 2, manifest: 'a: {' })).toMatchObject({ id: 2, ok: false, errors: [] });
    expect(judge({ id: 2, manifest: 'a: {' }).message).not.toBe('');
    expect(JSON.parse(validateBatchLine('{'))).toMatchObject({ id: '', ok: false });
    expect(judge({ id: 3 })).toMatchObject({ ok: false, message: 'the record has no manifest' });
  });

  it('takes bytes, node names and lists from URLs', () => {
    expect(judge({ id: 4, manifestBase64: btoa(text) }).pod.metadata.name).toBe('web-node1');
    expect(JSON.parse(validateBatchLine(JSON.stringify({ id: 5, manifest: text }), { nodeName: 'n2' })).pod.metadata.name).toBe('web-n2');
    expect(judge({ id: 6, source: 'url', manifest: 'apiVersion: v1\nkind: PodList\n' })).toMatchObject({ ok: true, pods: [] });
  });
});
