import { describe, expect, it } from 'vitest';
import { createManifestMap } from './manifest-map.js';

const YAML = `# a comment
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    app.kubernetes.io/name: web
spec:
  containers:
  - name: app
    image: "app:1"
    args: [one, two]
    env:
    - name: A
      value:
  - name: b
---
kind: Other
`;
const JSON_TEXT = '{"kind": "Pod", "spec": {"containers": [{"name": "a"}, {"name": "b", "args": ["x", "y"]}]}}';

/** The field at the place of a mark, a stroke, that is taken out of the text. */
const at = (marked: string): unknown => {
  const offset = marked.indexOf('¦');
  const text = marked.replace('¦', '');
  const before = text.slice(0, offset).split('\n');
  return createManifestMap(text).fieldAt(before.length, (before.at(-1) ?? '').length + 1)?.field;
};

describe('fieldAt', () => {
  it.each([
    ['kind: P¦od', 'kind'],
    ['ki¦nd: Pod', 'kind'],
    ['metadata:¦\n', 'metadata'],
    ['name: w¦eb\n  labels', 'metadata.name'],
    ['app.kubernetes.io/name: w¦eb', 'metadata.labels[app.kubernetes.io/name]'],
    ['image: "ap¦p:1"', 'spec.containers[0].image'],
    ['args: [one, t¦wo]', 'spec.containers[0].args[1]'],
    ['- name: A¦', 'spec.containers[0].env[0].name'],
    ['- name: ¦b', 'spec.containers[1].name'],
    ['kind: O¦ther', 'kind'],
  ])('%j is %s', (marked, field) => expect(at(YAML.replace(marked.replace('¦', ''), marked))).toBe(field));

  it.each([
    ['{"name": "¦b"', 'spec.containers[1].name'],
    ['"x", "y¦"', 'spec.containers[1].args[1]'],
  ])('in JSON, %j is %s', (marked, field) => expect(at(JSON_TEXT.replace(marked.replace('¦', ''), marked))).toBe(field));

  it('knows documents, and nothing outside of them', () => {
    const map = createManifestMap(YAML);
    expect(map.fieldAt(18, 3)).toEqual({ document: 1, field: 'kind' });
    expect(map.fieldAt(1, 1)).toBeUndefined();
    expect(map.fieldAt(99, 1)).toBeUndefined();
    expect(createManifestMap('').fieldAt(1, 1)).toBeUndefined();
  });
});

describe('rangeOf', () => {
  it('gives places that fieldAt gives back', () => {
    const map = createManifestMap(YAML);
    for (const field of [
      'kind',
      'metadata.name',
      'metadata.labels[app.kubernetes.io/name]',
      'spec.containers[0].args[0]',
      'spec.containers[1].name',
    ]) {
      const { line = 0, column = 0 } = map.rangeOf({ document: 0, field }) ?? {};
      expect(map.fieldAt(line, column)).toEqual({ document: 0, field });
    }
    expect(map.rangeOf({ document: 0, field: 'spec.containers[0].image' })).toEqual({ line: 11, column: 12, endLine: 11, endColumn: 19 });
    expect(map.rangeOf({ document: 7, field: 'kind' })).toBeUndefined();
  });
});

it('maps what nests as deep as upstream reads', () => {
  const map = createManifestMap(`{"kind":"Pod","x":${'['.repeat(9_000)}${']'.repeat(9_000)}}`);
  expect(map.fieldAt(1, 10)).toEqual({ document: 0, field: 'kind' });
  expect(map.fieldAt(1, 20)).toEqual({ document: 0, field: 'x[0]' });
});
