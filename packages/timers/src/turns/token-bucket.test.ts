import { expect, it } from 'vitest';
import { createTokenBucket } from './token-bucket.js';

const bucket = (perSecond: number, burst: number) => {
  const clock = { ms: 0 };
  const take = createTokenBucket({ perSecond, burst, now: () => clock.ms });
  return { clock, waits: (times: number) => Array.from({ length: times }, take) };
};

it('grants a burst at once, then each in its turn as tokens come back, and never saves up more than a burst', () => {
  const { clock, waits } = bucket(5, 3);
  expect(waits(5)).toEqual([0, 0, 0, 200, 400]);
  clock.ms = 600;
  expect(waits(2)).toEqual([0, 200]);
  clock.ms = 60_000;
  expect(waits(4)).toEqual([0, 0, 0, 200]);
});

it('grants everything at 0 a second, and goes on without a burst', () => {
  expect(bucket(0, 0).waits(3)).toEqual([0, 0, 0]);
  expect(bucket(5, 0).waits(3)).toEqual([0, 200, 400]);
});

it('takes back nothing when the clock is set back', () => {
  const { clock, waits } = bucket(1, 2);
  clock.ms = 1_000;
  expect(waits(1)).toEqual([0]);
  clock.ms = 0;
  expect(waits(2)).toEqual([0, 1_000]);
});
