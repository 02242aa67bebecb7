import { from, Observable, type ObservableInput, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import { steadyScheduler } from './steady-scheduler.js';

export interface ConflateOptions<T, R> {
  /** Values of one key never overlap; keys run side by side. Default: all values share one key. */
  readonly keyOf?: (value: T) => unknown;
  /** How long a value may wait, while nothing of its key runs, for a newer one to take its place, ms; none waits once the source has completed. Default: 0. */
  readonly holdMs?: (value: T) => number;
  /** Asked of the last result of a run: run again after this long unless a value comes first. Default: never. */
  readonly requeueAfterMs?: (result: R) => number | undefined;
  readonly scheduler?: SchedulerLike;
}

interface Lane<T> {
  value: T;
  running: boolean;
  pending: boolean;
  /** The shortest hold of the values since the last run: one that can't wait isn't made to by one that follows it. */
  holdMs: number;
  /** A value is held back; until when, by the scheduler's clock. */
  heldUntilMs?: number | undefined;
  timer?: Subscription;
  work?: Subscription;
}

/**
 * Runs `project` for each value, one run at a time; of the values that arrive during a run only the newest is kept, and it is never dropped. A lane
 * exists only while it runs, has a value waiting or is to run again, so nothing is held for keys that are at rest, and no value can fall between two
 * lanes of one key.
 */
export const conflateMap =
  <T, R>(
    project: (value: T) => ObservableInput<R>,
    {
      keyOf = () => undefined,
      holdMs = () => 0,
      requeueAfterMs = () => undefined,
      scheduler = steadyScheduler,
    }: ConflateOptions<T, R> = {},
  ): OperatorFunction<T, R> =>
  (source) =>
    new Observable<R>((subscriber) => {
      const lanes = new Map<unknown, Lane<T>>();
      let sourceDone = false;

      const completeWhenIdle = (): void => {
        if (sourceDone && [...lanes.values()].every(({ running }) => !running)) subscriber.complete();
      };

      const run = (key: unknown, lane: Lane<T>): void => {
        lane.timer?.unsubscribe();
        lane.heldUntilMs = undefined;
        lane.holdMs = Number.POSITIVE_INFINITY;
        lane.running = true;
        lane.pending = false;
        let last: { readonly result: R } | undefined;
        const work = from(project(lane.value)).subscribe({
          next: (result) => {
            last = { result };
            subscriber.next(result);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => settle(key, lane, last),
        });
        if (subscriber.closed) work.unsubscribe();
        else if (!work.closed) lane.work = work; // else the lane may have gone on already
      };

      /** Runs a lane that is at rest with its value, or has it wait for a newer one. */
      const offer = (key: unknown, lane: Lane<T>): void => {
        const until = scheduler.now() + (sourceDone ? 0 : lane.holdMs);
        if (until <= scheduler.now()) {
          run(key, lane);
          return;
        }
        // A lane that waits already waits no longer than it was going to.
        if (lane.heldUntilMs !== undefined && lane.heldUntilMs <= until) return;
        lane.timer?.unsubscribe();
        lane.pending = false;
        lane.heldUntilMs = until;
        lane.timer = scheduler.schedule(() => run(key, lane), until - scheduler.now());
      };

      const settle = (key: unknown, lane: Lane<T>, last: { readonly result: R } | undefined): void => {
        lane.running = false;
        if (lane.pending) {
          offer(key, lane);
          return;
        }
        const delayMs = last === undefined ? undefined : requeueAfterMs(last.result);
        if (delayMs === undefined || sourceDone) lanes.delete(key);
        else lane.timer = scheduler.schedule(() => run(key, lane), delayMs);
        completeWhenIdle();
      };

      subscriber.add(
        source.subscribe({
          next: (value) => {
            const key = keyOf(value);
            const lane = lanes.get(key);
            if (lane === undefined) {
              const fresh: Lane<T> = { value, running: false, pending: false, holdMs: holdMs(value) };
              lanes.set(key, fresh);
              offer(key, fresh);
              return;
            }
            lane.value = value;
            lane.holdMs = Math.min(lane.holdMs, holdMs(value));
            if (lane.running) lane.pending = true;
            else offer(key, lane);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            sourceDone = true;
            for (const [key, lane] of [...lanes]) if (lane.heldUntilMs !== undefined) run(key, lane);
            completeWhenIdle();
          },
        }),
      );
      // Not each for itself: rxjs would look for every one that ends among those of all keys.
      subscriber.add(() => {
        for (const { timer, work } of lanes.values()) {
          timer?.unsubscribe();
          work?.unsubscribe();
        }
      });
    });
