/** How the wait before another try grows while tries fail in a row, as Kubernetes' controllers and the kubelet do it (client-go's `wait.Backoff`). */
export interface ExponentialBackoff {
  /** Wait after the first failure, ms. */
  readonly initialMs: number;
  /** Longest wait, ms. `Infinity` where the number of tries is what ends it. */
  readonly maxMs: number;
  /** By how much each wait is longer than the one before. Default 2. */
  readonly factor?: number;
}

const DEFAULT_FACTOR = 2;
/** Larger powers of 2 are Infinity, which times 0 is no number. */
const MAX_EXPONENT = 1_000;

/** The wait after that many failures in a row, ms; 0 after none. */
export const backoffMs = ({ initialMs, maxMs, factor = DEFAULT_FACTOR }: ExponentialBackoff, failures: number): number =>
  failures <= 0 ? 0 : Math.min(initialMs * factor ** Math.min(failures - 1, MAX_EXPONENT), maxMs);

/** The wait that follows one of `lastMs`, ms; the first one where that is undefined or 0. For those that keep the wait and not the count of failures. */
export const nextBackoffMs = ({ initialMs, maxMs, factor = DEFAULT_FACTOR }: ExponentialBackoff, lastMs = 0): number =>
  Math.min(lastMs === 0 ? initialMs : lastMs * factor, maxMs);
