import type { Pod } from '@solo-kubelet/pod-spec';
import { BehaviorSubject } from 'rxjs';
import { expect, it } from 'vitest';
import { DEFAULT_BACKOFF } from './core/crash-backoff.js';
import { noObservation } from './core/observation-ages.js';
import { type PodUid, podUid } from './core/pod-identity.js';
import { newWorkerState } from './core/pod-worker-state.js';
import { emptyKubeletState, type KubeletState } from './core/state/kubelet-state.js';
import { withInputs, withStatus, withWorkerState } from './core/state/with-pod.js';
import { syncPod } from './sync-pod.js';
import { nodeFacts } from './testing/node-facts.js';
import { pod } from './testing/pod-builder.js';
import { virtualTime } from './testing/virtual-time.js';
import { watchPods } from './watch-pods.js';

const OTHERS = 500;
/** When virtual time begins. */
const START = { steadyMs: Date.UTC(2026, 0, 1), wallMs: Date.UTC(2026, 0, 1) };
const own = podUid('own');
const other = (index: number) => podUid(`other-${index}`);
const admitted = (manifest: Pod) => ({ ...newWorkerState(manifest), admission: { state: 'admitted' } as const });

/** A kubelet state of many pods, in which one is to be started by a runtime that never answers. */
const slowSync = (manifest: Pod) => {
  let decisions = 0;
  const time = virtualTime();
  const uids = [own, ...Array.from({ length: OTHERS }, (_, index) => other(index))];
  const empty: KubeletState = { ...emptyKubeletState, restored: true, node: nodeFacts(), ages: { ...noObservation, generation: 1 } };
  const wanted = (kubeletState: KubeletState, uid: PodUid, turn: number): KubeletState => {
    const it = uid === own ? manifest : pod(uid);
    const desired = { pod: it, origin: { source: 'file', path: `/${uid}`, document: 0 }, turn } as const;
    return withInputs(kubeletState, uid, { desired, workerState: admitted(it) });
  };
  const kubeletState$ = new BehaviorSubject<KubeletState>(uids.reduce(wanted, empty));
  const signals: AbortSignal[] = [];
  const runtime = new Proxy({} as Parameters<typeof syncPod>[1]['runtime'], {
    get:
      () =>
      (...args: readonly unknown[]) => {
        for (const each of args)
          if (typeof each === 'object' && each !== null && 'signal' in each) signals.push(each.signal as AbortSignal);
        return new Promise(() => {});
      },
  });
  const subscription = syncPod(own, {
    watchPod: watchPods(kubeletState$),
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
    scheduler: time.scheduler,
    syncFrequencyMs: 60_000,
  }).subscribe();
  const change = (with_: (kubeletState: KubeletState) => KubeletState): void => kubeletState$.next(with_(kubeletState$.value));
  return { change, decisions: () => decisions, signals, subscription, time };
};

/** What happens to each of the others while it starts. */
const changeOthers = (change: (with_: (kubeletState: KubeletState) => KubeletState) => void): void => {
  for (let index = 0; index < OTHERS; index += 1) {
    const uid = other(index);
    change((kubeletState) => withStatus(kubeletState, uid, { phase: 'Running' }, START));
    change((kubeletState) => withWorkerState(kubeletState, uid, (workerState) => ({ ...workerState, touches: 1 })));
  }
};

it('a running sync makes no decision anew for changes of other pods', () => {
  const { change, decisions, signals, subscription } = slowSync(pod('own'));
  const before = decisions();
  changeOthers(change);
  expect(decisions() - before).toBe(0);
  expect(signals.length).toBeGreaterThan(0);
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
  change((kubeletState) => withWorkerState(kubeletState, own, (workerState) => ({ ...workerState, removed: true })));
  expect(signals.some(({ aborted }) => aborted)).toBe(true);
  subscription.unsubscribe();
});

it('activeDeadlineSeconds: a running sync is given up when the time has come, and costs nothing at changes of other pods before', async () => {
  const manifest = pod('own');
  const { change, decisions, signals, subscription, time } = slowSync({
    ...manifest,
    spec: { ...manifest.spec, activeDeadlineSeconds: 5 },
  });
  change((kubeletState) => withStatus(kubeletState, own, { phase: 'Pending', startTime: new Date(START.wallMs).toISOString() }, START));
  const before = decisions();
  changeOthers(change);
  await time.advance(4_999);
  expect(decisions() - before).toBe(0);
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
  await time.advance(1);
  expect(signals.some(({ aborted }) => aborted)).toBe(true);
  subscription.unsubscribe();
});
