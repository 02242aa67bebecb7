import { basename, resolve } from 'node:path';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseMixedManifest } from '@solo-kubelet/object-spec';
import { checkDuration, checkInterval } from '@solo-kubelet/timers';
import { nextBackoffMs } from '@solo-kubelet/timers/backoff';
import { longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  catchError,
  concatMap,
  defer,
  distinctUntilChanged,
  EMPTY,
  identity,
  map,
  merge,
  type Observable,
  of,
  type SchedulerLike,
  share,
  switchMap,
  takeUntil,
  tap,
  throttle,
  timer,
} from 'rxjs';
import type { Listing } from './core/listing.js';
import { followSource, type Look } from './follow-source.js';
import { noStore, openLastGoodStore } from './last-good-store.js';
import type { ManifestEvent, ParseManifest, PrepareManifest } from './manifest-event.js';
import { prepareListings } from './prepare-listing.js';
import { readListing } from './read-listing.js';
import { shadowDuplicates } from './shadow-duplicates.js';
import { type WatchHint, watchHints } from './watch-hints.js';

export interface ManifestDirectoryOptions {
  /** Directory of manifests, or one manifest. */
  readonly path: string;
  /** Name of this node: part of every Pod's name. */
  readonly nodeName: string;
  /** Period of the full listing, ms. 20 s as `fileCheckFrequency`. */
  readonly fileCheckFrequencyMs?: number;
  /** Where last good versions are kept so that a restart with a broken manifest runs what ran before. Without it they are kept in memory only. */
  readonly lastGoodDirectory?: string;
  /** How long a content that fails must stay unchanged before it is rejected, ms: writers may be in the middle of it. 1 s. */
  readonly settleMs?: number;
  /** How long a file must be gone before its Pods are, ms. 100. */
  readonly removalSettleMs?: number;
  /** How long after the directory was replaced or came back its missing files still count, ms. 5 s. */
  readonly replacementSettleMs?: number;
  /** How long a listing may take before the source is reported as failed, ms. 10 s. */
  readonly timeoutMs?: number;
  /** The identity that somebody has already given to an object that is about to come, by its `objectKey`. Default: it follows from its name. */
  readonly newUidOf?: (key: string) => string | undefined;
  /** Of files that are not manifests as they lie there, such as encrypted ones. Default: they are parsed as they are. */
  readonly prepare?: PrepareManifest;
  /** Parser of the manifests; object-spec's `parseMixedManifest`. */
  readonly parse?: ParseManifest;
  /**
   * Whether two documents of this source that ask for a Pod of one name are settled here. Default true. Give false where events go through
   * operators of your own or through a merge, and put `shadowDuplicates()` behind those.
   */
  readonly settleNames?: boolean;
  readonly scheduler?: SchedulerLike;
  /** The machine's clock, ms, by which files are dated. Default: the scheduler's. */
  readonly wallNow?: () => number;
  readonly logger?: Logger;
  /** Looks at the path; the file system's by default, a scripted one in tests. */
  readonly list?: (path: string, now: () => number) => Promise<Listing> | Observable<Listing>;
  /** Hints that something may have changed; inotify's by default. */
  readonly hints?: (path: string, kind: 'directory' | 'file') => Observable<WatchHint>;
}

/** The first hint is followed at once; those that come within this time of it, ms, since one save makes several, lead to one more listing. */
const HINT_WINDOW_MS = 10;
/** Where hints go on and on, as when many files are put there, each such time is twice the one before, up to this: every listing opens every file. */
const LONGEST_HINT_WINDOW_MS = 80;

/**
 * The Pods that a directory (or one file) asks for. Lists at once, after every hint of inotify and every `fileCheckFrequencyMs`; the
 * listing alone decides. Never ends by itself and never fails; stops watching when unsubscribed. Share it: each subscription watches anew.
 */
