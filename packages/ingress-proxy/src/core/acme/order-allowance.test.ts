import { expect, it } from 'vitest';
import { afterOrder, nextOrderAtMs, type OrderAllowance } from './order-allowance.js';

const HALF_HOUR = 1_800_000;
const NOW = 1_800_000_000_000;

/** What is left after so many orders at one time. */
const after = (orders: number, allowance?: OrderAllowance, atMs = NOW): OrderAllowance | undefined => {
  let left = allowance;
  for (let order = 0; order < orders; order += 1) left = afterOrder(left, atMs);
  return left;
};

it('lets a hundred orders begin at once, and one more with each half hour', () => {
  expect(nextOrderAtMs(undefined, NOW)).toBe(NOW);
  expect(nextOrderAtMs(after(99), NOW)).toBe(NOW);
  const none = after(100);
  expect(nextOrderAtMs(none, NOW)).toBe(NOW + HALF_HOUR);
  expect(nextOrderAtMs(none, NOW + HALF_HOUR / 2)).toBe(NOW + HALF_HOUR);
  expect(nextOrderAtMs(none, NOW + HALF_HOUR)).toBe(NOW + HALF_HOUR);
  const later = after(1, none, NOW + HALF_HOUR);
  expect(nextOrderAtMs(later, NOW + HALF_HOUR)).toBe(NOW + 2 * HALF_HOUR);
});

it('has never more than a hundred, however long nobody asks', () => {
  expect(nextOrderAtMs(after(100, after(100), NOW + 1_000 * HALF_HOUR), NOW + 1_000 * HALF_HOUR)).toBe(NOW + 1_001 * HALF_HOUR);
});

it('gives nothing for a clock that is set back, and goes on from there', () => {
  const none = after(100);
  const back = NOW - 1_000_000 * HALF_HOUR;
  expect(nextOrderAtMs(none, back)).toBe(back + HALF_HOUR);
  expect(nextOrderAtMs(after(1, none, back), back)).toBe(back + HALF_HOUR);
});
