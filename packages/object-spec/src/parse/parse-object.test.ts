import { describe, expect, it } from 'vitest';
import { parseObject, parseObjects, parseObjectUpdate } from './parse-object.js';

const configMap = (text: string) => parseObject(text, { path: 'a.yaml' });

describe('parseObject', () => {
  it('fills in defaults and takes out what users may not set', () => {
    const result = configMap('apiVersion: v1\nkind: Secret\nmetadata: {name: a, uid: x, resourceVersion: "1"}\nstringData: {k: v}\n');
    expect(result).toMatchObject({
      ok: true,
      object: { type: 'Opaque', data: { k: 'dg==' }, metadata: { name: 'a', namespace: 'default' } },
    });
    expect(result.ok && 'stringData' in result.object).toBe(false);
  });

  it('tells of every broken rule where it stands', () => {
    const result = configMap('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  ..x: "1"\n  a/b: "2"\n');
    expect(!result.ok && result.issues.map(({ field, type, line, column }) => [field, type, line, column])).toEqual([
      ['data[..x]', 'Invalid value', 6, 8],
      ['data[a/b]', 'Invalid value', 7, 8],
    ]);
  });

  it('notes fields that are unknown, and a null that counts as empty', () => {
    const result = configMap('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nbinaryData: {k: null}\nextra: 1\n');
    expect(result.notes.map(({ code, field }) => [code, field])).toEqual([
      ['NULL_VALUE', 'binaryData[k]'],
      ['UNKNOWN_FIELD', 'extra'],
    ]);
  });

  it.each([
    ['bad base64', 'apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {k: "a b"}\n', 'DECODE_BASE64'],
    ['a version that is gone', 'apiVersion: apps/v1beta1\nkind: Deployment\nmetadata: {name: a}\n', 'MANIFEST_KIND'],
    ['a Pod', 'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n', 'MANIFEST_KIND'],
    ['a name that would have to be made', 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: a-}\n', 'MANIFEST_NAME'],
    ['text that is no YAML', 'a: [', 'MANIFEST_SYNTAX'],
  ])('refuses %s with a message', (_what, text, code) => {
    expect(configMap(text)).toMatchObject({ ok: false, message: expect.stringMatching(/./), issues: [{ code }] });
  });

  it('lets containers be privileged, unless it is told otherwise', () => {
    const container = '{name: a, image: b, securityContext: {privileged: true}}';
    const pod = `{metadata: {labels: {a: b}}, spec: {containers: [${container}]}}`;
    const text = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}, template: ${pod}}}`;
    expect(parseObject(`---\n${text}`, { path: 'a' }).ok).toBe(true);
    expect(parseObject(`---\n${text}`, { path: 'a', allowPrivileged: false })).toMatchObject({
      issues: [{ message: 'spec.template.spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy' }],
    });
  });
});

describe('parseObjects', () => {
  it('judges each document and each item of a List for itself', () => {
    const item = (name: string) => `{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${name}"}}`;
    const text = `---\napiVersion: v1\nkind: List\nitems: [${item('a')}, ${item('B_')}]\n---\n${item('c')}\n`;
    expect(parseObjects(text, { path: 'a' }).map(({ index, line, result }) => [index, line, result.ok])).toEqual([
      [0, 4, true],
      [1, 4, false],
      [2, 5, true],
    ]);
  });
});

describe('parseObjectUpdate', () => {
  const old = configMap('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}\nimmutable: true\n');

  it('keeps an immutable object as it is', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {k: w}\nimmutable: true\n';
    expect(old.ok && parseObjectUpdate(old.object, text, { path: 'a' })).toMatchObject({
      ok: false,
      issues: [{ message: 'data: Forbidden: field is immutable when `immutable` is set', line: 4 }],
    });
  });

  it('refuses an object of another name', () => {
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n';
    expect(old.ok && parseObjectUpdate(old.object, text, { path: 'a' })).toMatchObject({
      ok: false,
      message: 'the object is default/a, not default/b',
    });
  });
});
