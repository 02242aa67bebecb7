import { expect, it } from 'vitest';
import { createUsageCache } from './usage-cache.js';

const PERIOD_MS = 60_000;

const start = () => {
  let nowMs = 1_000_000;
  const walked: string[] = [];
  let atOnce = 0;
  let most = 0;
  const cache = createUsageCache({
    periodMs: PERIOD_MS,
    now: () => nowMs,
    signal: new AbortController().signal,
    count: async (path) => {
      walked.push(path);
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setImmediate(resolve));
      atOnce -= 1;
      return { usedBytes: walked.length, inodesUsed: 1 };
    },
  });
  return { cache, walked, most: () => most, pass: (ms: number) => (nowMs += ms) };
};

it('walks a tree once for 20 who ask at once, and again after the period only', async () => {
  const { cache, walked, pass } = start();
  await Promise.all(Array.from({ length: 20 }, () => cache.usageOf('/a')));
  pass(PERIOD_MS - 1);
  expect(await cache.usageOf('/a')).toMatchObject({ usedBytes: 1, atMs: 1_000_000 });
  expect(walked).toEqual(['/a']);
  pass(1);
  expect(await cache.usageOf('/a')).toMatchObject({ usedBytes: 2 });
});

it('walks two trees at a time, whoever asks', async () => {
  const { cache, walked, most } = start();
  await Promise.all(Array.from({ length: 30 }, (_, index) => cache.usageOf(`/${index}`)));
  expect([walked.length, most()]).toEqual([30, 2]);
});

it('walks anew after the clock was set back', async () => {
  const { cache, walked, pass } = start();
  await cache.usageOf('/a');
  pass(-3_600_000);
  await cache.usageOf('/a');
  expect(walked).toHaveLength(2);
});

it('tells of what it cannot count, once until it can be counted again', async () => {
  let nowMs = 0;
  let unread: { readonly count: number; readonly first: unknown } | undefined = { count: 2, first: new Error('EACCES') };
  const told: unknown[] = [];
  const cache = createUsageCache({
    periodMs: PERIOD_MS,
    now: () => nowMs,
    signal: new AbortController().signal,
    count: async () => ({ usedBytes: 1, inodesUsed: 1, ...(unread ? { unread } : {}) }),
    onUnread: (path, { count }) => told.push([path, count]),
  });
  const next = async () => {
    nowMs += PERIOD_MS;
    await cache.usageOf('/a');
  };
  await next();
  await next();
  expect(told).toEqual([['/a', 2]]);
  unread = undefined;
  await next();
  unread = { count: 1, first: new Error('EACCES') };
  await next();
  expect(told).toEqual([
    ['/a', 2],
    ['/a', 1],
  ]);
});
