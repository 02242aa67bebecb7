import { describeError } from '@solo-kubelet/diagnostics';
import type { ProbeReport } from '@solo-kubelet/probe-engine';
import { checkInterval } from '@solo-kubelet/timers';
import { conflateMap, longDelays, steadyScheduler } from '@solo-kubelet/timers/rxjs';
import {
  catchError,
  defer,
  distinctUntilChanged,
  EMPTY,
  filter,
  from,
  ignoreElements,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  observeOn,
  of,
  pairwise,
  queueScheduler,
  Subject,
  scan,
  share,
  shareReplay,
  startWith,
  take,
  takeUntil,
  tap,
  throwError,
} from 'rxjs';
import { byKey } from './by-key.js';
import type { KubeletActivity, NodeActivity, PodActivity } from './core/activity.js';
import { type BackoffPolicy, DEFAULT_BACKOFF } from './core/crash-backoff.js';
import { dirtyPods, touchedPods } from './core/dirty-pods.js';
import type { KubeletEvent } from './core/kubelet-event.js';
import { namelessPod } from './core/orphan-pod.js';
import { type PodUid, podKey } from './core/pod-identity.js';
import type { PodView } from './core/pod-view.js';
import { noSeenPods, reducePodViews } from './core/pod-views.js';
import { emptyKubeletState, hasRelisted, type KubeletStateInput, type KubeletStateSettings } from './core/state/kubelet-state.js';
import { reduceKubeletState } from './core/state/reduce-kubelet-state.js';
import { knownPod } from './core/state/sync-input.js';
import { keepPinned } from './keep-pinned.js';
import { observeRuntime } from './observe-runtime.js';
import { orphanedPods } from './orphaned-pods.js';
import { probePods } from './probe-pods.js';
import type { ReconcilerDeps } from './reconciler-deps.js';
import { recordEvents } from './record-events.js';
import { forgetfulStore, saveRecords, storeFailures } from './save-records.js';
import { type PodSyncEvent, syncPod } from './sync-pod.js';
import { watchPods } from './watch-pods.js';
import { workerStateActivities } from './worker-state-activities.js';

export interface Reconciler {
  /** Everything at work, for the program's one subscription; never emits. The others are views of the same run. */
  readonly run$: Observable<never>;
  readonly activity$: Observable<KubeletActivity>;
  /** Every pod that is wanted or of which something is left, at once and on every change. */
  readonly pods$: Observable<ReadonlyMap<PodUid, PodView>>;
  /** Whether the runtime has been looked at, and what earlier processes left has been read: before that statuses are not known. */
  readonly known$: Observable<boolean>;
  /** New events, and old ones counted up. */
  readonly events$: Observable<KubeletEvent>;
  /** What probes said, for metrics. */
  readonly probeReport$: Observable<ProbeReport>;
  /** The writing of pod records: never emits, and completes once `stop$` has emitted and what was held back is written. Part of the run. */
  readonly records$: Observable<never>;
}

type Unstamped<T> = T extends unknown ? Omit<T, 'atMs' | 'wallMs'> : never;

