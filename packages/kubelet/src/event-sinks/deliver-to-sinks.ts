import { steadyScheduler } from '@solo-kubelet/timers/rxjs';
import { merge, type Observable } from 'rxjs';
import type { EventSink } from './core/parse-event-sink.js';
import { type DeliverEventsOptions, deliverEvents } from './deliver-events.js';
import { openSink } from './open-sink.js';
import { sinkMetrics } from './sink-metrics.js';

export interface DeliverToSinksOptions extends Pick<DeliverEventsOptions, 'event$' | 'logger'> {
  readonly nodeName: string;
  readonly registry: Parameters<typeof sinkMetrics>[0];
}

/** Hands the same events to each of several sinks, which know nothing of each other. */
export const deliverToSinks = (
  sinks: readonly EventSink[],
  { event$, nodeName, registry, logger }: DeliverToSinksOptions,
): Observable<never> => {
  const countsOf = sinkMetrics(registry);
  return merge(
    ...sinks.map((sink) =>
      deliverEvents({
        event$,
        name: sink.name,
        port: openSink(sink, { nodeName }),
        counts: countsOf(sink.name),
        scheduler: steadyScheduler,
        logger,
      }),
    ),
  );
};
