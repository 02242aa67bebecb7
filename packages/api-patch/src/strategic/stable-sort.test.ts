import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stableSort } from './stable-sort.js';

describe('stableSort', () => {
  it('sorts by an order, stably, at any length', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat()), { maxLength: 200 }), (items) => {
        const sorted = [...items];
        stableSort(sorted, (left, right) => (sorted[left]?.[0] ?? 0) < (sorted[right]?.[0] ?? 0));
        expect(sorted).toEqual([...items].sort((a, b) => a[0] - b[0]));
      }),
      { numRuns: 100 },
    ));

  it('ends although everything is less than everything, and turns the items round', () => {
    const items = [1, 2, 3, 4];
    stableSort(items, () => true);
    expect(items).toEqual([4, 3, 2, 1]);
  });
});
