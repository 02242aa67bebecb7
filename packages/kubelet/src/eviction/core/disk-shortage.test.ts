import { type PodUid, podUid } from '@solo-kubelet/reconciler';
import { pod } from '@solo-kubelet/reconciler/testing';
import { describe, expect, it } from 'vitest';
import { chooseVictim } from './choose-victim.js';
import {
  awaitedStats,
  awaitsSpace,
  helpfulPods,
  isBeingEvicted,
  leavingPods,
  NO_SHORTAGE,
  takeEvicted,
  takeGone,
  takeReading,
  takeUsages,
} from './disk-shortage.js';
import type { SignalReadings } from './eviction-signal.js';
import type { EvictionThreshold } from './eviction-threshold.js';
import type { PodUsage, PodUsages } from './pod-usage.js';

const MIB = 1024 ** 2;
const SIGNAL = 'nodefs.available';
const below: EvictionThreshold = { signal: SIGNAL, value: { quantity: '100Mi' }, gracePeriodMs: 0 };
const left = (mib: number, atMs: number): SignalReadings => ({ [SIGNAL]: { available: mib * MIB, capacity: 1024 * MIB, atMs } });
const layer = (mib: number, atMs?: number): PodUsage => ({
  containers: [{ name: 'app', layer: { bytes: mib * MIB, inodes: 1, ...(atMs === undefined ? {} : { atMs }) } }],
  volumes: new Map(),
});
const running = (name: string) => ({
  ...pod(name),
  status: { containerStatuses: [{ name: 'app', image: '', imageID: '', ready: true, restartCount: 0, state: { running: {} } }] },
});
const [culprit, small] = [running('culprit'), running('small')];
const uid = (name: string): PodUid => podUid(`uid-${name}`);
const of = (usages: Readonly<Record<string, PodUsage>>): PodUsages =>
  new Map(Object.entries(usages).map(([name, usage]) => [uid(name), usage]));
const present = new Set([uid('culprit'), uid('small')]);
const short = takeReading(NO_SHORTAGE, { overdue: [below], readings: left(50, 1_000), present, nowMs: 1_000 });
const candidates = {
  threshold: below,
  layout: 'shared',
  readings: left(50, 1_000),
  pods: [culprit, small],
  leaving: new Set<PodUid>(),
  nowMs: 1_000,
} as const;

describe('stats older than the first reading of a shortage', () => {
  const oldest = (usages: Readonly<Record<string, PodUsage>>, rest: Partial<Parameters<typeof awaitedStats>[1]> = {}) =>
    awaitedStats(takeUsages(short, of(usages), new Set()), { ...candidates, ...rest });

  it('are waited for', () => {
    expect(oldest({ culprit: layer(1, 999), small: layer(1, 1_000) })).toEqual({ oldestMs: 999 });
    expect(oldest({ culprit: layer(1, 1_000), small: layer(1, 1_000) })).toBeUndefined();
  });
  it('may be those of a container that was not measured yet', () => {
    expect(oldest({ culprit: layer(0), small: layer(1, 2_000) })).toEqual({ oldestMs: Number.NEGATIVE_INFINITY });
    expect(oldest({ culprit: { containers: [], volumes: new Map() }, small: layer(1, 2_000) })).toBeDefined();
  });
  it('do not matter where layers lie elsewhere, where the runtime tells of none, and of what does not run', () => {
    const old = { culprit: layer(1, 0), small: layer(1, 0) };
    expect(oldest(old, { layout: 'dedicatedImages' })).toBeUndefined();
    expect(oldest({ culprit: { containers: [{ name: 'app' }], volumes: new Map() } })).toBeUndefined();
    expect(oldest(old, { pods: [pod('culprit')] })).toBeUndefined();
  });
  it('are taken after 30 s', () => {
    expect(oldest({ culprit: layer(1) }, { nowMs: 30_999 })).toBeDefined();
    expect(oldest({ culprit: layer(1) }, { nowMs: 31_000 })).toBeUndefined();
  });
  it('are those from before the last evicted pod was gone', () => {
    const gone = takeGone(takeEvicted(short, uid('culprit'), left(50, 2_000)), uid('culprit'), 5_000);
    expect(awaitedStats(takeUsages(gone, of({ small: layer(1, 4_999) }), new Set()), { ...candidates, pods: [small] })).toBeDefined();
    expect(awaitedStats(takeUsages(gone, of({ small: layer(1, 5_000) }), new Set()), { ...candidates, pods: [small] })).toBeUndefined();
  });
  it('are no matter any more once there was room', () => {
    const over = takeReading(short, { overdue: [], readings: left(500, 2_000), present, nowMs: 2_000 });
    expect(awaitedStats(takeUsages(over, of({ culprit: layer(1, 0) }), new Set()), candidates)).toBeUndefined();
  });
});

