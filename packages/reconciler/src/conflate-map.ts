import { from, Observable, type ObservableInput, type OperatorFunction, type SchedulerLike, type Subscription } from 'rxjs';
import { steadyScheduler } from './steady-scheduler.js';

export interface ConflateOptions<T, R> {
  /** Values of one key never overlap; keys run side by side. Default: all values share one key. */
  readonly keyOf?: (value: T) => unknown;
  /** Asked of the last result of a run: run again after this long unless a value comes first. Default: never. */
  readonly requeueAfterMs?: (result: R) => number | undefined;
  readonly scheduler?: SchedulerLike;
}

interface Lane<T> {
  value: T;
  running: boolean;
  pending: boolean;
  timer?: Subscription;
}

/**
 * Runs `project` for each value, one run at a time; of the values that arrive during a run only the newest is kept, and it is never dropped. A lane
 * exists only while it runs, has a value waiting or is to run again, so nothing is held for keys that are at rest, and no value can fall between two
 * lanes of one key.
 */
export const conflateMap =
  <T, R>(
    project: (value: T) => ObservableInput<R>,
    { keyOf = () => undefined, requeueAfterMs = () => undefined, scheduler = steadyScheduler }: ConflateOptions<T, R> = {},
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
        lane.running = true;
        lane.pending = false;
        let last: { readonly result: R } | undefined;
        subscriber.add(
          from(project(lane.value)).subscribe({
            next: (result) => {
              last = { result };
              subscriber.next(result);
            },
            error: (error: unknown) => subscriber.error(error),
            complete: () => settle(key, lane, last),
          }),
        );
      };

      const settle = (key: unknown, lane: Lane<T>, last: { readonly result: R } | undefined): void => {
        lane.running = false;
        if (lane.pending) {
          run(key, lane);
          return;
        }
        const delayMs = last === undefined ? undefined : requeueAfterMs(last.result);
        if (delayMs === undefined || sourceDone) lanes.delete(key);
        else {
          lane.timer = scheduler.schedule(() => run(key, lane), delayMs);
          subscriber.add(lane.timer);
        }
        completeWhenIdle();
      };

      subscriber.add(
        source.subscribe({
          next: (value) => {
            const key = keyOf(value);
            const lane = lanes.get(key);
            if (lane === undefined) {
              const fresh: Lane<T> = { value, running: false, pending: false };
              lanes.set(key, fresh);
              run(key, fresh);
              return;
            }
            lane.value = value;
            if (lane.running) lane.pending = true;
            else run(key, lane);
          },
          error: (error: unknown) => subscriber.error(error),
          complete: () => {
            sourceDone = true;
            completeWhenIdle();
          },
        }),
      );
    });
