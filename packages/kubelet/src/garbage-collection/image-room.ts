import { stat, statfs } from 'node:fs/promises';
import type { CriClient } from '@solo-kubelet/cri-client';
import { onAbort } from '@solo-kubelet/timers';
import type { ImageRoom } from '@solo-kubelet/verified-source';
import { lastValueFrom, Observable, takeUntil, tap } from 'rxjs';
import { amountOf, type EvictionThreshold } from '../eviction/core/eviction-threshold.js';
import type { ImageCollectionActivity, ImageCollector } from './image-collector.js';

export interface ImageRoomOptions {
  readonly cri: Pick<CriClient, 'images'>;
  /** Those that somebody wrote; for those of the defaults alone no Pod is ended. */
  readonly thresholds: readonly EvictionThreshold[];
  /** Asked for when there is something to free. */
  readonly collector: () => Pick<ImageCollector, 'free'>;
  readonly tell: (activity: ImageCollectionActivity) => void;
}

/** The disks that images of sources come to lie on, and the collector that makes room there. */
export const imageRoom = ({ cri, thresholds, collector, tell }: ImageRoomOptions): ImageRoom => ({
  read: async ({ directory, signal }) => {
    const { imageFilesystems } = await cri.images.imageFsInfo({}, { signal });
    const mountpoint = imageFilesystems[0]?.fsId?.mountpoint;
    if (!mountpoint) return undefined;
    const [{ bavail, blocks, bsize }, images, own] = await Promise.all([statfs(mountpoint), stat(mountpoint), stat(directory)]);
    return { available: bavail * bsize, capacity: blocks * bsize, isShared: images.dev === own.dev };
  },
  reserved: (disk, capacity) =>
    Math.max(
      0,
      ...thresholds
        .filter(({ signal, reportOnly }) => signal === `${disk}.available` && reportOnly !== true)
        .map(({ value, minReclaim }) => amountOf(value, capacity) + (minReclaim === undefined ? 0 : amountOf(minReclaim, capacity))),
    ),
  makeRoom: async (bytes, { signal }) => {
    const given$ = new Observable<unknown>((subscriber) => onAbort(signal, () => subscriber.next(undefined)));
    await lastValueFrom(collector().free(bytes).pipe(tap(tell), takeUntil(given$)), { defaultValue: undefined });
    signal.throwIfAborted();
  },
});
