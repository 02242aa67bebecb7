import { describe, expect, it } from 'vitest';
import { readMergePatch } from '../json/read-patch.js';
import { applyMergePatch } from './apply-merge-patch.js';

const object = { data: { a: '1', b: '2' }, list: [{ x: 1 }, 2], text: 'old' };

describe('applyMergePatch', () => {
  it.each([
    [{ data: { a: null, c: '3' } }, { ...object, data: { b: '2', c: '3' } }],
    [{ list: [{ x: null }] }, { ...object, list: [{}] }],
    [{ data: [{ x: null }] }, { ...object, data: [{ x: null }] }],
    [{ new: { deep: null, kept: { gone: null } } }, { ...object, new: { kept: {} } }],
    [{ new: [{ x: null }] }, { ...object, new: [{}] }],
    [{ data: 'text' }, { ...object, data: 'text' }],
    [{ text: { deep: null } }, { ...object, text: {} }],
    [
      { data: null, none: null },
      { list: object.list, text: 'old' },
    ],
    [{}, object],
  ])('merges %j', (patch, merged) => expect(applyMergePatch(object, patch)).toEqual({ ok: true, object: merged }));

  it.each([[null], [[]], ['x'], [1]])('refuses %j', (patch) =>
    expect(applyMergePatch(object, patch)).toMatchObject({ error: { code: 400, message: 'Invalid JSON Patch' } }),
  );

  it('takes keys as names of prototypes for keys', () => {
    const patch = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}') as object;
    const result = applyMergePatch(object, patch);
    expect(result.ok && Object.keys(result.object)).toEqual(['data', 'list', 'text', '__proto__', 'constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

describe('readMergePatch', () => {
  it.each([
    ['', 'error decoding patch: unexpected end of JSON input'],
    ['\ufeff{}', "error decoding patch: invalid character 'ï' looking for beginning of value"],
    ['{}x', "error decoding patch: invalid character 'x' after top-level value"],
    ['null', 'Invalid JSON Patch'],
  ])('refuses %j', (text, message) => expect(readMergePatch(text, { validate: true })).toMatchObject({ error: { code: 400, message } }));

  it('tells fields given twice', () =>
    expect(readMergePatch('{"data":{"a":"7","a":"8"},"data":{"b":"1"}}', { validate: true })).toEqual({
      ok: true,
      patch: { data: { b: '1' } },
      strictErrors: ['duplicate field "data.a"', 'duplicate field "data"'],
    }));
});