/** Makes the runtime match the manifests and tells what comes of it. Nothing runs before the first subscription; the last one to leave ends it. */
export const createReconciler = (deps: ReconcilerDeps): Reconciler => {
  const {
    manifestEvent$,
    sources,
    runtime,
    resources,
    node$,
    commands$ = EMPTY,
    nodeEvent$ = EMPTY,
    store = forgetfulStore,
    stop$ = NEVER,
    scheduler: givenScheduler = steadyScheduler,
    wallNow = deps.scheduler === undefined ? Date.now : () => givenScheduler.now(),
    maxEvents = 1_000,
    initialEvents = [],
  } = deps;
  const scheduler = longDelays(givenScheduler);
  const relistIntervalMs = checkInterval('relistIntervalMs', deps.relistIntervalMs, 1_000);
  const relistWithEventsIntervalMs = checkInterval('relistWithEventsIntervalMs', deps.relistWithEventsIntervalMs, 10_000);
  const syncFrequencyMs = checkInterval('syncFrequencyMs', deps.syncFrequencyMs, 60_000);
  const settings: KubeletStateSettings = {
    sources,
    backoffPolicy: withinMaximum({
      initialMs: checkInterval('backoff.initialMs', deps.backoff?.initialMs, DEFAULT_BACKOFF.initialMs),
      maxMs: checkInterval('backoff.maxMs', deps.backoff?.maxMs, DEFAULT_BACKOFF.maxMs),
      kubeletStartMs: scheduler.now(),
    }),
    allocates: resources !== undefined,
  };
  const observer = observeRuntime({ runtime, relistIntervalMs, relistWithEventsIntervalMs, scheduler });
  /** The feedback edge: what workers do and probes find goes back into the kubelet state. */
  const feedback$ = new Subject<Unstamped<KubeletStateInput>>();

  /** One pod that trips over a bug does not end the care for the others. */
  const crash$ = new Subject<NodeActivity>();
  const crashOf = (podUid: PodUid) => (error: unknown) => {
    crash$.next({ type: 'syncCrashed', podUid, message: describeError(error) });
    return kubeletState$.pipe(
      take(1),
      mergeMap((kubeletState) => {
        const pod = knownPod(kubeletState, podUid) ?? namelessPod(podUid);
        return from<PodActivity[]>([{ type: 'setAside', message: describeError(error) }, afterCrash]).pipe(
          map((activity): PodSyncEvent => ({ podUid, pod, activity })),
        );
      }),
    );
  };

  const relist$ = observer.relist$.pipe(share());
  const restored$ = defer(() => store.load()).pipe(
    catchError(() => of([])), // as after a first start: everything here can be derived anew
    map((records) => ({ type: 'restored', records }) as const),
  );
  const command$ = commands$.pipe(
    tap((command) => command.type === 'restart' && runtime.forgetBackoff(command.podUid)),
    share(),
  );
  const crashesOf = byKey(command$.pipe(filter((command) => command.type === 'crashed')), ({ podUid }) => [podUid]);
  /** Fails when somebody tells of an error in the care for this pod. */
  const crashed = (podUid: PodUid): Observable<never> =>
    crashesOf(podUid).pipe(mergeMap(({ message }) => throwError(() => new Error(message))));
  const input$: Observable<Unstamped<KubeletStateInput>> = merge(
    restored$,
    node$.pipe(map((facts) => ({ type: 'node', facts }) as const)),
    manifestEvent$.pipe(map((event) => ({ type: 'manifest', event }) as const)),
    relist$.pipe(mergeMap(({ observation }) => (observation === undefined ? EMPTY : of({ type: 'observed', observation } as const)))),
    command$.pipe(filter((command) => command.type !== 'sync' && command.type !== 'crashed')),
    orphanedPods({ runtime, resources, intervalMs: syncFrequencyMs, scheduler }),
    feedback$,
  );
  const kubeletState$ = input$.pipe(
    observeOn(queueScheduler), // an input that arises while another is being taken in waits its turn
    map((input): KubeletStateInput => ({ ...input, atMs: scheduler.now(), wallMs: wallNow() }) as KubeletStateInput),
    scan((kubeletState, input) => reduceKubeletState(settings, kubeletState, input), emptyKubeletState),
    startWith(emptyKubeletState),
    distinctUntilChanged(),
    shareReplay({ bufferSize: 1, refCount: true }),
  );

  const watchPod = watchPods(kubeletState$);
  const trigger$ = merge(
    kubeletState$.pipe(
      pairwise(),
      mergeMap(([previous, next]) => touchedPods(previous, next)),
      tap((podUid) => runtime.forgetBackoff(podUid)),
    ),
    kubeletState$.pipe(
      pairwise(),
      mergeMap(([previous, next]) => dirtyPods(settings, previous, next)),
    ),
    command$.pipe(
      filter(({ type }) => type !== 'crashed'),
      map(({ podUid }) => podUid),
    ),
  );
  const pass$ = trigger$.pipe(
    conflateMap(
      (podUid) =>
        syncPod(podUid, { watchPod, settings, runtime, resources, observer, scheduler, syncFrequencyMs }).pipe(
          takeUntil(crashed(podUid)),
          catchError(crashOf(podUid)),
        ),
      {
        keyOf: (podUid) => podUid,
        scheduler,
        requeueAfterMs: ({ activity }) =>
          activity.type === 'syncFinished' || activity.type === 'leftAside' ? activity.requeueAfterMs : undefined,
      },
    ),
    tap(({ podUid, activity, pod }) => feedback$.next({ type: 'activity', podUid, activity, pod })),
    share(),
  );
  const decided$ = kubeletState$.pipe(pairwise(), mergeMap(workerStateActivities));
  const podDoing$ = merge(pass$, decided$).pipe(share());
  const podActivity$ = podDoing$.pipe(
    map(({ podUid, pod, activity }): KubeletActivity => ({ scope: 'pod', atMs: scheduler.now(), podUid, pod: podKey(pod), ...activity })),
  );
  const probeReport$ = probePods({ kubeletState$, settings, runProbes: deps.runProbes, scheduler }).pipe(
    tap((report) => {
      if (report.type === 'probeResult') feedback$.next({ type: 'probeResult', probeResult: report.probeResult });
    }),
    share(),
  );
  const saved$ = saveRecords({
    kubeletState$: kubeletState$.pipe(takeUntil(stop$)),
    store,
    wallAheadMs: () => wallNow() - scheduler.now(),
    scheduler,
  }).pipe(
    tap((saved) => feedback$.next(saved)),
    storeFailures,
    map((message): NodeActivity => ({ type: 'storeFailed', message })),
    share(),
  );
  const pins$ = defer(() =>
    deps.cpus === undefined
      ? EMPTY
      : keepPinned({ cpus: deps.cpus, pods$, activity$: podDoing$.pipe(map(({ activity }) => activity)), runtime, scheduler }),
  );
  const nodeActivity$ = merge(relist$.pipe(mergeMap(({ activities }) => activities)), saved$, crash$, pins$).pipe(
    map((activity: NodeActivity): KubeletActivity => ({ scope: 'node', atMs: scheduler.now(), ...activity })),
  );
  const activity$ = merge(podActivity$, nodeActivity$).pipe(share());
  const events$ = recordEvents({ podDoing$, probeReport$, nodeEvent$, kubeletState$, initialEvents, maxEvents, wallNow, scheduler }).pipe(
    share(),
  );
  const pods$ = kubeletState$.pipe(
    scan(reducePodViews, noSeenPods),
    map(({ views }) => views),
    distinctUntilChanged(),
    shareReplay({ bufferSize: 1, refCount: true }),
  );
  const known$ = kubeletState$.pipe(map(hasRelisted), distinctUntilChanged());
  const run$: Observable<never> = merge(activity$, probeReport$).pipe(ignoreElements(), share());
  /** A view that also keeps the run going, so that whoever holds one sees it live. */
  const live = <T>(view$: Observable<T>): Observable<T> => merge(view$, run$);
  return {
    run$,
    activity$: live(activity$),
    pods$: live(pods$),
    known$: live(known$),
    events$: live(events$),
    probeReport$: live(probeReport$),
    records$: saved$.pipe(ignoreElements()),
  };
};

/** What a crashed sync did is unknown; the next one waits for a relist. */
const afterCrash = { type: 'syncFinished', actions: 1, minGeneration: 0, requeueAfterMs: 10_000 } as const;

/** `maxContainerRestartPeriod` below the first delay lowers that too. */
const withinMaximum = (policy: BackoffPolicy): BackoffPolicy => ({ ...policy, initialMs: Math.min(policy.initialMs, policy.maxMs) });
