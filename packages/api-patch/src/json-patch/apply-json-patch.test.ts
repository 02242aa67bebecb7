import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json/json-value.js';
import { readJsonPatch } from '../json/read-patch.js';
import { applyJsonPatch } from './apply-json-patch.js';

const object: JsonObject = { data: { a: '1', 'm~n': '2', 'x/y': '3', n: 2 }, list: ['p', 'q', 'r'] };

const apply = (...operations: readonly object[]): unknown => {
  const result = applyJsonPatch(object, operations);
  return result.ok ? result.object : `${result.error.code}`;
};
const dataAfter = (...operations: readonly object[]): unknown => (apply(...operations) as JsonObject)['data'];
const listAfter = (...operations: readonly object[]): unknown => (apply(...operations) as JsonObject)['list'];

describe('applyJsonPatch', () => {
  it.each([
    ['at an index', { path: '/list/1' }, ['p', 'n', 'q', 'r']],
    ['at the end', { path: '/list/-' }, ['p', 'q', 'r', 'n']],
    ['behind the last by -1', { path: '/list/-1' }, ['p', 'q', 'r', 'n']],
    ['in front by the largest negative index', { path: '/list/-4' }, ['n', 'p', 'q', 'r']],
    ['by an index with a sign and zeros', { path: '/list/+01' }, ['p', 'n', 'q', 'r']],
  ])('adds an item %s', (_, place, list) => expect(listAfter({ op: 'add', value: 'n', ...place })).toEqual(list));

  it.each([
    ['/list/-1', ['p', 'q']],
    ['/list/-3', ['q', 'r']],
    ['/list/00', ['q', 'r']],
  ])('removes %s', (path, list) => expect(listAfter({ op: 'remove', path })).toEqual(list));

  it('replaces, moves and copies', () => {
    expect(dataAfter({ op: 'replace', path: '/data/m~0n', value: 'z' })).toMatchObject({ 'm~n': 'z' });
    expect(dataAfter({ op: 'move', from: '/data/x~1y', path: '/data/z' })).toEqual({ a: '1', 'm~n': '2', n: 2, z: '3' });
    expect(listAfter({ op: 'copy', from: '/list/-1', path: '/list/0' })).toEqual(['r', 'p', 'q', 'r']);
    expect(apply({ op: 'replace', path: '', value: { b: 1 } })).toEqual({ b: 1 });
  });

  it('takes a missing key for null: replace sets it, copy copies it, test finds it', () => {
    expect(dataAfter({ op: 'replace', path: '/data/new', value: 'z' })).toMatchObject({ new: 'z' });
    expect(dataAfter({ op: 'copy', from: '/data/none', path: '/data/new' })).toMatchObject({ new: null });
    expect(dataAfter({ op: 'test', path: '/data/none', value: null })).toEqual(object['data']);
  });

  it.each([
    [{ op: 'remove', path: '/data/none' }],
    [{ op: 'move', from: '/data/none', path: '/data/x' }],
    [{ op: 'add', path: '/none/x', value: 1 }],
    [{ op: 'add', path: '/data/a/b', value: 1 }],
    [{ op: 'add', path: '/list/4', value: 1 }],
    [{ op: 'add', path: '/list/-5', value: 1 }],
    [{ op: 'replace', path: '/list/3', value: 1 }],
    [{ op: 'add', path: '/list/1.0', value: 1 }],
    [{ op: 'add', path: 'data', value: 1 }],
    [{ op: 'test', path: '/data/a', value: '2' }],
    [{ op: 'test', path: '/data/n', value: '2' }],
    [{ op: 'test', path: '/list', value: ['p', 'q'] }],
    [{ op: 'replace', path: '', value: 'x' }],
    [{ op: 'Add', path: '/data/b', value: 1 }],
    [{ path: '/data/b', value: 1 }],
    [{ op: 'add', value: 1 }],
    [{ op: 'add', path: '/constructor/prototype/x', value: 1 }],
    [{ op: 'add', path: '/__proto__/x', value: 1 }],
  ])('answers 422 to %j', (operation) => expect(apply(operation)).toBe('422'));

  it('tells clients nothing but that the patch does not fit, and callers why', () => {
    const result = applyJsonPatch(object, [{ op: 'remove', path: '/data/none' }]);
    expect(result).toEqual({
      ok: false,
      error: {
        type: 'unprocessable',
        code: 422,
        reason: 'Invalid',
        message: 'the server rejected our request due to an error in our request',
        detail: 'Unable to remove nonexistent key: none',
      },
    });
  });

  it('has limits', () => {
    const many = (count: number): readonly object[] => Array.from({ length: count }, () => ({ op: 'test', path: '/data/a', value: '1' }));
    expect(applyJsonPatch(object, many(10_000))).toMatchObject({ ok: true });
    expect(applyJsonPatch(object, many(10_001))).toMatchObject({
      error: { code: 413, message: 'The allowed maximum operations in a JSON patch is 10000, got 10001' },
    });
    expect(applyJsonPatch(object, { op: 'add' })).toMatchObject({ error: { code: 400 } });
    const doubling = Array.from({ length: 40 }, (_, n) => ({ op: 'copy', from: '/data', path: `/data/copy${n}` }));
    expect(applyJsonPatch(object, doubling)).toMatchObject({ error: { code: 422 } });
    const wide = [
      { op: 'add', path: '/big', value: 'x'.repeat(1_000_000) },
      ...Array.from({ length: 9 }, (_, n) => ({ op: 'copy', from: '/big', path: `/b${n}` })),
    ];
    expect(applyJsonPatch(object, wide)).toMatchObject({ error: { code: 422, detail: expect.stringContaining('copy') } });
  });

  it('changes neither the object nor the operations', () => {
    const operations = [
      { op: 'add', path: '/data/deep', value: { x: 1 } },
      { op: 'add', path: '/data/deep/y', value: 2 },
    ];
    const before = JSON.stringify([object, operations]);
    applyJsonPatch(object, operations);
    expect(JSON.stringify([object, operations])).toBe(before);
  });
});

