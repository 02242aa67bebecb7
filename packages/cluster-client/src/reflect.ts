import { type ExponentialBackoff, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  expand,
  from,
  map,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  type ObservableInput,
  of,
  type SchedulerLike,
  take,
  takeUntil,
  throwError,
  timer,
} from 'rxjs';
import type { ApiClient, WatchEvent } from './api-client.js';
import { ClusterError } from './cluster-error.js';
import { refusalOfEvent } from './core/refusal.js';

/** What every object of the API has. */
export interface Versioned {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

interface ListAnswer<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly T[] | null;
}

export type ReflectEvent<T> =
  /** Everything there is: at first, and whenever the server had to be asked anew. What is not among it is gone. */
  | { readonly type: 'replaced'; readonly objects: readonly T[] }
  | { readonly type: 'applied'; readonly object: T }
  | { readonly type: 'deleted'; readonly object: T }
  /** The server cannot be asked; what it said last counts on. Said again only when the message changes. */
  | { readonly type: 'lost'; readonly message: string }
  | { readonly type: 'back' };

/** Where a reflector lists and watches. */
export interface ReflectSource {
  readonly list: <T>(query: Readonly<Record<string, string>>) => ObservableInput<ListAnswer<T>>;
  readonly watch: <T>(query: Readonly<Record<string, string>>) => Observable<WatchEvent<T>>;
}

export interface ReflectOptions {
  /** Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** From 0 to 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Ends a wait: the server is known to be there again. Default: never. */
  readonly retry$?: Observable<unknown>;
}

/** client-go tools/cache/reflector.go: the back-off, and the quiet after which it starts over, ms. */
const BACKOFF: ExponentialBackoff = { initialMs: 800, maxMs: 30_000 };
const BACKOFF_RESET_MS = 120_000;
const MIN_WATCH_SECONDS = 300;
/** A server that does not end a watch in its time is not there any more, ms. */
const OVERTIME_MS = 30_000;
/** A watch that ends sooner than this and said nothing is an error, ms. */
const TOO_SHORT_MS = 1_000;
const PAGE = '500';

/** What is said is somebody else's word: nothing behind this looks whether there is a `metadata`. */
const isObject = (value: unknown): boolean => {
  const { metadata } = (value ?? {}) as { readonly metadata?: unknown };
  return typeof metadata === 'object' && metadata !== null;
};

const noObject = (where: string): ClusterError =>
  new ClusterError({ code: 'CLUSTER_BAD_REPLY', message: `${where} with something that is no object of the API`, retryable: true });

/** The resource at a path of a server, narrowed by selectors. */
export const resourceAt = (
  api: Pick<ApiClient, 'request' | 'watch'>,
  path: string,
  query: Readonly<Record<string, string>> = {},
): ReflectSource => ({
  list: <T>(more: Readonly<Record<string, string>>) =>
    defer(() => from(api.request<ListAnswer<T>>({ method: 'GET', path, query: { ...query, ...more } }))),
  watch: <T>(more: Readonly<Record<string, string>>) => api.watch<T>({ path, query: { ...query, ...more } }),
});

interface State {
  /** To watch from; undefined: to list first. */
  readonly version: string | undefined;
  /** Of the next list; `0`: whatever the server has at hand. */
  readonly listVersion: string;
  readonly waitMs: number;
  readonly failedAtMs: number | undefined;
  readonly lost: string | undefined;
  /** Nothing has happened since the list: that the server has forgotten it already is odd. */
  readonly fresh: boolean;
}

/** What a step says, and, last of all, where it leaves the reflector. */
type Item<T> = { readonly event: ReflectEvent<T>; readonly next?: undefined } | { readonly event?: undefined; readonly next: State };

/**
 * Follows what the API server holds: lists once, then watches from there for ever, over errors, restarts of the server and versions that it forgot.
 * Never ends and never fails. Upstream: client-go tools/cache/reflector.go.
 */