describe('an evicted pod', () => {
  const measured = takeUsages(short, of({ culprit: layer(300, 1_000), small: layer(1, 1_000) }), new Set());
  const evicted = takeEvicted(measured, uid('culprit'), left(50, 2_000));
  const gone = takeGone(evicted, uid('culprit'), 5_000);

  it('that is gone is waited for until its space is back, or a stats period has passed', () => {
    expect(awaitsSpace(evicted, SIGNAL, 'shared', left(50, 4_000))).toBe(false);
    expect(awaitsSpace(gone, SIGNAL, 'shared', left(349, 6_000))).toBe(true);
    expect(awaitsSpace(gone, SIGNAL, 'shared', left(350, 6_000))).toBe(false);
    expect(awaitsSpace(gone, SIGNAL, 'shared', left(50, 15_000))).toBe(false);
  });
  it('is not chosen again until it is gone', () =>
    expect([isBeingEvicted(evicted, uid('culprit')), isBeingEvicted(gone, uid('culprit'))]).toEqual([true, false]));
  it('keeps what is known of it when the runtime measures it no more', () => {
    const later = takeUsages(evicted, of({ culprit: layer(0) }), leavingPods(evicted, []));
    expect(helpfulPods(later, { ...candidates, pods: [small], leaving: leavingPods(later, []) })).toEqual([]);
  });
  it('protects who holds less than it and than what is missing, for as long as it leaves', () => {
    const help = (shortage: typeof gone, mib: number) =>
      helpfulPods(takeUsages(shortage, of({ small: layer(mib, 1_000) }), new Set()), {
        ...candidates,
        pods: [small],
        leaving: leavingPods(shortage, []),
      }).length;
    expect([help(gone, 49), help(gone, 50), help(measured, 1)]).toEqual([0, 1, 1]);
    const later = takeReading(gone, { overdue: [below], readings: left(50, 15_000), present, nowMs: 15_000 });
    expect(help(later, 1)).toBe(1);
    expect([later.evicted.size, later.goneAtMs.size]).toEqual([0, 0]);
  });
  it('is forgotten when nobody wants it any more', () =>
    expect(takeReading(evicted, { overdue: [], readings: {}, present: new Set(), nowMs: 3_000 })).toEqual(NO_SHORTAGE));
});

/** A seeded generator of numbers from 0 to 1 (mulberry32). */
const chance = (seed: number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * One culprit fills a disk that innocent pods use a little of. Layers are measured every 10 s, and the space of a pod returns 5 s after it is gone.
 * One step a second; tells who was evicted.
 */
const fillDisk = (seed: number): readonly string[] => {
  const random = chance(seed);
  const names = ['culprit', ...Array.from({ length: 1 + Math.floor(random() * 4) }, (_, index) => `innocent-${index}`)];
  const holds = new Map(names.map((name) => [name, name === 'culprit' ? 0 : Math.ceil(random() * 40)]));
  const startMs = Math.floor(random() * 20) * 1_000;
  const mibPerSecond = 20 + random() * 400;
  const measuredAt = new Map(names.map((name) => [name, -Math.floor(random() * 10_000)]));
  const measured = new Map(holds);
  const endsAfterMs = 1_000 + Math.floor(random() * 5) * 1_000;
  const room = 900;
  let evictedMs: number | undefined;
  let shortage = NO_SHORTAGE;
  let nextMs = Math.floor(random() * 10) * 1_000;
  const victims: string[] = [];
  const podOf = new Map(names.map((name) => [name, running(name)]));
  const isOver = (nowMs: number): boolean => evictedMs !== undefined && nowMs > evictedMs + endsAfterMs + 20_000;
  for (let nowMs = 0; !isOver(nowMs); nowMs += 1_000) {
    const runs = (name: string): boolean => name !== 'culprit' || evictedMs === undefined;
    const returned = evictedMs !== undefined && nowMs >= evictedMs + endsAfterMs + 5_000;
    if (nowMs > startMs && runs('culprit')) holds.set('culprit', Math.min(room, holds.get('culprit')! + mibPerSecond));
    if (returned) holds.set('culprit', 0);
    for (const name of names.filter(runs)) {
      if (nowMs - measuredAt.get(name)! < 10_000) continue;
      measuredAt.set(name, nowMs);
      measured.set(name, holds.get(name)!);
    }
    if (evictedMs !== undefined && nowMs === evictedMs + endsAfterMs) shortage = takeGone(shortage, uid('culprit'), nowMs);
    const leaves = evictedMs !== undefined && nowMs < evictedMs + endsAfterMs;
    if (nowMs < nextMs || leaves) continue;
    nextMs = nowMs + 1_000;
    const readings = left(room - [...holds.values()].reduce((sum, mib) => sum + mib, 0), nowMs);
    const overdue = (readings[SIGNAL]?.available ?? 0) < 100 * MIB ? [below] : [];
    shortage = takeReading(shortage, { overdue, readings, present: new Set(names.map(uid)), nowMs });
    if (overdue.length === 0 || awaitsSpace(shortage, SIGNAL, 'shared', readings)) continue;
    const leaving = leavingPods(shortage, []);
    const pods = names.filter(runs).map((name) => podOf.get(name)!);
    const usages = of(Object.fromEntries(names.filter(runs).map((name) => [name, layer(measured.get(name)!, measuredAt.get(name)!)])));
    shortage = takeUsages(shortage, usages, leaving);
    const input = { threshold: below, layout: 'shared', readings, pods, leaving, nowMs } as const;
    if (awaitedStats(shortage, input) !== undefined) continue;
    const victim = chooseVictim({
      thresholds: [below],
      readings,
      layout: 'shared',
      pods: helpfulPods(shortage, input),
      usages,
      maxPodGracePeriodSeconds: 0,
      transitionPeriodMs: 300_000,
    });
    if (victim === undefined) continue;
    victims.push(victim.podUid);
    shortage = takeEvicted(shortage, victim.podUid, readings);
    if (victim.podUid === uid('culprit')) evictedMs = nowMs;
  }
  return victims;
};

it('of stats that lag by 10 s and space that returns after 5 s nobody but the culprit goes, in 1,000 rounds', () => {
  for (let seed = 0; seed < 1_000; seed++) expect(fillDisk(seed), `seed ${seed}`).toEqual(['uid-culprit']);
});
