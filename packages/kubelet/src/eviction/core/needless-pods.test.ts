import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Held, withoutNeedless } from './needless-pods.js';

const held = (...amounts: readonly (number | undefined)[]): readonly Held<number>[] =>
  amounts.map((amount, candidate) => ({ candidate, amount }));

describe('of those that would go, in their order,', () => {
  it.each<[string, readonly (number | undefined)[], number, readonly number[]]>([
    ['a small one before a large one that gives back enough stays', [12, 2_000], 100, [1]],
    ['each goes without whom it is not enough', [60, 50], 100, [0, 1]],
    ['the first goes alone when it is enough', [100, 2_000], 100, [0]],
    ['several small ones stay', [12, 5, 3, 2_000, 9], 100, [3]],
    ['the least ones stay, as far as what is left allows', [40, 30, 60, 20], 100, [0, 2]],
    ['one of which nobody knows anything goes', [undefined, 12, 2_000], 100, [0, 2]],
    ['all go when all together are not enough', [12, 20, 30], 100, [0, 1, 2]],
    ['nobody goes when nothing is missing', [12, 20], 0, []],
  ])('%s', (_what, amounts, missing, going) => expect(withoutNeedless(held(...amounts), missing)).toEqual(going));

  it('what goes is enough, part of what would have gone, and nobody of it could stay', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 1 }), fc.integer({ min: 1, max: 500 }), (amounts, missing) => {
        const sum = (of: readonly number[]): number => of.reduce((total, index) => total + (amounts[index] ?? 0), 0);
        const all = amounts.map((_, index) => index);
        const going = withoutNeedless(held(...amounts), missing);
        if (sum(all) < missing) {
          expect(going).toEqual(all);
          return;
        }
        const first = all.slice(0, all.findIndex((index) => sum(all.slice(0, index + 1)) >= missing) + 1);
        expect(first).toEqual(expect.arrayContaining([...going]));
        expect(going).toEqual([...going].sort((a, b) => a - b));
        expect(sum(going)).toBeGreaterThanOrEqual(missing);
        for (const one of going) expect(sum(going) - (amounts[one] ?? 0)).toBeLessThan(missing);
      }),
    );
  });
});
