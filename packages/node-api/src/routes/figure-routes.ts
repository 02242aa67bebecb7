import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { Registry } from 'prom-client';
import { cadvisorMetrics } from '../metrics/cadvisor-metrics.js';
import { formatMetrics, METRICS_CONTENT_TYPE } from '../metrics/exposition.js';
import type { KubeletMetrics } from '../metrics/kubelet-metrics.js';
import { resourceMetrics } from '../metrics/resource-metrics.js';
import { booleanParameter, sendJson, sendText } from '../server/http-answer.js';
import type { Exchange, Route } from '../server/route.js';
import { collectSummary, type SummaryOptions } from '../stats/collect-summary.js';

/** /stats/summary and the four metrics paths. */
export const figureRoutes = (options: SummaryOptions, metrics: KubeletMetrics, logger: Logger): readonly Route[] => {
  const metricsPath = { methods: ['GET', 'HEAD'], role: 'read', subresources: ['metrics'] } as const;
  const registry =
    (source: Registry) =>
    async ({ response }: Exchange): Promise<void> =>
      sendText(response, 200, await source.metrics(), { 'Content-Type': source.contentType });
  return [
    {
      methods: ['GET', 'HEAD', 'POST'],
      path: '/stats/summary',
      role: 'read',
      subresources: ['stats'],
      readOnly: true,
      handle: async ({ response, query, signal }) =>
        sendJson(response, await collectSummary(options, { onlyCpuAndMemory: booleanParameter(query, 'only_cpu_and_memory'), signal })),
    },
    { ...metricsPath, path: '/metrics', readOnly: true, handle: registry(metrics.registry) },
    { ...metricsPath, path: '/metrics/slis', readOnly: true, handle: registry(metrics.healthChecks.registry) },
    { ...metricsPath, path: '/metrics/probes', readOnly: true, handle: registry(metrics.probeRegistry) },
    {
      ...metricsPath,
      path: '/metrics/resource',
      readOnly: true,
      handle: async ({ response, signal }) => {
        const summary = await collectSummary(options, { onlyCpuAndMemory: true, signal }).catch((error: unknown) => {
          logger.warn({ err: describeError(error) }, 'Cannot collect resource metrics');
          return undefined;
        });
        sendText(response, 200, formatMetrics(resourceMetrics(summary)), { 'Content-Type': METRICS_CONTENT_TYPE });
      },
    },
    {
      ...metricsPath,
      path: '/metrics/cadvisor',
      readOnly: true,
      handle: async ({ response, signal }) => {
        const { view, cri, now } = options;
        const summary = () => collectSummary(options, { onlyCpuAndMemory: false, signal });
        sendText(response, 200, formatMetrics(await cadvisorMetrics({ view, cri, summary, nowMs: now(), signal })), {
          'Content-Type': METRICS_CONTENT_TYPE,
        });
      },
    },
  ];
};
