import type { CriClient } from '@solo-kubelet/cri-client';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { collectSummary, type Summary, type SummaryOptions } from '@solo-kubelet/node-stats';
import type { Registry } from 'prom-client';
import { cadvisorMetrics } from '../metrics/cadvisor-metrics.js';
import { formatMetrics, METRICS_CONTENT_TYPE } from '../metrics/exposition.js';
import type { KubeletMetrics } from '../metrics/kubelet-metrics.js';
import { resourceMetrics } from '../metrics/resource-metrics.js';
import type { NodeView } from '../node-view.js';
import { booleanParameter, sendJson, sendText } from '../server/http-error.js';
import type { RequestContext, Route } from '../server/route.js';
import { shared } from '../shared.js';

export interface StatsContext {
  readonly metrics: KubeletMetrics;
  readonly logger: Logger;
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal;
  /** CPU and memory alone. */
  readonly lightSummary: (signal: AbortSignal) => Promise<Summary>;
}

/**
 * How long measurements of cgroups and volumes are given again as they are, ms. A scraper asks every few seconds, and upstream's own are up to ten seconds old (cAdvisor's
 * housekeeping); who asks a hundred times a second is given no hundred looks at every Pod's cgroups and log files.
 */
export const FRESH_MS = 500;

/** Some thousand lines of text for every one who asks. */
const STATISTICS_COST = 4;

/** /stats/summary and the metrics paths. Measurements are collected once for all who ask at the same time or shortly after. */
export const statsRoutes = (
  options: SummaryOptions & { readonly view: NodeView; readonly cri: CriClient },
  { metrics, logger, stopping, lightSummary }: StatsContext,
): readonly Route[] => {
  const { view, cri, now } = options;
  const summary = shared(() => collectSummary(options, { onlyCpuAndMemory: false, signal: stopping }), { freshMs: FRESH_MS });
  const cadvisor = shared(
    async () => formatMetrics(await cadvisorMetrics({ view, cri, summary: () => summary(stopping), nowMs: now(), signal: stopping })),
    { freshMs: FRESH_MS },
  );
  const metricsPath = { methods: ['GET', 'HEAD'], role: 'read', subresources: ['metrics'], cost: STATISTICS_COST } as const;
  const registry = (source: Registry) => {
    // Counters are told as they are: only who asks meanwhile gets the same.
    const exposition = shared(() => source.metrics());
    return async ({ response, signal }: RequestContext): Promise<void> =>
      sendText(response, 200, await exposition(signal), { 'Content-Type': source.contentType });
  };
  return [
    {
      methods: ['GET', 'HEAD', 'POST'],
      path: '/stats/summary',
      role: 'read',
      subresources: ['stats'],
      readOnly: true,
      cost: STATISTICS_COST,
      handle: async ({ response, query, signal }) =>
        sendJson(response, await (booleanParameter(query, 'only_cpu_and_memory') ? lightSummary : summary)(signal)),
    },
    { ...metricsPath, path: '/metrics', readOnly: true, handle: registry(metrics.registry) },
    { ...metricsPath, path: '/metrics/slis', readOnly: true, handle: registry(metrics.healthChecks.registry) },
    { ...metricsPath, path: '/metrics/probes', readOnly: true, handle: registry(metrics.probeRegistry) },
    {
      ...metricsPath,
      path: '/metrics/resource',
      readOnly: true,
      handle: async ({ response, signal }) => {
        const measurements = await lightSummary(signal).catch((error: unknown) => {
          logger.warn({ err: describeError(error) }, 'Cannot collect resource metrics');
          return undefined;
        });
        sendText(response, 200, formatMetrics(resourceMetrics(measurements)), { 'Content-Type': METRICS_CONTENT_TYPE });
      },
    },
    {
      ...metricsPath,
      path: '/metrics/cadvisor',
      readOnly: true,
      handle: async ({ response, signal }) => sendText(response, 200, await cadvisor(signal), { 'Content-Type': METRICS_CONTENT_TYPE }),
    },
  ];
};
