import { expect, it } from 'vitest';
import { observedContainer, observedPod } from '../testing/index.js';
import { type SteadyTimes, steadyTimesOf } from './steady-times.js';

const HOUR_MS = 3_600_000;

/** A kubelet that started at steady time 1,000,000 and lists one container again and again. */
const watching = () => {
  let times: SteadyTimes = new Map();
  let listedAtMs: number | undefined;
  return (container: ReturnType<typeof observedContainer>, steadyMs: number, wallMs: number) => {
    times = steadyTimesOf(times, observedPod([container]), { now: { steadyMs, wallMs }, listedAtMs, kubeletStartMs: 1_000_000 });
    listedAtMs = steadyMs;
    return times.get(container.id)?.times;
  };
};
const running = observedContainer('app', { createdAtMs: 900_000, startedAtMs: 900_500 });

it('believes the machine’s clock about what happened before the kubelet was there', () => {
  expect(watching()(running, 1_000_000, 1_000_000)).toEqual({ createdAtMs: 900_000, startedAtMs: 900_500 });
});

it('does not take what was made before the clock was set back for the future’s, nor for its own', () => {
  const early = observedContainer('app', { createdAtMs: 1_000_000 + HOUR_MS, startedAtMs: 1_000_000 + HOUR_MS });
  expect(watching()(early, 1_000_100, 1_000_100)).toEqual({ createdAtMs: 999_999, startedAtMs: 1_000_100 });
});

it('knows within one look when a container ended, however the clock was set meanwhile', () => {
  for (const jumpMs of [HOUR_MS, -HOUR_MS]) {
    const look = watching();
    look(running, 1_000_000, 1_000_000);
    const ended = { ...running, state: 'exited' as const, finishedAtMs: 1_000_400 };
    const times = look(ended, 1_001_000, 1_001_000 + jumpMs);
    expect(times).toMatchObject({ createdAtMs: 900_000, startedAtMs: 900_500 });
    expect(times?.finishedAtMs).toBeGreaterThanOrEqual(1_000_000);
    expect(times?.finishedAtMs).toBeLessThanOrEqual(1_001_000);
    expect(look({ ...ended }, 1_500_000, 1_500_000 - jumpMs)).toEqual(times);
  }
});
