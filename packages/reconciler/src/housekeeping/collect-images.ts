import { describeError } from '@solo-kubelet/diagnostics';
import { asyncScheduler, catchError, exhaustMap, type Observable, of, type SchedulerLike, timer } from 'rxjs';
import { fromEmitting } from '../from-abortable.js';
import type { Abortable } from '../runtime-port.js';
import {
  DEFAULT_IMAGE_GARBAGE_POLICY,
  type FilesystemUse,
  type ImageGarbagePolicy,
  type KnownImage,
  selectImageGarbage,
} from './image-garbage.js';

/** What the collector needs of an image service. */
export interface ImagePort {
  list(options: Abortable): Promise<readonly { readonly id: string; readonly sizeBytes: number; readonly pinned: boolean }[]>;
  /** Ids of images that any container, dead or alive and whoever's, was made from or mounts. */
  listUsed(options: Abortable): Promise<ReadonlySet<string>>;
  filesystem(options: Abortable): Promise<FilesystemUse>;
  remove(imageId: string, options: Abortable): Promise<void>;
}

export interface CollectImagesOptions {
  readonly images: ImagePort;
  readonly policy?: Partial<ImageGarbagePolicy>;
  /** Default 5 min. */
  readonly intervalMs?: number;
  /** Default `asyncScheduler`. */
  readonly scheduler?: SchedulerLike;
}

export type ImageCollectionActivity =
  | { readonly type: 'imageRemoved'; readonly imageId: string; readonly sizeBytes: number; readonly cause: 'age' | 'space' }
  /** Event reasons of the node: `FreeDiskSpaceFailed`, `InvalidDiskCapacity`, `ImageGCFailed`. */
  | { readonly type: 'imageCollectionFailed'; readonly reason: string; readonly message: string };

/** Frees disk space by removing images that nothing uses. When the images were used is only known for the time it watched. */
export const collectImages = ({
  images,
  policy,
  intervalMs = 300_000,
  scheduler = asyncScheduler,
}: CollectImagesOptions): Observable<ImageCollectionActivity> => {
  const rules = { ...DEFAULT_IMAGE_GARBAGE_POLICY, ...policy };
  const watchingSinceMs = scheduler.now();
  let known: ReadonlyMap<string, KnownImage> = new Map();

  const collect = async (emit: (activity: ImageCollectionActivity) => void, signal: AbortSignal): Promise<void> => {
    const [listed, inUse, filesystem] = await Promise.all([
      images.list({ signal }),
      images.listUsed({ signal }),
      images.filesystem({ signal }),
    ]);
    const nowMs = scheduler.now();
    known = new Map(
      listed.map((image) => {
        const before = known.get(image.id);
        const lastUsedMs = inUse.has(image.id) ? nowMs : (before?.lastUsedMs ?? 0);
        return [image.id, { ...image, firstSeenMs: before?.firstSeenMs ?? nowMs, lastUsedMs }];
      }),
    );
    if (rules.highThresholdPercent >= 100 && rules.maxAgeMs === 0) return;
    if (filesystem.capacityBytes === 0) {
      emit({ type: 'imageCollectionFailed', reason: 'InvalidDiskCapacity', message: 'invalid capacity 0 on image filesystem' });
      return;
    }
    const input = { images: [...known.values()], inUse, filesystem, policy: rules, watchingSinceMs, nowMs };
    const { tooOld, candidates, bytesToFree } = selectImageGarbage(input);
    const remove = async (image: KnownImage, cause: 'age' | 'space'): Promise<number> => {
      try {
        await images.remove(image.id, { signal });
        emit({ type: 'imageRemoved', imageId: image.id, sizeBytes: image.sizeBytes, cause });
        return image.sizeBytes;
      } catch (error) {
        signal.throwIfAborted();
        emit({
          type: 'imageCollectionFailed',
          reason: 'ImageGCFailed',
          message: `cannot remove image ${image.id}: ${describeError(error)}`,
        });
        return 0;
      }
    };
    let freed = 0;
    for (const image of tooOld) freed += await remove(image, 'age');
    for (const image of candidates) {
      if (freed >= bytesToFree) break;
      freed += await remove(image, 'space');
    }
    if (freed < bytesToFree) {
      const message = `Failed to garbage collect required amount of images. Attempted to free ${bytesToFree} bytes, but only found ${freed} bytes eligible to free.`;
      emit({ type: 'imageCollectionFailed', reason: 'FreeDiskSpaceFailed', message });
    }
  };

  return timer(intervalMs, intervalMs, scheduler).pipe(
    exhaustMap(() =>
      fromEmitting<ImageCollectionActivity>(collect).pipe(
        catchError((error: unknown) =>
          of<ImageCollectionActivity>({ type: 'imageCollectionFailed', reason: 'ImageGCFailed', message: describeError(error) }),
        ),
      ),
    ),
  );
};
