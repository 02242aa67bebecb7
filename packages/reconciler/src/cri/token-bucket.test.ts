import { expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.js';

const bucket = (perSecond: number, burst: number) => {
  const clock = { ms: 0 };
  const take = createTokenBucket({ perSecond, burst, now: () => clock.ms });
  return { clock, taken: (times: number) => Array.from({ length: times }, take).filter((granted) => granted).length };
};

it('grants a burst, then as many as come back with time, and never saves up more than a burst', () => {
  const { clock, taken } = bucket(5, 10);
  expect(taken(20)).toBe(10);
  clock.ms = 199;
  expect(taken(5)).toBe(0);
  clock.ms = 200;
  expect(taken(5)).toBe(1);
  clock.ms = 60_000;
  expect(taken(20)).toBe(10);
});

it('grants everything at 0 a second, and nothing without a burst', () => {
  expect(bucket(0, 0).taken(100)).toBe(100);
  const { clock, taken } = bucket(5, 0);
  clock.ms = 60_000;
  expect(taken(1)).toBe(0);
});

it('takes back nothing when the clock is set back', () => {
  const { clock, taken } = bucket(1, 2);
  clock.ms = 1_000;
  expect(taken(1)).toBe(1);
  clock.ms = 0;
  expect(taken(1)).toBe(1);
  clock.ms = 1_000;
  expect(taken(2)).toBe(1);
});
