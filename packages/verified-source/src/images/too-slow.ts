import { defer, filter, ignoreElements, interval, type MonoTypeOperatorFunction, map, merge, type SchedulerLike, take, tap } from 'rxjs';

export interface SlowestRate {
  /** Bytes that have to come within a window. */
  readonly minBytes: number;
  readonly windowMs: number;
  readonly scheduler: SchedulerLike;
}

/** Turns counts of bytes that come into one emission: how many came in the first window in which too few did. How long it takes in all is no matter. */
export const tooSlow =
  ({ minBytes, windowMs, scheduler }: SlowestRate): MonoTypeOperatorFunction<number> =>
  (bytes$) =>
    defer(() => {
      let came = 0;
      const counted$ = bytes$.pipe(
        tap((bytes) => {
          came += bytes;
        }),
        ignoreElements(),
      );
      const slow$ = interval(windowMs, scheduler).pipe(
        map(() => {
          const bytes = came;
          came = 0;
          return bytes;
        }),
        filter((bytes) => bytes < minBytes),
      );
      return merge(counted$, slow$).pipe(take(1));
    });
