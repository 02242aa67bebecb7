import { expect, it } from 'vitest';
import { type LayerTimes, reduceLayerTimes } from './layer-times.js';

const stats = (noted: LayerTimes, wallMs: number, now: { steadyMs: number; wallMs: number }) =>
  reduceLayerTimes(noted, [{ containerId: 'a', wallMs }], now);
const atMs = (times: LayerTimes) => times.get('a')?.atMs;

it('dates a layer as old as the machine’s clock says, by the steady clock', () =>
  expect(atMs(stats(new Map(), 90_000, { steadyMs: 5_000, wallMs: 97_000 }))).toBe(-2_000));

it.each([-3_600_000, 3_600_000])('keeps the date of stats that have not changed when the clock is set by %i ms', (ms) => {
  const first = stats(new Map(), 90_000, { steadyMs: 5_000, wallMs: 97_000 });
  expect(atMs(stats(first, 90_000, { steadyMs: 6_000, wallMs: 98_000 + ms }))).toBe(-2_000);
});

it('does not know the age of what is dated in the future, and forgets containers that are gone', () => {
  const times = stats(new Map(), 90_000, { steadyMs: 5_000, wallMs: 80_000 });
  expect([times.has('a'), atMs(times)]).toEqual([true, undefined]);
  expect(reduceLayerTimes(times, [], { steadyMs: 6_000, wallMs: 81_000 }).size).toBe(0);
});
