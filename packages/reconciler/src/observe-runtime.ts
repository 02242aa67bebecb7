import { fromStream } from '@solo-kubelet/cri-client/rx';
import { describeError } from '@solo-kubelet/diagnostics';
import { conflateMap, fromAbortable } from '@solo-kubelet/timers/rxjs';
import {
  catchError,
  concat,
  debounceTime,
  defer,
  EMPTY,
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
import type { NodeActivity } from './core/activity.js';
import type { Observation } from './core/observation-ages.js';
import type { PodUid } from './core/pod-identity.js';
import type { RuntimePort } from './runtime-port.js';

export interface ObserveOptions {
  readonly runtime: RuntimePort;
  readonly relistIntervalMs: number;
  readonly relistWithHintsIntervalMs: number;
  readonly scheduler: SchedulerLike;
}

/** A look at the runtime, or word of one that failed: a failed relist is never an empty one. */
export interface Look {
  readonly observation?: Observation;
  readonly activities: readonly NodeActivity[];
}

export interface RuntimeObserver {
  readonly look$: Observable<Look>;
  /** Number that every look begun from now on reaches. */
  barrier(): number;
  /** Asks for a fresh look at one pod. */
  refresh(podUid: PodUid): void;
  /** While a sync works on a pod its hints only tell of that work: they lead to a look now and then, not at once. Gives the end of it. */
  hold(podUid: PodUid): () => void;
}

/**
 * An event comes a moment before CRI's own records change, so a hint leads to several looks, ms after it. A look that finds a change ends none of them:
 * what it found may not be what the hint was about.
 */
const HINT_LOOKS_MS = [3, 10, 25, 60, 150, 500];

/** The same from the end of a sync that hints came during: the look that ends the sync has seen most of what they were about. */
const RELEASED_LOOKS_MS = [30, 300];

/** From a hint to the look at a pod that a sync is working on, ms. */
const HELD_LOOK_MS = 1_000;

/** Time before hints are asked for again after the feed ended or failed, ms. */
const HINT_RETRY_MS = 5_000;

const EVERYTHING = '';
type Target = PodUid | typeof EVERYTHING;

interface PodRuntimeEvent {
  readonly target: Target;
  /** When to look after it. */
  readonly looksMs: readonly number[];
}

/** Looks at the runtime: everything on a tick, one pod when asked or hinted. */
export const observeRuntime = ({ runtime, relistIntervalMs, relistWithHintsIntervalMs, scheduler }: ObserveOptions): RuntimeObserver => {
  let begun = 0;
  let hintsFlow = false;
  const held = new Set<PodUid>();
  const hintedWhileHeld = new Set<PodUid>();
  /** Hints that came during a sync, said again at its end: the look that ends the sync may have come too early for them. */
  const released$ = new Subject<PodRuntimeEvent>();
  /** The feedback edge from the workers: a sync that acted asks for a look at its pod. */
  const refresh$ = new Subject<PodUid>();

  /** Pods that could not be read when last looked at: that is told once. */
  const unread = new Set<PodUid>();

  const noteUnread = (podUid: PodUid, message: string): readonly NodeActivity[] => {
    if (unread.has(podUid)) return [];
    unread.add(podUid);
    return [{ type: 'podUnread', podUid, message }];
  };
  const noteRead = (podUid: PodUid): readonly NodeActivity[] => (unread.delete(podUid) ? [{ type: 'podReadAgain', podUid }] : []);

  const listAll = (): Observable<Look> =>
    fromAbortable(async (signal): Promise<Look> => {
      begun += 1;
      const generation = begun;
      const startedAtMs = scheduler.now();
      const listing = await runtime.list({ signal });
      const { pods } = listing;
      const durationMs = scheduler.now() - startedAtMs;
      const activities: readonly NodeActivity[] = [
        { type: 'relisted', generation, durationMs, pods: pods.size },
        ...[...listing.unread].flatMap(([uid, message]) => noteUnread(uid, message)),
        ...[...unread].filter((uid) => !listing.unread.has(uid)).flatMap(noteRead),
      ];
      // From here on each is looked at by itself until it can be read: the next relist may be a while off.
      for (const uid of listing.unread.keys()) refresh$.next(uid);
      return { observation: { type: 'listed', generation, pods, unread: new Set(listing.unread.keys()) }, activities };
    }).pipe(catchError((error: unknown) => of<Look>({ activities: [{ type: 'relistFailed', message: describeError(error) }] })));

  const lookAt = (podUid: PodUid): Observable<Look> =>
    fromAbortable(async (signal): Promise<Look> => {
      begun += 1;
      const generation = begun;
      const pod = await runtime.inspect(podUid, { signal });
      return { observation: { type: 'inspected', generation, podUid, pod }, activities: noteRead(podUid) };
    }).pipe(catchError((error: unknown) => of<Look>({ activities: noteUnread(podUid, describeError(error)) })));

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
  const podHint$ = merge(
    hint$.pipe(map((change): PodRuntimeEvent => ({ target: change.type === 'pod' ? change.podUid : EVERYTHING, looksMs: HINT_LOOKS_MS }))),
    released$,
  ).pipe(
    groupBy(({ target }) => target, {
      duration: (group) => group.pipe(debounceTime(2_000, scheduler)),
    }),
    mergeMap((group) =>
      group.pipe(
        switchMap(({ looksMs }) => {
          if (group.key === EVERYTHING) return of(group.key);
          const uid = group.key;
          if (held.has(uid)) {
            hintedWhileHeld.add(uid);
            return timer(HELD_LOOK_MS, scheduler).pipe(map(() => uid as Target));
          }
          return from(looksMs).pipe(
            mergeMap((ms) => timer(ms, scheduler)),
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
      return () => {
        held.delete(podUid);
        if (hintedWhileHeld.delete(podUid)) released$.next({ target: podUid, looksMs: RELEASED_LOOKS_MS });
      };
    },
  };
};
