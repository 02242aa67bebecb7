import {
  bufferCount,
  defer,
  filter,
  ignoreElements,
  interval,
  type MonoTypeOperatorFunction,
  map,
  merge,
  type SchedulerLike,
  take,
  tap,
} from 'rxjs';

export interface SlowestRate {
  /** Bytes that have to come within a window. */
  readonly minBytes: number;
  readonly windowMs: number;
  /** What keeps whoever is watched from giving more just now, somebody else's work: parts of a window that it takes whole are not counted. */
  readonly heldUpBy: () => object | undefined;
  readonly scheduler: SchedulerLike;
}

/** Parts of a window, each of which is counted or not. */
const PARTS = 12;

/** Turns counts of bytes that come into one emission: how many came in the first window in which too few did. How long it takes in all is no matter. */
export const tooSlow =
  ({ minBytes, windowMs, heldUpBy, scheduler }: SlowestRate): MonoTypeOperatorFunction<number> =>
  (bytes$) =>
    defer(() => {
      let came = 0;
      let before: object | undefined;
      /** The same work as at the end of the part before: nobody's timing can make more of it than it takes. */
      const isHeldUp = (): boolean => {
        const earlier = before;
        before = heldUpBy();
        return before !== undefined && before === earlier;
      };
      const counted$ = bytes$.pipe(
        tap((bytes) => {
          came += bytes;
        }),
        ignoreElements(),
      );
      const slow$ = interval(windowMs / PARTS, scheduler).pipe(
        filter(() => !isHeldUp()),
        bufferCount(PARTS),
        map(() => {
          const bytes = came;
          came = 0;
          return bytes;
        }),
        filter((bytes) => bytes < minBytes),
      );
      return merge(counted$, slow$).pipe(take(1));
    });
