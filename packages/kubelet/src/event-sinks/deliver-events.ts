import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { checkDuration, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { fromAbortable, longDelays } from '@solo-kubelet/timers/rxjs';
import {
  asyncScheduler,
  concatMap,
  defer,
  finalize,
  ignoreElements,
  merge,
  type Observable,
  of,
  repeat,
  type SchedulerLike,
  Subject,
  take,
  tap,
  timer,
} from 'rxjs';
import { deliveryDelayMs } from './core/delivery-delay.js';
import { type EventText, RefusedBySink, RetryLater, type SinkPort } from './sink-port.js';

/** What becomes of the events that a sink was given. */
export interface SinkCounts {
  delivered(events: number): void;
  dropped(events: number, why: 'full' | 'refused'): void;
  failed(): void;
  /** How many wait now. */
  waiting(events: number): void;
}

export interface DeliverEventsOptions {
  readonly event$: Observable<EventText>;
  /** Safe to show. */
  readonly name: string;
  readonly port: SinkPort;
  readonly counts: SinkCounts;
  readonly logger: Logger;
  /** Events that wait at most; beyond, the oldest are dropped. Default 1,000. */
  readonly maxWaiting?: number;
  /** Whether a newer one takes the place of one that waits, which is not told of: states, not events. Default false. */
  readonly newestOnly?: boolean;
  /** Bytes that wait at most. Default 4 MiB. */
  readonly maxWaitingBytes?: number;
  /** Events handed over at once at most. Default 100. */
  readonly maxBatch?: number;
  /** How long the first of several is waited with for others, ms. Default 1 s. */
  readonly lingerMs?: number;
  /** Limit of one attempt, ms. Default 30 s. */
  readonly timeoutMs?: number;
  readonly scheduler?: SchedulerLike;
  /** From 0 to 1, for jitter. Default `Math.random`. */
  readonly random?: () => number;
}

/** Hands events to a sink, in order, with back-off where it fails. Whoever emits them never waits, whatever the sink does. Never ends and never fails. */
export const deliverEvents = ({
  event$,
  name,
  port,
  counts,
  logger,
  newestOnly = false,
  maxWaiting = newestOnly ? 1 : 1_000,
  maxWaitingBytes = 4 * 1024 * 1024,
  maxBatch = newestOnly ? 1 : 100,
  scheduler = longDelays(asyncScheduler),
  random = Math.random,
  ...given
}: DeliverEventsOptions): Observable<never> =>
  defer(() => {
    const lingerMs = checkDuration('lingerMs', given.lingerMs, 1_000);
    const timeoutMs = checkDuration('timeoutMs', given.timeoutMs, 30_000);
    const waiting: EventText[] = [];
    let waitingBytes = 0;
    let failures = 0;
    let droppedSince = 0;
    // What the sink itself asks for after a failure, ms.
    let askedMs = 0;
    // What is being handed over stays in the queue until it is taken, and is counted with it.
    let taking = 0;
    // Deliveries wait for events, which come from the outside: the edge from the one to the other.
    const come$ = new Subject<void>();

    const forget = (count: number, from = 0): void => {
      for (const text of waiting.splice(from, count)) waitingBytes -= text.length;
    };
    const add = (event: EventText): void => {
      waiting.push(event);
      waitingBytes += event.length;
      while (waiting.length > taking + 1 && (waiting.length > maxWaiting || waitingBytes > maxWaitingBytes)) {
        if (newestOnly) {
          forget(1, taking);
          continue;
        }
        if (droppedSince === 0) logger.warn({ sink: name }, 'Events are dropped: too many wait for an event sink');
        droppedSince += 1;
        counts.dropped(1, 'full');
        forget(1, taking);
      }
      counts.waiting(waiting.length);
      come$.next();
    };
    const done = (count: number): void => {
      forget(count);
      counts.waiting(waiting.length);
      if (failures > 0 || droppedSince > 0)
        logger.info(
          { sink: name, dropped: droppedSince },
          newestOnly ? 'The report of the node is delivered again' : 'An event sink takes events again',
        );
      [failures, droppedSince] = [0, 0];
    };
    const attempt = async (signal: AbortSignal): Promise<void> => {
      const batch = waiting.slice(0, maxBatch);
      taking = batch.length;
      askedMs = 0;
      using joined = joinSignals([signal, timeoutSignal(timeoutMs)]);
      try {
        let refused = 0;
        await port.deliver(batch, {
          signal: joined.signal,
          refused: (count, why) => {
            refused = Math.min(count, batch.length);
            logger.warn({ sink: name, count: refused, err: why }, 'An event sink does not want some events: they are dropped');
          },
        });
        counts.delivered(batch.length - refused);
        if (refused > 0) counts.dropped(refused, 'refused');
        done(batch.length);
      } catch (error) {
        if (signal.aborted) return;
        counts.failed();
        if (error instanceof RefusedBySink) {
          logger.warn(
            { sink: name, count: batch.length, err: error.message },
            newestOnly ? 'The report of the node is refused' : 'An event sink refuses events: they are dropped',
          );
          counts.dropped(batch.length, 'refused');
          done(batch.length);
          return;
        }
        if (failures === 0)
          logger.warn(
            { sink: name, err: joined.signal.aborted ? `it took longer than ${timeoutMs / 1_000} s` : describeError(error) },
            newestOnly
              ? 'The report of the node cannot be delivered; trying again'
              : 'Events cannot be delivered to an event sink; trying again',
          );
        failures += 1;
        askedMs = error instanceof RetryLater ? error.afterMs : 0;
      } finally {
        taking = 0;
      }
    };
    const delivery$ = defer(() =>
      waiting.length === 0
        ? come$.pipe(
            take(1),
            concatMap(() => timer(lingerMs, scheduler)),
          )
        : of(0),
    ).pipe(
      concatMap(() => fromAbortable(attempt)),
      concatMap(() => timer(Math.max(deliveryDelayMs(failures, random()), askedMs), scheduler)),
      repeat(),
    );
    return merge(event$.pipe(tap(add)), delivery$).pipe(
      ignoreElements(),
      finalize(() => port.close()),
    );
  });
