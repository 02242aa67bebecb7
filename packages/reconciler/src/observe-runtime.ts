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
  share,
  switchMap,
  tap,
  timer,
} from 'rxjs';
import type { NodeActivity } from './core/activity.js';
import type { Observation } from './core/observation-ages.js';
import type { PodUid } from './core/pod-identity.js';
import type { RuntimeChange, RuntimePort } from './runtime-port.js';

export interface ObserveOptions {
  readonly runtime: RuntimePort;
  readonly relistIntervalMs: number;
  readonly relistWithEventsIntervalMs: number;
  readonly scheduler: SchedulerLike;
}

/** What one relist saw, or word of one that failed: a failed relist is never an empty one. */
export interface Relist {
  readonly observation?: Observation;
  readonly activities: readonly NodeActivity[];
}

export interface RuntimeObserver {
  readonly relist$: Observable<Relist>;
  /** Number that every relist begun from now on reaches. */
  barrier(): number;
  /** Asks for a relist of one pod. */
  refresh(podUid: PodUid): void;
  /** While a sync works on a pod its runtime events only tell of that work: they lead to a relist now and then, not at once. Gives the end of it. */
  hold(podUid: PodUid): () => void;
}

/**
 * An event comes a moment before CRI's own records change, so it leads to several relists, ms after it. A relist that finds a change ends none of
 * them: what it found may not be what the event was about.
 */
const EVENT_RELISTS_MS = [3, 10, 25, 60, 150, 500];

/** After an exit that the event itself told of. CRI's records follow at some time after a second event, of what the container had being taken down. */
const EXIT_RELISTS_MS = [60, 150, 500];

/** The same from the end of a sync that events came during: the relist that ends the sync has seen most of what they were about. */
const RELEASED_RELISTS_MS = [30, 300];

/** From a runtime event to the relist of a pod that a sync is working on, ms. */
const HELD_RELIST_MS = 1_000;

/** Time before runtime events are asked for again after the feed ended or failed, ms. */
const EVENT_RETRY_MS = 5_000;

const EVERYTHING = '';
type Target = PodUid | typeof EVERYTHING;

interface PodRuntimeEvent {
  readonly target: Target;
  /** When to relist after it, ms. */
  readonly relistsAfterMs: readonly number[];
}

const relistsAfterMs = (change: RuntimeChange): readonly number[] =>
  change.type === 'pod' && change.exit !== undefined ? EXIT_RELISTS_MS : EVENT_RELISTS_MS;

