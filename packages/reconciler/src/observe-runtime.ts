import { describeError } from '@solo-kubelet/diagnostics';
import {
  catchError,
  concat,
  debounceTime,
  defer,
  EMPTY,
  filter,
  from,
  groupBy,
  map,
  merge,
  mergeMap,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  Subject,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import { conflateMap } from './conflate-map.js';
import type { NodeActivity } from './core/activity.js';
import type { ObservedPod } from './core/observed-pod.js';
import type { PodUid } from './core/pod-identity.js';
import { keepIfSame, type Observation } from './core/runtime-snapshot.js';
import { fromAbortable } from './from-abortable.js';
import { fromStream } from './from-stream.js';
import type { RuntimeChange, RuntimePort } from './runtime-port.js';

export interface ObserveOptions {
  readonly runtime: RuntimePort;
  readonly relistIntervalMs: number;
  readonly relistWithHintsIntervalMs: number;
  readonly scheduler: SchedulerLike;
}

/** A look at the runtime, or word of one that failed: a failed relist is never an empty one. */
export type Look = { readonly observation?: Observation; readonly activity?: NodeActivity };

export interface RuntimeObserver {
  readonly look$: Observable<Look>;
  /** Number that every look begun from now on reaches. */
  barrier(): number;
  /** Asks for a fresh look at one pod. */
  refresh(podUid: PodUid): void;
  /** While a pass works on a pod its hints only tell of that work: they lead to a look now and then, not at once. Gives the end of it. */
  hold(podUid: PodUid): () => void;
}

/**
 * An event comes a moment before CRI's own records change, so a hint is followed up, ms after it, until the pod looks different. Each step is one look.
 */
const HINT_FOLLOW_UPS_MS = [3, 25, 75, 200, 600];

/** From a hint to the look at a pod that a pass is working on, ms. */
const HELD_LOOK_MS = 1_000;

/** Time before hints are asked for again after the feed ended or failed, ms. */
const HINT_RETRY_MS = 5_000;

const EVERYTHING = '';
type Target = PodUid | typeof EVERYTHING;

/** Looks at the runtime: everything on a tick, one pod when asked or hinted. */
export const observeRuntime = ({ runtime, relistIntervalMs, relistWithHintsIntervalMs, scheduler }: ObserveOptions): RuntimeObserver => {
  let begun = 0;
  let hintsFlow = false;
  /** What was last seen of each pod, so that an unchanged one is recognised as such. */
  let seen: ReadonlyMap<PodUid, ObservedPod> = new Map();
  const held = new Set<PodUid>();
  /** The feedback edge from the workers: a pass that acted asks for a look at its pod. */
  const refresh$ = new Subject<PodUid>();

  const listAll = (): Observable<Look> =>
    fromAbortable(async (signal) => {
      begun += 1;
      const generation = begun;
      const startedAtMs = scheduler.now();
      const pods = await runtime.list({ signal });
      seen = new Map([...pods].map(([uid, pod]) => [uid, keepIfSame(seen.get(uid), pod)]));
      const activity = { type: 'relisted', generation, durationMs: scheduler.now() - startedAtMs, pods: pods.size } as const;
      return { observation: { type: 'listed', generation, pods: seen } as const, activity };
    }).pipe(catchError((error: unknown) => of({ activity: { type: 'relistFailed', message: describeError(error) } as const })));

  const lookAt = (podUid: PodUid): Observable<Look> =>
    fromAbortable(async (signal) => {
      begun += 1;
      const generation = begun;
      const found = await runtime.inspect(podUid, { signal });
      const pod = found && keepIfSame(seen.get(podUid), found);
      if (pod !== seen.get(podUid)) {
        const next = new Map(seen);
        if (pod === undefined) next.delete(podUid);
        else next.set(podUid, pod);
        seen = next;
      }
      return { observation: { type: 'inspected', generation, podUid, pod } as const };
    }).pipe(catchError((error: unknown) => of({ activity: { type: 'relistFailed', message: describeError(error) } as const })));

  const hint$ = (runtime.changes === undefined ? EMPTY : defer(() => fromStream((signal) => runtime.changes!({ signal })))).pipe(
    tap((change) => {
      hintsFlow = change.type === 'pod' || change.hints;
    }),
    catchError(() => EMPTY),
    (feed) =>
      concat(
        feed,
        defer(() => {
          hintsFlow = false;
          return EMPTY;
        }),
      ),
    repeat({ delay: () => timer(HINT_RETRY_MS, scheduler) }),
  );
  const podHint$ = hint$.pipe(
    groupBy((change: RuntimeChange): Target => (change.type === 'pod' ? change.podUid : EVERYTHING), {
      duration: (group) => group.pipe(debounceTime(2_000, scheduler)),
    }),
    mergeMap((group) =>
      group.pipe(
        switchMap(() => {
          if (group.key === EVERYTHING) return of(group.key);
          const uid = group.key;
          if (held.has(uid)) return timer(HELD_LOOK_MS, scheduler).pipe(map(() => uid as Target));
          const before = seen.get(uid);
          return from(HINT_FOLLOW_UPS_MS).pipe(
            mergeMap((ms) => timer(ms, scheduler)),
            filter(() => seen.get(uid) === before),
            map(() => uid as Target),
          );
        }),
      ),
    ),
  );

  const look$ = merge(of<Target>(EVERYTHING), refresh$, podHint$).pipe(
    conflateMap((target: Target) => (target === EVERYTHING ? listAll() : lookAt(target)).pipe(map((look) => ({ target, look }))), {
      keyOf: (target) => target,
      scheduler,
      requeueAfterMs: ({ target, look }) => {
        const failed = look.observation === undefined;
        if (target !== EVERYTHING) return failed ? relistIntervalMs : undefined;
        return hintsFlow && !failed ? relistWithHintsIntervalMs : relistIntervalMs;
      },
    }),
    map(({ look }) => look),
  );
  return {
    look$,
    barrier: () => begun + 1,
    refresh: (podUid) => refresh$.next(podUid),
    hold: (podUid) => {
      held.add(podUid);
      return () => held.delete(podUid);
    },
  };
};