export const watchManifestDirectory = ({
  path: givenPath,
  nodeName,
  fileCheckFrequencyMs: givenFrequencyMs,
  lastGoodDirectory,
  settleMs: givenSettleMs,
  removalSettleMs: givenRemovalSettleMs,
  replacementSettleMs: givenReplacementSettleMs,
  timeoutMs: givenTimeoutMs,
  newUidOf,
  prepare,
  parse = parseMixedManifest,
  settleNames = true,
  scheduler: givenScheduler = asyncScheduler,
  wallNow = () => givenScheduler.now(),
  logger = silentLogger,
  list = readListing,
  hints = watchHints,
}: ManifestDirectoryOptions): Observable<ManifestEvent> => {
  const path = resolve(givenPath);
  const scheduler = longDelays(givenScheduler);
  const fileCheckFrequencyMs = checkInterval('fileCheckFrequencyMs', givenFrequencyMs, 20_000);
  const settleMs = checkDuration('settleMs', givenSettleMs, 1_000);
  const removalSettleMs = checkDuration('removalSettleMs', givenRemovalSettleMs, 100);
  const replacementSettleMs = checkDuration('replacementSettleMs', givenReplacementSettleMs, 5_000);
  const timeoutMs = checkDuration('timeoutMs', givenTimeoutMs, 10_000);
  // Names that hints told of, and when, until a listing has them: it alone can't tell a file from one made anew as it was.
  const recreated = new Map<string, number>();
  const prepared = prepare && prepareListings(prepare);
  const look = (): Observable<Look> =>
    defer(() => {
      const listed$ = defer(() => list(path, () => scheduler.now())).pipe(
        prepared === undefined ? identity : concatMap(prepared),
        map((listing) => marked(dated(listing, wallNow() - scheduler.now()), recreated)),
      );
      const slow$ = timer(timeoutMs, scheduler).pipe(map(() => tooSlow(path, timeoutMs, scheduler.now())));
      return firstOrLate(listed$, slow$).pipe(map((listing) => ({ listing })));
    });
  const unwatched = (error: unknown): Observable<never> => {
    logger.warn({ path, err: describeError(error) }, 'Cannot watch for changes; relying on the periodic listing');
    return EMPTY;
  };
  return followSource({
    source: 'file',
    path,
    rules: {
      parse,
      nodeName,
      settleMs,
      removalSettleMs,
      replacementSettleMs,
      failedRecheckMs: 1_000,
      ...(newUidOf && { newUidOf }),
    },
    store: lastGoodDirectory === undefined ? noStore : openLastGoodStore(resolve(lastGoodDirectory), logger),
    ...(prepare && { prepare }),
    look,
    triggers: (state$) => {
      const place$ = state$.pipe(
        map(({ kind, directoryId, failure }) => (failure === undefined && kind !== undefined ? { kind, directoryId } : undefined)),
        distinctUntilChanged((a, b) => a?.kind === b?.kind && a?.directoryId === b?.directoryId),
      );
      const hint$ = place$.pipe(
        switchMap((place) => (place === undefined ? [] : hints(path, place.kind).pipe(catchError(unwatched)))),
        tap((hint) => hint.recreated !== undefined && recreated.set(hint.recreated, scheduler.now())),
        throttle(wideningWindows(scheduler), { leading: true, trailing: true }),
      );
      return merge(of('start'), timer(fileCheckFrequencyMs, fileCheckFrequencyMs, scheduler), hint$);
    },
    scheduler,
  }).pipe(settleNames ? shadowDuplicates() : identity);
};

const HINT_WINDOWS = { initialMs: HINT_WINDOW_MS, maxMs: LONGEST_HINT_WINDOW_MS };

/** How long hints are gathered: longer and longer while they follow each other. */
const wideningWindows = (scheduler: SchedulerLike): (() => Observable<unknown>) => {
  let windowMs = 0;
  let endedAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = scheduler.now();
    windowMs = nextBackoffMs(HINT_WINDOWS, nowMs - endedAtMs > HINT_WINDOW_MS ? 0 : windowMs);
    endedAtMs = nowMs + windowMs;
    return timer(windowMs, scheduler);
  };
};

/** How long a hint about a file that is not listed is kept, ms: it may be told of before it is there. */
const HINT_KEPT_MS = 5_000;

const dated = (listing: Listing, wallAheadMs: number): Listing =>
  listing.type === 'listed' && wallAheadMs !== 0 ? { ...listing, wallAheadMs } : listing;

/** The listing with the entries marked that were made anew, which are then told. */
const marked = (listing: Listing, recreated: Map<string, number>): Listing => {
  if (listing.type !== 'listed' || recreated.size === 0) return listing;
  const entries = listing.entries.map((entry) => (recreated.delete(basename(entry.path)) ? { ...entry, recreated: true } : entry));
  for (const [name, atMs] of recreated) if (listing.atMs - atMs > HINT_KEPT_MS) recreated.delete(name);
  return { ...listing, entries };
};

/** A listing, preceded by `slow$` when it takes long; the listing itself is waited for, so that hung reads never pile up. */
const firstOrLate = (listed$: Observable<Listing>, slow$: Observable<Listing>): Observable<Listing> =>
  defer(() => {
    const shared$ = listed$.pipe(share());
    return merge(shared$, slow$.pipe(takeUntil(shared$)));
  });

const tooSlow = (path: string, timeoutMs: number, atMs: number): Listing => ({
  type: 'failed',
  message: `${path}: listing it takes more than ${timeoutMs / 1_000} s`,
  useStored: false,
  atMs,
});