describe('readJsonPatch', () => {
  const read = (text: string, validate = true) => readJsonPatch(text, { validate });
  const test = (text: string): boolean => {
    const patch = read(text);
    return patch.ok && applyJsonPatch({ n: 2, s: 'A', h: 'a<b' }, patch.patch).ok;
  };

  it('makes a test operation compare texts', () => {
    expect(test('[{"op":"test","path":"/n","value":2}]')).toBe(true);
    expect(test('[{"op":"test","path":"/n","value":2.0}]')).toBe(false);
    expect(test('[{"op":"test","path":"/s","value":"\\u0041"}]')).toBe(false);
    expect(test('[{"op":"test","path":"/h","value":"a\\u003cb"}]')).toBe(true);
    expect(test('[{"op":"add","path":"/n","value":2.0},{"op":"test","path":"/n","value":2.0}]')).toBe(true);
  });

  it('gives plain values back', () => {
    const patch = read('[{"op":"add","path":"/x","value":{"y":[1e3,"\\u0041"]}}]');
    expect(patch.ok && applyJsonPatch({}, patch.patch)).toEqual({ ok: true, object: { x: { y: [1000, 'A'] } } });
  });

  it('tells fields that are unknown or given twice', () => {
    expect(read('[{"op":"add","op":"test","path":"/a","value":"1","foo":2}]')).toMatchObject({
      strictErrors: ['json patch duplicate field "[0].op"', 'json patch unknown field "[0].foo"'],
    });
    expect(read('[{"op":"test","path":"/a","foo":2}]', false)).toMatchObject({ strictErrors: [] });
  });

  it.each([
    ['{}', true, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    ['{}', false, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    ['1', true, 'error decoding patch: json: cannot unmarshal number into Go value of type []handlers.jsonPatchOp'],
    ['[/*x*/]', true, "error decoding patch: invalid character '/' looking for beginning of value"],
    ["[{'op':1}]", true, "error decoding patch: invalid character '\\'' looking for beginning of object key string"],
    ['[{"op":1}]', true, 'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.op of type string'],
  ])('refuses %s (validation %s)', (text, validate, message) =>
    expect(read(text, validate)).toMatchObject({ ok: false, error: { code: 400, reason: 'BadRequest', message } }),
  );

  it('takes null for no operations', () => expect(read('null')).toEqual({ ok: true, patch: [], strictErrors: [] }));
});
