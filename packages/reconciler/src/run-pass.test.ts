import type { Pod } from '@solo-kubelet/pod-spec';
import { BehaviorSubject } from 'rxjs';
import { expect, it } from 'vitest';
import { DEFAULT_BACKOFF } from './core/crash-backoff.js';
import { podUid } from './core/pod-identity.js';
import { newLedger } from './core/pod-ledger.js';
import { emptySnapshot } from './core/runtime-snapshot.js';
import { emptyWorld, type World } from './core/world/world.js';
import { runPass } from './run-pass.js';
import { nodeFacts } from './testing/node-facts.js';
import { pod } from './testing/pod-builder.js';
import { virtualTime } from './testing/virtual-time.js';

const OTHERS = 500;
const own = podUid('own');
const other = (index: number) => podUid(`other-${index}`);
const admitted = (manifest: Pod) => ({ ...newLedger(manifest), admission: { state: 'admitted' } as const });

/** A world of many pods, in which one is to be started by a runtime that never answers. */
const slowSync = (manifest: Pod) => {
  let decisions = 0;
  const uids = [own, ...Array.from({ length: OTHERS }, (_, index) => other(index))];
  const world$ = new BehaviorSubject<World>({
    ...emptyWorld,
    restored: true,
    node: nodeFacts(),
    observed: { ...emptySnapshot, generation: 1 },
    desired: {
      pods: new Map(
        uids.map((uid) => [uid, { pod: uid === own ? manifest : pod(uid), origin: { source: 'file', path: `/${uid}`, document: 0 } }]),
      ),
      syncedSources: new Set(),
    },
    ledgers: new Map(uids.map((uid) => [uid, admitted(uid === own ? manifest : pod(uid))])),
  });
  const signals: AbortSignal[] = [];
  const runtime = new Proxy({} as Parameters<typeof runPass>[1]['runtime'], {
    get:
      () =>
      (...args: readonly unknown[]) => {
        for (const each of args)
          if (typeof each === 'object' && each !== null && 'signal' in each) signals.push(each.signal as AbortSignal);
        return new Promise(() => {});
      },
  });
  const subscription = runPass(own, {
    world$,
    // Every decision asks whether the sources have synced.
    settings: {
      get sources() {
        decisions += 1;
        return [];
      },
      backoffPolicy: DEFAULT_BACKOFF,
      allocates: false,
    },
    runtime,
    resources: undefined,
    observer: { barrier: () => 1, refresh: () => {}, hold: () => () => {} },
    scheduler: virtualTime().scheduler,
    syncFrequencyMs: 60_000,
  }).subscribe();
  const change = (with_: (world: World) => World): void => world$.next(with_(world$.value));
  return { change, decisions: () => decisions, signals, subscription };
};

/** What happens to each of the others while it starts. */
const changeOthers = (change: (with_: (world: World) => World) => void): void => {
  for (let index = 0; index < OTHERS; index += 1) {
    const uid = other(index);
    change((world) => ({ ...world, statuses: new Map(world.statuses).set(uid, { phase: 'Running' }) }));
    change((world) => ({ ...world, ledgers: new Map(world.ledgers).set(uid, { ...world.ledgers.get(uid)!, touches: 1 }) }));
  }
};

it('a running sync makes no decision anew for changes of other pods', () => {
  const { change, decisions, signals, subscription } = slowSync(pod('own'));
  const before = decisions();
  changeOthers(change);
  expect(decisions() - before).toBe(0);
  expect(signals.length).toBeGreaterThan(0);
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
  change((world) => ({ ...world, ledgers: new Map(world.ledgers).set(own, { ...world.ledgers.get(own)!, removed: true }) }));
  expect(signals.some(({ aborted }) => aborted)).toBe(true);
  subscription.unsubscribe();
});

it('activeDeadlineSeconds: a running sync is given up when the time has come, though nothing of its pod changed', () => {
  const manifest = pod('own');
  const { change, decisions, subscription } = slowSync({ ...manifest, spec: { ...manifest.spec, activeDeadlineSeconds: 5 } });
  const before = decisions();
  changeOthers(change);
  expect(decisions() - before).toBe(2 * OTHERS);
  subscription.unsubscribe();
});
