export interface ProgressFacts {
  /** Of one answer: how many images it has, and how many of them the runtime has. */
  readonly images: number;
  readonly ready: number;
  readonly progress: { readonly bytes: number; readonly totalBytes: number } | undefined;
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
}

/** How far the images of an answer are, such as `1 of 3 images are here, 12.5 MiB of 80.0 MiB fetched`. */
export const progressText = ({ images, ready, progress, failure }: ProgressFacts): string => {
  const count = `${ready} of ${images} image${images === 1 ? ' is' : 's are'} here`;
  const bytes =
    progress === undefined || progress.totalBytes === 0
      ? ''
      : `, ${bytesText(progress.bytes)} of ${bytesText(progress.totalBytes)} fetched`;
  return `${count}${bytes}${failure === undefined ? '' : `; ${failure.reason}: ${failure.message}`}`;
};

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB'] as const;
const STEP = 1_024;

/** Bytes as people read them, such as `12.5 MiB`. */
export const bytesText = (bytes: number): string => {
  if (bytes < STEP) return `${bytes} bytes`;
  let [value, unit] = [bytes / STEP, 0];
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  return `${value.toFixed(1)} ${UNITS[unit]}`;
};
