import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countIndexes, formatIndexes, hasIndex, mergeIndexes, parseIndexes, pendingIndexes, withIndexes } from './indexes.js';

describe('indexes', () => {
  it.each([
    ['1-3,5', 10, '1-3,5', 4],
    ['0,1', 10, '0,1', 2],
    ['0-1,2-3', 10, '0-3', 4],
    ['5-20', 8, '5-7', 3],
    ['1,a,3', 10, '1,3', 2],
    ['1-3-5', 10, '1-3', 3],
    ['3-1', 10, '3', -1],
    ['9,1', 5, '', 0],
    ['', 5, '', 0],
  ])('reads %j of %i as %j, %i in all', (text, completions, formatted, total) => {
    const intervals = parseIndexes(text, completions);
    expect([formatIndexes(intervals), countIndexes(intervals)]).toEqual([formatted, total]);
  });

  it('holds just what was put in, and gives the lowest that are not', () => {
    const indexes = fc.uniqueArray(fc.nat({ max: 20 }));
    fc.assert(
      fc.property(indexes, indexes, fc.nat({ max: 25 }), (a, b, count) => {
        const merged = mergeIndexes(withIndexes([], a), withIndexes([], b));
        const has = (index: number): boolean => a.includes(index) || b.includes(index);
        const all = Array.from({ length: 21 }, (_, index) => index);
        expect(all.filter((index) => hasIndex(merged, index))).toEqual(all.filter(has));
        expect(parseIndexes(formatIndexes(merged), 21)).toEqual(merged);
        expect(pendingIndexes(merged, 21, count)).toEqual(all.filter((index) => !has(index)).slice(0, count));
      }),
    );
  });
});
