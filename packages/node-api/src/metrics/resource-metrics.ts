import type { ContainerStats, PodStats, Summary } from '@solo-kubelet/node-stats';
import type { MetricFamily, Sample } from './exposition.js';

const NANOSECONDS = 1e9;

const sample = (time: string | undefined, value: number | undefined, labels?: Readonly<Record<string, string>>): readonly Sample[] =>
  value === undefined ? [] : [{ value, ...(labels ? { labels } : {}), ...(time ? { timestampMs: Date.parse(time) } : {}) }];

/** /metrics/resource from the light summary (pkg/kubelet/metrics/collectors/resource_metrics.go). Without a summary: the error gauge alone. */
export const resourceMetrics = (summary: Summary | undefined): readonly MetricFamily[] => {
  const error: MetricFamily = {
    name: 'resource_scrape_error',
    help: '[STABLE] 1 if there was an error while getting container metrics, 0 otherwise',
    type: 'gauge',
    samples: [{ value: summary ? 0 : 1 }],
  };
  if (!summary) return [error];
  const { node, pods } = summary;
  const podSamples = (of: (pod: PodStats, labels: Readonly<Record<string, string>>) => readonly Sample[]): readonly Sample[] =>
    pods.flatMap((pod) => of(pod, { namespace: pod.podRef.namespace, pod: pod.podRef.name }));
  const containerSamples = (
    of: (container: ContainerStats, labels: Readonly<Record<string, string>>) => readonly Sample[],
  ): readonly Sample[] =>
    podSamples((pod, labels) => pod.containers.flatMap((container) => of(container, { container: container.name, ...labels })));
  const seconds = (nanoseconds: number | undefined): number | undefined =>
    nanoseconds === undefined ? undefined : nanoseconds / NANOSECONDS;
  return [
    {
      name: 'container_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the container in core-seconds',
      type: 'counter',
      samples: containerSamples(({ cpu }, labels) => sample(cpu?.time, seconds(cpu?.usageCoreNanoSeconds), labels)),
    },
    {
      name: 'container_memory_working_set_bytes',
      help: '[STABLE] Current working set of the container in bytes',
      type: 'gauge',
      samples: containerSamples(({ memory }, labels) => sample(memory?.time, memory?.workingSetBytes, labels)),
    },
    {
      name: 'container_start_time_seconds',
      help: '[STABLE] Start time of the container since unix epoch in seconds',
      type: 'gauge',
      samples: containerSamples(({ startTime }, labels) =>
        sample(undefined, startTime ? Date.parse(startTime) / 1_000 : undefined, labels),
      ),
    },
    {
      name: 'container_swap_limit_bytes',
      help: '[ALPHA] Current amount of the container swap limit in bytes. Reported only on non-windows systems',
      type: 'gauge',
      samples: containerSamples(({ swap }, labels) =>
        sample(
          swap?.time,
          swap?.swapAvailableBytes === undefined ? undefined : swap.swapAvailableBytes + (swap.swapUsageBytes ?? 0),
          labels,
        ),
      ),
    },
    {
      name: 'container_swap_usage_bytes',
      help: '[ALPHA] Current amount of the container swap usage in bytes. Reported only on non-windows systems',
      type: 'gauge',
      samples: containerSamples(({ swap }, labels) => sample(swap?.time, swap?.swapUsageBytes, labels)),
    },
    {
      name: 'node_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the node in core-seconds',
      type: 'counter',
      samples: sample(node.cpu?.time, seconds(node.cpu?.usageCoreNanoSeconds)),
    },
    {
      name: 'node_memory_working_set_bytes',
      help: '[STABLE] Current working set of the node in bytes',
      type: 'gauge',
      samples: sample(node.memory?.time, node.memory?.workingSetBytes),
    },
    {
      name: 'node_swap_usage_bytes',
      help: '[ALPHA] Current swap usage of the node in bytes. Reported only on non-windows systems',
      type: 'gauge',
      samples: sample(node.swap?.time, node.swap?.swapUsageBytes),
    },
    {
      name: 'pod_cpu_usage_seconds_total',
      help: '[STABLE] Cumulative cpu time consumed by the pod in core-seconds',
      type: 'counter',
      samples: podSamples(({ cpu }, labels) => sample(cpu?.time, seconds(cpu?.usageCoreNanoSeconds), labels)),
    },
    {
      name: 'pod_memory_working_set_bytes',
      help: '[STABLE] Current working set of the pod in bytes',
      type: 'gauge',
      samples: podSamples(({ memory }, labels) => sample(memory?.time, memory?.workingSetBytes, labels)),
    },
    {
      name: 'pod_swap_usage_bytes',
      help: '[ALPHA] Current amount of the pod swap usage in bytes. Reported only on non-windows systems',
      type: 'gauge',
      samples: podSamples(({ swap }, labels) => sample(swap?.time, swap?.swapUsageBytes, labels)),
    },
    error,
  ];
};