/** Relists the runtime: everything on a tick, one pod when asked or after its events. */
export const observeRuntime = ({ runtime, relistIntervalMs, relistWithEventsIntervalMs, scheduler }: ObserveOptions): RuntimeObserver => {
  let begun = 0;
  let eventsFlow = false;
  const held = new Set<PodUid>();
  const eventsWhileHeld = new Set<PodUid>();
  /** Events that came during a sync, said again at its end: the relist that ends the sync may have come too early for them. */
  const released$ = new Subject<PodRuntimeEvent>();
  /** The feedback edge from the workers: a sync that acted asks for a relist of its pod. */
  const refresh$ = new Subject<PodUid>();

  /** Pods that could not be read when last listed: that is told once. */
  const unread = new Set<PodUid>();

  const noteUnread = (podUid: PodUid, message: string): readonly NodeActivity[] => {
    if (unread.has(podUid)) return [];
    unread.add(podUid);
    return [{ type: 'podUnread', podUid, message }];
  };
  const noteRead = (podUid: PodUid): readonly NodeActivity[] => (unread.delete(podUid) ? [{ type: 'podReadAgain', podUid }] : []);

  const listAll = (): Observable<Relist> =>
    fromAbortable(async (signal): Promise<Relist> => {
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
      // From here on each is listed by itself until it can be read: the next relist may be a while off.
      for (const uid of listing.unread.keys()) refresh$.next(uid);
      return { observation: { type: 'listed', generation, pods, unread: new Set(listing.unread.keys()) }, activities };
    }).pipe(catchError((error: unknown) => of<Relist>({ activities: [{ type: 'relistFailed', message: describeError(error) }] })));

  const relistPod = (podUid: PodUid): Observable<Relist> =>
    fromAbortable(async (signal): Promise<Relist> => {
      begun += 1;
      const generation = begun;
      const pod = await runtime.inspect(podUid, { signal });
      return { observation: { type: 'inspected', generation, podUid, pod }, activities: noteRead(podUid) };
    }).pipe(catchError((error: unknown) => of<Relist>({ activities: noteUnread(podUid, describeError(error)) })));

  const runtimeEvent$ = (runtime.changes === undefined ? EMPTY : defer(() => fromStream((signal) => runtime.changes!({ signal })))).pipe(
    tap((change) => {
      eventsFlow = change.type === 'pod' || change.events;
    }),
    catchError(() => EMPTY),
    (feed) =>
      concat(
        feed,
        defer(() => {
          eventsFlow = false;
          return EMPTY;
        }),
      ),
    repeat({ delay: () => timer(EVENT_RETRY_MS, scheduler) }),
    share(),
  );
  /** Ends, as their events tell them: also of a pod that is being worked on, and before any relist could. */
  const toldEnd$ = runtimeEvent$.pipe(
    mergeMap((change) => {
      if (change.type !== 'pod' || change.exit === undefined || runtime.endOf === undefined) return EMPTY;
      const { podUid, exit } = change;
      return fromAbortable((signal) => runtime.endOf!(exit, { signal })).pipe(
        catchError(() => EMPTY), // a relist tells
        mergeMap((container) =>
          container === undefined ? EMPTY : of<Relist>({ observation: { type: 'ended', podUid, container }, activities: [] }),
        ),
      );
    }),
  );
  const podRuntimeEvent$ = merge(
    runtimeEvent$.pipe(
      map(
        (change): PodRuntimeEvent => ({
          target: change.type === 'pod' ? change.podUid : EVERYTHING,
          relistsAfterMs: relistsAfterMs(change),
        }),
      ),
    ),
    released$,
  ).pipe(
    groupBy(({ target }) => target, {
      duration: (group) => group.pipe(debounceTime(2_000, scheduler)),
    }),
    mergeMap((group) =>
      group.pipe(
        switchMap(({ relistsAfterMs }) => {
          if (group.key === EVERYTHING) return of(group.key);
          const uid = group.key;
          if (held.has(uid)) {
            eventsWhileHeld.add(uid);
            return timer(HELD_RELIST_MS, scheduler).pipe(map(() => uid as Target));
          }
          return from(relistsAfterMs).pipe(
            mergeMap((ms) => timer(ms, scheduler)),
            map(() => uid as Target),
          );
        }),
      ),
    ),
  );

  const relists$ = merge(of<Target>(EVERYTHING), refresh$, podRuntimeEvent$).pipe(
    conflateMap((target: Target) => (target === EVERYTHING ? listAll() : relistPod(target)).pipe(map((relist) => ({ target, relist }))), {
      keyOf: (target) => target,
      scheduler,
      requeueAfterMs: ({ target, relist }) => {
        const failed = relist.observation === undefined;
        if (target !== EVERYTHING) return failed ? relistIntervalMs : undefined;
        return eventsFlow && !failed ? relistWithEventsIntervalMs : relistIntervalMs;
      },
    }),
    map(({ relist }) => relist),
  );
  return {
    relist$: merge(toldEnd$, relists$),
    barrier: () => begun + 1,
    refresh: (podUid) => refresh$.next(podUid),
    hold: (podUid) => {
      held.add(podUid);
      return () => {
        held.delete(podUid);
        if (eventsWhileHeld.delete(podUid)) released$.next({ target: podUid, relistsAfterMs: RELEASED_RELISTS_MS });
      };
    },
  };
};
