import { isAbort } from '@solo-kubelet/diagnostics';
import { whileDoing } from '@solo-kubelet/diagnostics/doing';
import type { Pod } from '@solo-kubelet/pod-spec';
import { joinSignals } from '@solo-kubelet/timers';
import { fromEmitting } from '@solo-kubelet/timers/rxjs';
import {
  concat,
  distinctUntilChanged,
  EMPTY,
  first,
  map,
  mergeMap,
  Observable,
  of,
  type SchedulerLike,
  switchMap,
  takeWhile,
  timer,
} from 'rxjs';
import { deadlineMs } from './core/active-deadline.js';
import type { PodActivity } from './core/activity.js';
import { computePodActions, podEnding } from './core/compute-pod-actions.js';
import { generationOf } from './core/observation-ages.js';
import { newestSandbox } from './core/observed-pod.js';
import { namelessPod } from './core/orphan-pod.js';
import type { PodAction, PodPlan } from './core/pod-action.js';
import { type PodUid, podKey } from './core/pod-identity.js';
import { isResizeStep } from './core/reduce-pod-worker-state.js';
import { retryDelayMs, stillWaits } from './core/retry-delay.js';
import { decideSandbox } from './core/sandbox-decision.js';
import type { KubeletState, KubeletStateSettings } from './core/state/kubelet-state.js';
import type { PodState } from './core/state/pod-state.js';
import { knownPod, syncInput } from './core/state/sync-input.js';
import { executeAction, type SyncContext } from './execute-action.js';
import type { RuntimeObserver } from './observe-runtime.js';
import type { ResourceAllocator } from './resource-allocator.js';
import type { RuntimePort } from './runtime-port.js';
import type { WatchPod } from './watch-pods.js';

export interface PassDeps {
  readonly watchPod: WatchPod;
  readonly settings: KubeletStateSettings;
  readonly runtime: RuntimePort;
  /** Undefined: pods are given nothing of their own. */
  readonly resources: ResourceAllocator | undefined;
  readonly observer: Pick<RuntimeObserver, 'barrier' | 'refresh' | 'hold'>;
  readonly scheduler: SchedulerLike;
  readonly syncFrequencyMs: number;
}

/** Something that a sync does, and to which pod: the manifest as the sync knows it. */
export interface PodSyncEvent {
  readonly podUid: PodUid;
  readonly pod: Pod;
  readonly activity: PodActivity;
}

/** Passes in a row that may follow each other at once, and the pause after that: for a runtime that never gets where it is told. */
const BUSY_PASSES = 8;
const BUSY_PAUSE_MS = 1_000;

/**
 * One sync of one pod: waits for a relist that is newer than the pod's last effect, plans, and carries the plan out. Triggers say who;
 * what is decided here, from the kubelet state as it is now.
 */
export const syncPod = (podUid: PodUid, deps: PassDeps): Observable<PodSyncEvent> =>
  deps.watchPod(podUid).pipe(
    first((kubeletState) => isFresh(kubeletState, podUid)),
    mergeMap((kubeletState) => carryOut(podUid, kubeletState, deps)),
  );

/** The generation rule: never act on a picture older than the last own effect. */
const isFresh = (kubeletState: KubeletState, podUid: PodUid): boolean =>
  kubeletState.restored &&
  kubeletState.node !== undefined &&
  generationOf(kubeletState.ages, podUid) >= Math.max(1, kubeletState.pods.get(podUid)?.inputs.workerState.minGeneration ?? 0);

const carryOut = (podUid: PodUid, kubeletState: KubeletState, deps: PassDeps): Observable<PodSyncEvent> => {
  const workerState = kubeletState.pods.get(podUid)?.inputs.workerState;
  if (workerState === undefined) return EMPTY;
  const nowMs = deps.scheduler.now();
  // A pod that tripped over a bug is not even looked at meanwhile: that may be what it trips over.
  if (workerState.crashes > 0 && stillWaits(workerState.retryAtMs, nowMs))
    return setAsideUntil(workerState.retryAtMs - nowMs, podUid, kubeletState);
  const input = syncInput(deps.settings, kubeletState, podUid, nowMs);
  const pod = knownPod(kubeletState, podUid) ?? namelessPod(podUid);
  const plan = computePodActions(input);
  const ending = podEnding(input);
  const known = {
    podUid,
    pod,
    observed: input.observed,
    ending,
    overdue:
      ending === 'deadlineExceeded' || (ending === 'completed' && input.status?.reason === 'DeadlineExceeded' && plan.actions.length > 0),
    failuresOf: (action: PodAction) =>
      action.type === 'startContainer'
        ? (input.workerState.startFailures.get(action.container.name)?.failures ?? 0)
        : ((isResizeStep(action) ? input.workerState.resizeFailure?.failures : input.workerState.failures) ?? 0),
    orphan: !input.wanted && !input.workerState.removed,
    resourceRevision: kubeletState.resourceRevision,
  };
  const interrupted$ = ending === undefined ? interruptions(podUid, desiredOf(kubeletState, podUid), deps) : EMPTY;
  const busy = input.workerState.runningSyncs >= BUSY_PASSES;
  const work$ = withInterruption(interrupted$, (emit, signals) => perform(plan, known, { ...deps, busy }, emit, signals));
  return work$.pipe(map((activity) => ({ podUid, pod, activity })));
};