export const reflect = <T extends Versioned>(source: ReflectSource, options: ReflectOptions = {}): Observable<ReflectEvent<T>> => {
  const { scheduler: given = asyncScheduler, random = Math.random, retry$ = NEVER } = options;
  const scheduler = longDelays(given);
  const first: State = { version: undefined, listVersion: '0', waitMs: 0, failedAtMs: undefined, lost: undefined, fresh: false };

  const say = (event: ReflectEvent<T>): Item<T> => ({ event });
  const foundAgain = (state: State): readonly Item<T>[] => (state.lost === undefined ? [] : [say({ type: 'back' })]);

  const pages = (state: State, token: string | undefined, before: readonly T[]): Observable<{ objects: readonly T[]; version: string }> =>
    from(source.list<T>({ limit: PAGE, ...(token === undefined ? { resourceVersion: state.listVersion } : { continue: token }) })).pipe(
      concatMap((answer) => {
        if (!(answer.items ?? []).every(isObject)) return throwError(() => noObject('a list'));
        const objects = [...before, ...(answer.items ?? [])];
        const more = answer.metadata?.continue;
        if (more) return pages(state, more, objects);
        const version = answer.metadata?.resourceVersion;
        return version === undefined || version === ''
          ? throwError(() => new ClusterError({ code: 'CLUSTER_BAD_REPLY', message: 'a list without a resourceVersion', retryable: true }))
          : of({ objects, version });
      }),
    );

  const list = (state: State): Observable<Item<T>> =>
    pages(state, undefined, []).pipe(
      concatMap(({ objects, version }) =>
        of(...foundAgain(state), say({ type: 'replaced', objects }), {
          next: { ...state, version, listVersion: version, lost: undefined, fresh: true },
        }),
      ),
    );

  const watch = (state: State): Observable<Item<T>> => {
    const seconds = Math.floor(MIN_WATCH_SECONDS * (1 + random()));
    const startedMs = scheduler.now();
    let { version } = state;
    let heard = false;
    let lost = state.lost !== undefined;
    const query = { resourceVersion: version ?? '', allowWatchBookmarks: 'true', timeoutSeconds: String(seconds) };
    const left = (): State => ({
      ...state,
      fresh: false,
      version,
      listVersion: version ?? state.listVersion,
      lost: lost ? state.lost : undefined,
    });
    return concat(
      source.watch<T>(query).pipe(
        takeUntil(timer(seconds * 1_000 + OVERTIME_MS, scheduler)),
        concatMap((event): Observable<Item<T>> => {
          if (event.type === 'ERROR') return throwError(() => refusalOfEvent('watch', event.object));
          const back = lost ? [say({ type: 'back' })] : [];
          lost = false;
          if (event.type === 'OPENED') return of(...back);
          if (!isObject(event.object)) return throwError(() => noObject('a watch'));
          heard = true;
          version = event.object.metadata.resourceVersion ?? version;
          if (event.type === 'BOOKMARK') return of(...back);
          return of(...back, say({ type: event.type === 'DELETED' ? 'deleted' : 'applied', object: event.object }));
        }),
      ),
      defer(() =>
        heard || scheduler.now() - startedMs >= TOO_SHORT_MS
          ? of({ next: left() })
          : throwError(() => new ClusterError({ code: 'CLUSTER_UNREACHABLE', message: 'the watch ended at once', retryable: true })),
      ),
    ).pipe(catchError((error: unknown) => failed({ ...left(), fresh: state.fresh }, error)));
  };

  /** Waits, longer each time; what the server forgot is listed anew. */
  const failed = (state: State, error: unknown): Observable<Item<T>> => {
    if (!ClusterError.is(error)) return throwError(() => error);
    const nowMs = scheduler.now();
    const quiet = state.failedAtMs === undefined || nowMs - state.failedAtMs > BACKOFF_RESET_MS;
    const waitMs = nextBackoffMs(BACKOFF, quiet ? 0 : state.waitMs);
    const isOld = error.status === 410 || error.reason === 'Expired' || /[Tt]oo large resource version/.test(error.message);
    // Whoever cannot be reached, or asks for patience, has not forgotten anything.
    const keeps =
      !isOld &&
      (error.code === 'CLUSTER_UNREACHABLE' || error.code === 'CLUSTER_TIMEOUT' || error.status === 429 || (error.status ?? 0) >= 500);
    const next: State = {
      version: keeps ? state.version : undefined,
      listVersion: isOld ? '' : state.listVersion,
      waitMs,
      failedAtMs: nowMs,
      lost: isOld ? state.lost : error.message,
      fresh: false,
    };
    const told: readonly Item<T>[] = isOld || state.lost === error.message ? [] : [say({ type: 'lost', message: error.message })];
    const jitteredMs = isOld && !state.fresh ? 0 : Math.max(waitMs * (1 + random()), error.retryAfterMs ?? 0);
    return concat(
      of(...told),
      merge(timer(jitteredMs, scheduler), retry$).pipe(
        take(1),
        map((): Item<T> => ({ next })),
      ),
    );
  };

  const step = (state: State): Observable<Item<T>> =>
    state.version === undefined
      ? defer(() => list(state)).pipe(catchError((error: unknown) => failed(state, error)))
      : defer(() => watch(state));

  return of<Item<T>>({ next: first }).pipe(
    expand((item) => (item.next === undefined ? EMPTY : step(item.next))),
    mergeMap((item) => (item.event === undefined ? EMPTY : of(item.event))),
  );
};
