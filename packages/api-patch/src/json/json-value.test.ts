import { describe, expect, it } from 'vitest';
import { cloneJson, isTooDeep, type JsonValue, sameJson, setOwn } from './json-value.js';

describe('sameJson', () => {
  it.each([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: null }, false],
    [{ a: undefined, b: 1 }, { b: 1 }, true],
    [{ b: 1 }, { a: undefined, b: 1 }, true],
    [{ a: null }, { a: undefined }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [{ toString: 1 }, {}, false],
    ['1', 1, false],
  ])('of %j and %j is %s', (left, right, same) => {
    expect(sameJson(left as JsonValue, right as JsonValue)).toBe(same);
    expect(sameJson(right as JsonValue, left as JsonValue)).toBe(same);
  });
});

describe('setOwn', () => {
  it('makes a key of the name of a prototype', () => {
    const object: { [key: string]: number } = {};
    setOwn(object, '__proto__', 1);
    expect(Object.entries(cloneJson(object) as object)).toEqual([['__proto__', 1]]);
  });
});

describe('isTooDeep', () => {
  it('counts levels, of lists, too', () => {
    expect(isTooDeep([{ a: [] }], 2)).toBe(false);
    expect(isTooDeep([{ a: [] }], 1)).toBe(true);
  });
});
