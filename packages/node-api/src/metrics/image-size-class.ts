const MEGABYTE = 1_000_000;
const SIZE_CLASSES: readonly (readonly [number, string])[] = [
  [10, '0-10MB'],
  [100, '10MB-100MB'],
  [500, '100MB-500MB'],
  [1_000, '500MB-1GB'],
  [5_000, '1GB-5GB'],
  [10_000, '5GB-10GB'],
  [20_000, '10GB-20GB'],
  [30_000, '20GB-30GB'],
  [40_000, '30GB-40GB'],
  [60_000, '40GB-60GB'],
  [100_000, '60GB-100GB'],
];

/** The label `image_size_in_bytes` of an image (pkg/kubelet/metrics/metrics.go). */
export const imageSizeClass = (bytes: number): string =>
  SIZE_CLASSES.find(([megabytes]) => bytes <= megabytes * MEGABYTE)?.[1] ?? 'GT100GB';
