import { describeError } from '@solo-kubelet/diagnostics';
import type { ImagePort } from '@solo-kubelet/reconciler';
import { checkInterval } from '@solo-kubelet/timers';
import { fromEmitting, longDelays, steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { catchError, concat, exhaustMap, type Observable, of, type SchedulerLike, timer } from 'rxjs';
import {
  DEFAULT_IMAGE_GARBAGE_POLICY,
  type ImageGarbagePolicy,
  type KnownImage,
  LONG_AGO,
  selectImageGarbage,
  selectUnusedImages,
} from './image-garbage.js';

export interface ImageCollectorOptions {
  readonly images: ImagePort;
  readonly policy?: Partial<ImageGarbagePolicy>;
  /** Default 5 min. */
  readonly intervalMs?: number;
  /** Default `steadyScheduler`. */
  readonly scheduler?: SchedulerLike;
  /** Unix ms, for `onRemaining`. Default `Date.now`. */
  readonly wallNow?: () => number;
  /** Told after every round which images are left of those that were there at a time before, Unix ms. Default: nobody. */
  readonly onRemaining?: (imageIds: ReadonlySet<string>, listedAtMs: number) => Promise<void>;
}

export type ImageCollectionActivity =
  | { readonly type: 'imageRemoved'; readonly imageId: string; readonly sizeBytes: number; readonly cause: 'age' | 'space' }
  /** Event reasons of the node: `FreeDiskSpaceFailed`, `InvalidDiskCapacity`, `ImageGCFailed`. */
  | { readonly type: 'imageCollectionFailed'; readonly reason: string; readonly message: string };

export interface ImageCollector {
  /** Removes what is too old, and what is not needed when the disk is fuller than it should be. */
  readonly run$: Observable<ImageCollectionActivity>;
  /** One round that removes every image that nothing uses and that is old enough, for a node that is short of room. */
  readonly removeUnused$: Observable<ImageCollectionActivity>;
  /** One round that removes such images, the longest unused first, until so many bytes more are free than before, or none is left; none where `highThresholdPercent` is 100. */
  readonly free: (bytes: number) => Observable<ImageCollectionActivity>;
}

/**
 * Frees disk space by removing images that nothing uses. When the images were used is only known for the time it watched; those that are there when
 * it begins count as old.
 */
export const imageCollector = ({
  images,
  policy,
  intervalMs: givenMs,
  scheduler = steadyScheduler,
  wallNow = Date.now,
  onRemaining,
}: ImageCollectorOptions): ImageCollector => {
  const intervalMs = checkInterval('intervalMs', givenMs, 300_000);
  const rules = { ...DEFAULT_IMAGE_GARBAGE_POLICY, ...policy };
  const watchingSinceMs = scheduler.now();
  let known: ReadonlyMap<string, KnownImage> | undefined;
  /** Of this round. */
  let round: { readonly listedAtMs: number; readonly removed: Set<string> } | undefined;

  type Emit = (activity: ImageCollectionActivity) => void;

  const detect = async (signal: AbortSignal) => {
    const listedAtMs = wallNow();
    const [listed, inUse] = await Promise.all([images.list({ signal }), images.listUsed({ signal })]);
    const nowMs = scheduler.now();
    const earlier = known;
    const seen = new Map(
      listed.map((image): [string, KnownImage] => {
        const before = earlier?.get(image.id);
        const lastUsedMs = inUse.has(image.id) ? nowMs : (before?.lastUsedMs ?? LONG_AGO);
        const firstSeenMs = before?.firstSeenMs ?? (earlier === undefined ? LONG_AGO : nowMs);
        return [image.id, { ...image, firstSeenMs, lastUsedMs }];
      }),
    );
    known = seen;
    round = { listedAtMs, removed: new Set() };
    return { known: [...seen.values()], inUse, nowMs };
  };

  const remove = async (image: KnownImage, cause: 'age' | 'space', emit: Emit, signal: AbortSignal): Promise<number> => {
    try {
      await images.remove(image.id, { signal });
      round?.removed.add(image.id);
      emit({ type: 'imageRemoved', imageId: image.id, sizeBytes: image.sizeBytes, cause });
      return image.sizeBytes;
    } catch (error) {
      signal.throwIfAborted();
      const message = `cannot remove image ${image.id}: ${describeError(error)}`;
      emit({ type: 'imageCollectionFailed', reason: 'ImageGCFailed', message });
      return 0;
    }
  };

  const collect = async (emit: Emit, signal: AbortSignal): Promise<void> => {
    const [{ known: all, inUse, nowMs }, filesystem] = await Promise.all([detect(signal), images.filesystem({ signal })]);
    if (rules.highThresholdPercent >= 100 && rules.maxAgeMs === 0) return;
    if (filesystem.capacityBytes === 0) {
      emit({ type: 'imageCollectionFailed', reason: 'InvalidDiskCapacity', message: 'invalid capacity 0 on image filesystem' });
      return;
    }
    const input = { images: all, inUse, filesystem, policy: rules, watchingSinceMs, nowMs };
    const { tooOld, candidates, bytesToFree } = selectImageGarbage(input);
    let freed = 0;
    for (const image of tooOld) freed += await remove(image, 'age', emit, signal);
    for (const image of candidates) {
      if (freed >= bytesToFree) break;
      freed += await remove(image, 'space', emit, signal);
    }
    if (freed < bytesToFree) {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${bytesToFree} bytes, but only found ${freed} bytes eligible to free.`;
      emit({ type: 'imageCollectionFailed', reason: 'FreeDiskSpaceFailed', message });
    }
  };

  const removeUnused = async (emit: Emit, signal: AbortSignal): Promise<void> => {
    const { known: all, inUse, nowMs } = await detect(signal);
    for (const image of selectUnusedImages(all, inUse, rules.minAgeMs, nowMs)) await remove(image, 'space', emit, signal);
  };

  const free = async (bytes: number, emit: Emit, signal: AbortSignal): Promise<void> => {
    // Images that nobody could get again are nothing to make room with, unless Pods would have to go.
    if (rules.highThresholdPercent >= 100) return;
    const { known: all, inUse, nowMs } = await detect(signal);
    const unused = selectUnusedImages(all, inUse, rules.minAgeMs, nowMs);
    // By the disk: images share layers, so that one that goes may free less than it has.
    const availableBytes = async (): Promise<number> => (await images.filesystem({ signal })).availableBytes;
    const before = unused.length === 0 ? 0 : await availableBytes();
    for (const image of unused) {
      await remove(image, 'space', emit, signal);
      if ((await availableBytes()) - before >= bytes) return;
    }
  };

  const tellRemaining = async (): Promise<void> => {
    if (known === undefined || round === undefined) return;
    const { listedAtMs, removed } = round;
    await onRemaining?.(new Set([...known.keys()].filter((id) => !removed.has(id))), listedAtMs);
  };

  const runRound = (work: (emit: Emit, signal: AbortSignal) => Promise<void>): Observable<ImageCollectionActivity> =>
    fromEmitting<ImageCollectionActivity>(async (emit, signal) => {
      await work(emit, signal);
      await tellRemaining();
    }).pipe(
      catchError((error: unknown) =>
        of<ImageCollectionActivity>({ type: 'imageCollectionFailed', reason: 'ImageGCFailed', message: describeError(error) }),
      ),
    );
  const first$ = runRound(async (_, signal) => void (await detect(signal)));
  return {
    run$: concat(first$, timer(intervalMs, intervalMs, longDelays(scheduler)).pipe(exhaustMap(() => runRound(collect)))),
    removeUnused$: runRound(removeUnused),
    free: (bytes) => runRound((emit, signal) => free(bytes, emit, signal)),
  };
};
