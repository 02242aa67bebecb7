import { Counter, Gauge, type Registry } from 'prom-client';
import type { SinkCounts } from './deliver-events.js';

/** Counts of event sinks, by name. Kubernetes has no such thing, so the names are the project's own. */
export const sinkMetrics = (registry: Registry): ((sink: string) => SinkCounts) => {
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Counter({ name: `solo_kubelet_event_sink_${name}`, help, labelNames, registers });
  const delivered = counter('delivered_total', 'Events that the sink took.', ['sink']);
  const dropped = counter('dropped_total', 'Events that were given up: too many waited (full), or the sink does not want them (refused).', [
    'sink',
    'reason',
  ]);
  const failures = counter('failures_total', 'Attempts to deliver events that failed.', ['sink']);
  const waiting = new Gauge({
    name: 'solo_kubelet_event_sink_waiting',
    help: 'Events that wait for the sink.',
    labelNames: ['sink'],
    registers,
  });
  return (sink) => {
    delivered.inc({ sink }, 0);
    for (const reason of ['full', 'refused']) dropped.inc({ sink, reason }, 0);
    failures.inc({ sink }, 0);
    waiting.set({ sink }, 0);
    return {
      delivered: (events) => delivered.inc({ sink }, events),
      dropped: (events, reason) => dropped.inc({ sink, reason }, events),
      failed: () => failures.inc({ sink }),
      waiting: (events) => waiting.set({ sink }, events),
    };
  };
};
