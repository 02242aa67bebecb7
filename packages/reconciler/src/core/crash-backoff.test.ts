import { describe, expect, it } from 'vitest';
import { observedContainer } from '../testing/index.js';
import { backoffUntilMs, currentBackoff, DEFAULT_BACKOFF, growBackoff } from './crash-backoff.js';

const exited = (rest: Partial<ReturnType<typeof observedContainer>> = {}) =>
  observedContainer('app', { state: 'exited', finishedAtMs: 100_000, ...rest });

it('doubles from 10 s to 300 s', () => {
  const entries = [growBackoff(undefined, DEFAULT_BACKOFF, 0)];
  for (let restart = 0; restart < 6; restart++) entries.push(growBackoff(entries.at(-1), DEFAULT_BACKOFF, 0));
  expect(entries.map(({ delayMs }) => delayMs)).toEqual([10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

describe('what an earlier kubelet left', () => {
  const policy = { ...DEFAULT_BACKOFF, kubeletStartMs: 1_000_000 };
  it.each([
    [0, undefined],
    [1, 10_000],
    [4, 80_000],
    [40, 300_000],
  ])('after %i restarts implies %s', (restartCount, delayMs) =>
    expect(currentBackoff(undefined, exited({ restartCount, createdAtMs: 99_000, startedAtMs: 99_000 }), policy)?.delayMs).toBe(delayMs),
  );
  it('is forgiven after a run of ten minutes', () =>
    expect(currentBackoff(undefined, exited({ restartCount: 4, startedAtMs: 0, finishedAtMs: 600_001 }), policy)).toBeUndefined());
  it('is not guessed for containers of this process', () =>
    expect(currentBackoff(undefined, exited({ restartCount: 4, createdAtMs: 1_000_000 }), policy)).toBeUndefined());
});

it('counts from the exit, and not at all when the clock was set back behind it', () => {
  const entry = { delayMs: 10_000, updatedAtMs: 0 };
  expect(backoffUntilMs(entry, exited(), 105_000)).toBe(110_000);
  expect(backoffUntilMs(entry, exited(), 110_000)).toBeUndefined();
  expect(backoffUntilMs(entry, exited(), 99_999)).toBeUndefined();
});
