import type { FilesystemUse } from '@solo-kubelet/reconciler';

/** Before any time of any clock: one that starts anew with the machine may show what is near zero, or below. */
export const LONG_AGO = Number.NEGATIVE_INFINITY;

/** An image as its collector knows it. */
export interface KnownImage {
  readonly id: string;
  readonly sizeBytes: number;
  /** Pinned images are never collected. */
  readonly pinned: boolean;
  /** `LONG_AGO`: it was there when the collector began. */
  readonly firstSeenMs: number;
  /** `LONG_AGO`: never used while the collector watched. */
  readonly lastUsedMs: number;
}

export interface ImageGarbagePolicy {
  /** `imageGCHighThresholdPercent`. Default 85; 100 switches the threshold off. */
  readonly highThresholdPercent: number;
  /** `imageGCLowThresholdPercent`. Default 80. */
  readonly lowThresholdPercent: number;
  /** `imageMinimumGCAge`, ms. Default 2 min. */
  readonly minAgeMs: number;
  /** `imageMaximumGCAge`, ms; 0: off, the default. */
  readonly maxAgeMs: number;
}

export const DEFAULT_IMAGE_GARBAGE_POLICY: ImageGarbagePolicy = {
  highThresholdPercent: 85,
  lowThresholdPercent: 80,
  minAgeMs: 120_000,
  maxAgeMs: 0,
};

export interface ImageGarbageInput {
  readonly images: readonly KnownImage[];
  readonly inUse: ReadonlySet<string>;
  readonly filesystem: FilesystemUse;
  readonly policy: ImageGarbagePolicy;
  /** Since when the collector watches: max age only counts once it has watched that long. */
  readonly watchingSinceMs: number;
  readonly nowMs: number;
}

export interface ImageGarbage {
  /** In the order in which to remove them. */
  readonly tooOld: readonly KnownImage[];
  /** To be removed until `bytesToFree` are free. */
  readonly candidates: readonly KnownImage[];
  readonly bytesToFree: number;
}

const removable = (images: readonly KnownImage[], inUse: ReadonlySet<string>, nowMs: number): readonly KnownImage[] =>
  images
    .filter(({ id, pinned, lastUsedMs }) => !pinned && !inUse.has(id) && lastUsedMs < nowMs)
    .sort((a, b) => compareTimes(a.lastUsedMs, b.lastUsedMs) || compareTimes(a.firstSeenMs, b.firstSeenMs));

/** Also of two that are long ago. */
const compareTimes = (a: number, b: number): number => (a === b ? 0 : a - b);

/** Every image that may go, whether room is needed or not (image_gc_manager.go DeleteUnusedImages). */
export const selectUnusedImages = (
  images: readonly KnownImage[],
  inUse: ReadonlySet<string>,
  minAgeMs: number,
  nowMs: number,
): readonly KnownImage[] => removable(images, inUse, nowMs).filter(({ firstSeenMs }) => nowMs - firstSeenMs >= minAgeMs);

/** Which images may go, and how much has to. Upstream: pkg/kubelet/images/image_gc_manager.go. */
export const selectImageGarbage = ({ images, inUse, filesystem, policy, watchingSinceMs, nowMs }: ImageGarbageInput): ImageGarbage => {
  const watchedLongEnough = policy.maxAgeMs > 0 && nowMs - watchingSinceMs > policy.maxAgeMs;
  const tooOld = watchedLongEnough ? removable(images, inUse, nowMs).filter(({ lastUsedMs }) => nowMs - lastUsedMs > policy.maxAgeMs) : [];
  const { capacityBytes, availableBytes } = filesystem;
  const usedPercent = capacityBytes === 0 ? 0 : 100 - Math.floor((availableBytes * 100) / capacityBytes);
  const over = policy.highThresholdPercent < 100 && usedPercent >= policy.highThresholdPercent;
  const bytesToFree = over ? Math.max(0, Math.floor((capacityBytes * (100 - policy.lowThresholdPercent)) / 100) - availableBytes) : 0;
  const candidates = selectUnusedImages(images, inUse, policy.minAgeMs, nowMs).filter((image) => !tooOld.includes(image));
  return { tooOld, candidates: bytesToFree > 0 ? candidates : [], bytesToFree };
};