const setAsideUntil = (requeueAfterMs: number, podUid: PodUid, kubeletState: KubeletState): Observable<PodSyncEvent> =>
  of({ podUid, pod: knownPod(kubeletState, podUid) ?? namelessPod(podUid), activity: { type: 'leftAside', requeueAfterMs } });

/** What a running sync watches. */
interface PodChange extends Pick<KubeletState, 'syncedSources'> {
  readonly state: PodState | undefined;
}

const desiredOf = ({ pods }: KubeletState, podUid: PodUid): Pod | undefined => pods.get(podUid)?.inputs.desired?.pod;

/**
 * Why a sync made for the manifest `then` should give up what it may: the pod is to end, or its manifest is another. Changes of other pods cost it
 * nothing; no earlier state of the kubelet is held on to, however long the sync takes.
 */
const interruptions = (
  podUid: PodUid,
  then: Pod | undefined,
  { watchPod, settings, scheduler }: PassDeps,
): Observable<'ending' | 'changed'> => {
  const interruptionOf = (now: KubeletState): Observable<'ending' | 'changed'> => {
    const state = now.pods.get(podUid);
    const input = syncInput(settings, now, podUid, scheduler.now());
    if (state?.inputs.desired === undefined || state.inputs.workerState.removed || podEnding(input) !== undefined) return of('ending');
    const changed$ = state.inputs.desired.pod === then ? EMPTY : of('changed' as const);
    const deadline = deadlineMs(input);
    return deadline === undefined ? changed$ : concat(changed$, atDeadline(deadline));
  };
  const atDeadline = (deadline: number): Observable<'ending'> =>
    timer(Math.max(0, deadline - scheduler.now()), scheduler).pipe(map(() => 'ending'));
  return watchPod(podUid).pipe(
    distinctUntilChanged(
      (before: PodChange, now: PodChange) => before.state === now.state && before.syncedSources === now.syncedSources,
      ({ pods, syncedSources }): PodChange => ({ state: pods.get(podUid), syncedSources }),
    ),
    switchMap(interruptionOf),
    takeWhile((interruption) => interruption !== 'ending', true),
  );
};

type PassSignals = Pick<SyncContext, 'signal' | 'interruption' | 'ending'>;

/** Work with two more signals, which also follow a stream. */
const withInterruption = (
  interrupted$: Observable<'ending' | 'changed'>,
  work: (emit: (activity: PodActivity) => void, signals: PassSignals) => Promise<void>,
): Observable<PodActivity> =>
  new Observable((subscriber) => {
    const [interruption, ending] = [new AbortController(), new AbortController()];
    const interrupt = (why: 'ending' | 'changed'): void => {
      interruption.abort();
      if (why === 'ending') ending.abort();
    };
    subscriber.add(interrupted$.subscribe({ next: interrupt, error: () => {} }));
    subscriber.add(
      fromEmitting<PodActivity>(async (emit, signal) => {
        using interrupted = joinSignals([signal, interruption.signal]);
        using ended = joinSignals([signal, ending.signal]);
        await work(emit, { signal, interruption: interrupted.signal, ending: ended.signal });
      }).subscribe(subscriber),
    );
  });

interface KnownPod {
  readonly podUid: PodUid;
  readonly pod: SyncContext['pod'];
  readonly observed: Parameters<typeof newestSandbox>[0];
  readonly ending: ReturnType<typeof podEnding>;
  /** Its deadline has passed and something of it still runs. */
  readonly overdue: boolean;
  /** How often in a row an action has failed before. */
  readonly failuresOf: (action: PodAction) => number;
  readonly orphan: boolean;
  /** What a refusal of resources is based on. */
  readonly resourceRevision: number;
}

