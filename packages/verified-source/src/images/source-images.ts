import { join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { fromAbortable } from '@solo-kubelet/timers/rxjs';
import {
  BehaviorSubject,
  defer,
  distinctUntilChanged,
  EMPTY,
  merge,
  type Observable,
  repeat,
  type SchedulerLike,
  Subject,
  switchMap,
  throttleTime,
  timer,
} from 'rxjs';
import { progressText } from '../core/images/progress-text.js';
import type { SourceImage } from '../core/images/source-image.js';
import { nextCheckMs } from '../core/next-check.js';
import type { SourceDefinition } from '../core/source-definition.js';
import type { ImageFetch } from '../core/source-status.js';
import type { Place } from '../places/place.js';
import { type BlobFiles, nodeBlobFiles } from './blob-files.js';
import { openBlobPool } from './blob-pool.js';
import { type ImageProgress, keyOf, type PassOutcome, runImagePass, type WantedImage } from './image-pass.js';
import type { ImageRoom } from './image-room.js';
import type { RuntimeImages } from './runtime-images.js';

export interface SourceImagesOptions {
  readonly source: Pick<SourceDefinition, 'name' | 'intervalMs' | 'jitter' | 'timeoutMs' | 'maxImageBytes'>;
  /** Of the source; what is fetched lies in a directory in it. */
  readonly directory: string;
  /** Where the images are. Closed with this. */
  readonly place: Place;
  /** Undefined: nobody can take images in. */
  readonly runtime: RuntimeImages | undefined;
  /** Default: nobody makes room. */
  readonly room?: ImageRoom | undefined;
  readonly files?: BlobFiles | undefined;
  readonly scheduler: SchedulerLike;
  readonly random: () => number;
  readonly logger: Logger;
}

/** The images that a source has, on their way into the runtime. */
export interface SourceImages {
  /** Why an answer with these images may not begin yet; undefined: it may. */
  awaited(images: readonly SourceImage[]): string | undefined;
  /** Which images are wanted from now on, the most urgent first. `keepsOthers`: what was fetched of other ones stays, for whoever wants it later. */
  want(images: readonly WantedImage[], options: { readonly keepsOthers: boolean }): void;
  /** How it is with those that are wanted; undefined: all are there. */
  view(): ImageFetch | undefined;
  /** Does the work while it is subscribed to, and emits when there is something to tell. Never fails. */
  readonly work$: Observable<unknown>;
  close(): void;
}

interface Wish {
  readonly images: readonly WantedImage[];
  readonly keepsOthers: boolean;
}

/** How often progress is told, ms. */
const TELL_MS = 2_000;
const DIRECTORY = 'images';

export const createSourceImages = (options: SourceImagesOptions): SourceImages => {
  const { source, directory, place, runtime, files = nodeBlobFiles, scheduler, random, logger } = options;
  const wish$ = new BehaviorSubject<Wish>({ images: [], keepsOthers: false });
  // From the work to whoever tells of it.
  const news$ = new Subject<void>();
  let present: ReadonlySet<string> = new Set();
  let progress: ImageProgress | undefined;
  let outcome: Pick<PassOutcome, 'failure'> = {};
  let failures = 0;
  const isThere = (image: SourceImage): boolean => present.has(keyOf(image));

  /** Of those that are wanted: what nobody wants any more may go at any time. */
  const notePresent = (wanted: readonly WantedImage[], lacking: readonly SourceImage[]): void => {
    const missing = new Set(lacking.map(keyOf));
    present = new Set(wanted.map(keyOf).filter((key) => !missing.has(key)));
  };

  const pass = async ({ images: wanted, keepsOthers }: Wish, importer: RuntimeImages, signal: AbortSignal): Promise<PassOutcome> => {
    const pool = await openBlobPool(join(directory, DIRECTORY), files);
    return runImagePass({
      wanted,
      keepsOthers,
      place,
      pool,
      runtime: importer,
      room: options.room,
      maxBytes: source.maxImageBytes,
      timeoutMs: source.timeoutMs,
      scheduler,
      told: (now, lacking) => {
        progress = now;
        notePresent(wanted, lacking);
        news$.next();
      },
      signal,
    });
  };

  const passes$ = (wish: Wish, importer: RuntimeImages): Observable<unknown> =>
    defer(() =>
      fromAbortable(async (signal) => {
        const { images: wanted } = wish;
        const result = await pass(wish, importer, signal).catch((error: unknown): PassOutcome => {
          signal.throwIfAborted();
          return { lacking: wanted, progressed: false, failure: { reason: 'NotKept', message: describeError(error) } };
        });
        notePresent(wanted, result.lacking);
        if (result.failure !== undefined)
          logger.warn(
            { source: source.name, reason: result.failure.reason, err: result.failure.message },
            'Images of a source are missing',
          );
        outcome = result;
        failures = result.failure === undefined ? 0 : result.progressed ? 1 : failures + 1;
        if (result.failure === undefined && result.lacking.length === 0) progress = undefined;
      }),
    ).pipe(
      repeat({
        delay: () => (outcome.failure === undefined ? EMPTY : timer(nextCheckMs(source, failures, random()), scheduler)),
      }),
    );

  const work$ = wish$.pipe(
    distinctUntilChanged(isSameWish),
    switchMap((wish) => {
      const { images: wanted } = wish;
      progress = undefined;
      outcome = {};
      failures = 0;
      present = new Set(wanted.map(keyOf).filter((key) => present.has(key)));
      return wanted.length === 0 || runtime === undefined ? EMPTY : passes$(wish, runtime);
    }),
  );

  return {
    awaited: (images) => {
      const missing = images.filter((image) => !isThere(image)).length;
      if (missing === 0) return undefined;
      if (runtime === undefined) return 'this kubelet has nobody who takes images into its runtime';
      return progressText({ images: images.length, ready: images.length - missing, progress, failure: outcome.failure });
    },
    want: (images, { keepsOthers }) => wish$.next({ images, keepsOthers }),
    view: () => {
      const { images: wanted } = wish$.value;
      const missing = wanted.filter((image) => !isThere(image)).length;
      // Before the runtime was asked nothing is known to be missing.
      if (missing === 0 || (progress === undefined && outcome.failure === undefined)) return undefined;
      const { bytes = 0, totalBytes = 0 } = progress ?? {};
      return { images: wanted.length, ready: wanted.length - missing, bytes, totalBytes, ...outcome.failure, failures };
    },
    work$: merge(work$, news$.pipe(throttleTime(TELL_MS, scheduler, { leading: true, trailing: true }))),
    close: place.close,
  };
};

const isSameWish = (before: Wish, now: Wish): boolean =>
  before.keepsOthers === now.keepsOthers &&
  before.images.length === now.images.length &&
  before.images.every((image, at) => isSame(image, now.images[at]));

const isSame = (one: WantedImage, other: WantedImage | undefined): boolean =>
  other !== undefined &&
  keyOf(one) === keyOf(other) &&
  one.loads === other.loads &&
  JSON.stringify(one.location) === JSON.stringify(other.location);