const perform = async (
  plan: PodPlan,
  { podUid, pod, observed, ending, overdue, failuresOf, orphan, resourceRevision }: KnownPod,
  deps: PassDeps & { readonly busy: boolean },
  emit: (activity: PodActivity) => void,
  signals: PassSignals,
): Promise<void> => {
  const { runtime, resources, observer, scheduler, syncFrequencyMs, busy } = deps;
  if (plan.done) {
    emit({ type: 'podForgotten' });
    return;
  }
  if (ending === 'removed') emit({ type: 'podEnding', orphan });
  if (overdue) emit({ type: 'deadlineExceeded' });
  for (const backoff of plan.backoff) emit({ type: 'backoff', ...backoff });
  const sandbox = newestSandbox(observed);
  if (plan.actions.some(({ type }) => type === 'createSandbox') && sandboxChanged(pod, observed)) emit({ type: 'sandboxChanged' });
  const usable = sandbox && { podSandboxId: sandbox.id, attempt: sandbox.attempt, ips: sandbox.ips };
  const context: SyncContext = { podUid, pod, runtime, resources, scheduler, emit, ...signals, sandbox: usable };
  const release = observer.hold(podUid);
  const failed = await performAll(plan.actions, context, { failuresOf, resourceRevision }).finally(release);
  const acted = plan.actions.length > 0;
  emit({
    type: 'syncFinished',
    actions: plan.actions.length,
    minGeneration: acted ? observer.barrier() : 0,
    requeueAfterMs: nextPassMs({ acted, failed, busy, plan, syncFrequencyMs }),
  });
  if (acted) observer.refresh(podUid);
};

const sandboxChanged = (pod: KnownPod['pod'], observed: KnownPod['observed']): boolean => {
  const decision = decideSandbox(pod, observed);
  return decision.needed && decision.changed;
};

/** After a sync that did something the next one comes as soon as its effect has been seen. */
const nextPassMs = ({
  acted,
  failed,
  busy,
  plan,
  syncFrequencyMs,
}: {
  readonly acted: boolean;
  readonly failed: boolean;
  readonly busy: boolean;
  readonly plan: PodPlan;
  readonly syncFrequencyMs: number;
}): number => {
  if (acted) return busy || failed ? BUSY_PAUSE_MS : 0;
  return Math.min(plan.requeueAfterMs ?? syncFrequencyMs, syncFrequencyMs);
};

/** In order; a failure ends the sync, except that one regular container or sidecar does not hold up the others. True when something failed. */
const performAll = async (
  actions: readonly PodAction[],
  context: SyncContext,
  known: Pick<KnownPod, 'failuresOf' | 'resourceRevision'>,
): Promise<boolean> => {
  let anyFailed = false;
  for (const action of actions) {
    if (context.interruption.aborted) return true;
    const failed = await performOne(action, context, known);
    anyFailed ||= failed;
    if (failed && !(action.type === 'startContainer' && action.kind !== 'init')) return true;
  }
  return anyFailed;
};

const performOne = async (
  action: PodAction,
  context: SyncContext,
  { failuresOf, resourceRevision: revision }: Pick<KnownPod, 'failuresOf' | 'resourceRevision'>,
): Promise<boolean> => {
  const { emit, scheduler } = context;
  const startedAtMs = scheduler.now();
  emit({ type: 'actionStarted', action });
  try {
    const what = { doing: action.type, podUid: context.podUid, pod: podKey(context.pod) };
    const failure = await whileDoing(what, () => executeAction(action, context));
    if (failure === undefined) {
      emit({ type: 'actionSucceeded', action, durationMs: scheduler.now() - startedAtMs });
      return false;
    }
    const { reason, message, containerId } = failure;
    if (failure.refused) {
      emit({ type: 'allocationRefused', reason, message, revision });
      return true;
    }
    const retryAtMs = failure.retryAtMs ?? scheduler.now() + retryDelayMs(failuresOf(action) + 1);
    emit({ type: 'actionFailed', action, reason, message, retryAtMs, ...(containerId === undefined ? {} : { containerId }) });
    return true;
  } catch (error) {
    if (isAbort(error) || context.interruption.aborted) return true; // given up; what came of it, the next relist tells
    throw error;
  }
};
