import type { CriClient, ListMetricDescriptorsResponse, ListPodSandboxMetricsResponse } from '@solo-kubelet/cri-client';
import type { Summary } from '@solo-kubelet/node-stats';
import { measureCgroups } from '@solo-kubelet/node-stats';
import type { NodeView } from '../node-view.js';
import { containerMetrics } from './container-metrics.js';
import type { MetricFamily, Sample } from './exposition.js';
import { machineMetrics } from './machine-metrics.js';

const METRIC_TYPE_GAUGE = 1;
const MS_PER_NANOSECOND = 1_000_000n;
const NANOSECONDS = 1e9;

export interface CadvisorOptions {
  readonly view: NodeView;
  readonly cri: CriClient;
  /** For a node whose cgroups are not known. */
  readonly summary: () => Promise<Summary>;
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/**
 * /metrics/cadvisor: what the kernel counts of every cgroup, as upstream by default. With `view.runtimeMetrics`, the runtime's own metrics
 * (ListPodSandboxMetrics) where it has them.
 */
export const cadvisorMetrics = async ({ view, cri, summary, nowMs, signal }: CadvisorOptions): Promise<readonly MetricFamily[]> => {
  const own = view.runtimeMetrics === true ? await metricsOfRuntime(cri, signal) : undefined;
  if (own) return own;
  if (!view.cgroups) return statsMetrics(await summary());
  const [measured, machine] = await Promise.all([
    measureCgroups(view.cgroups, { cri, pods: view.pods.list(), nowMs, signal }),
    machineMetrics(),
  ]);
  return [...containerMetrics(measured), ...machine];
};

/** Undefined where the runtime keeps none. */
const metricsOfRuntime = async (cri: CriClient, signal: AbortSignal): Promise<readonly MetricFamily[] | undefined> => {
  try {
    const [descriptors, metrics] = await Promise.all([
      cri.runtime.listMetricDescriptors({}, { signal }),
      cri.runtime.listPodSandboxMetrics({}, { signal }),
    ]);
    return runtimeMetrics(descriptors, metrics);
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'CRI_UNIMPLEMENTED') throw error;
    return undefined;
  }
};

const runtimeMetrics = (
  { descriptors }: ListMetricDescriptorsResponse,
  { podMetrics }: ListPodSandboxMetricsResponse,
): readonly MetricFamily[] => {
  const families = new Map<string, MetricFamily & { readonly samples: Sample[] }>();
  const descriptorOf = new Map(descriptors.map((descriptor) => [descriptor.name, descriptor]));
  for (const pod of podMetrics) {
    for (const metric of [...pod.metrics, ...pod.containerMetrics.flatMap(({ metrics }) => metrics)]) {
      const descriptor = descriptorOf.get(metric.name);
      if (!descriptor || metric.value === undefined) continue;
      const family = families.get(metric.name) ?? {
        name: metric.name,
        help: descriptor.help,
        type: Number(metric.metricType) === METRIC_TYPE_GAUGE ? ('gauge' as const) : ('counter' as const),
        samples: [],
      };
      families.set(metric.name, family);
      family.samples.push({
        labels: Object.fromEntries(descriptor.labelKeys.map((key, index) => [key, metric.labelValues[index] ?? ''])),
        value: Number(metric.value.value),
        ...(metric.timestamp > 0n ? { timestampMs: Number(metric.timestamp / MS_PER_NANOSECOND) } : {}),
      });
    }
  }
  return [...families.values()];
};

const statsMetrics = ({ pods }: Summary): readonly MetricFamily[] => {
  const containers = pods.flatMap(({ podRef, containers }) =>
    containers.map((stats) => ({ labels: { container: stats.name, namespace: podRef.namespace, pod: podRef.name }, stats })),
  );
  const family = (
    name: string,
    help: string,
    type: MetricFamily['type'],
    value: (stats: (typeof containers)[number]['stats']) => number | undefined,
  ): MetricFamily => ({
    name,
    help,
    type,
    samples: containers.flatMap(({ labels, stats }) => {
      const read = value(stats);
      return read === undefined ? [] : [{ labels, value: read }];
    }),
  });
  const network = (name: string, help: string, key: 'rxBytes' | 'rxErrors' | 'txBytes' | 'txErrors'): MetricFamily => ({
    name,
    help,
    type: 'counter',
    samples: pods.flatMap(({ podRef, network: stats }) =>
      (stats?.interfaces ?? []).flatMap((one) =>
        one[key] === undefined ? [] : [{ labels: { interface: one.name, namespace: podRef.namespace, pod: podRef.name }, value: one[key] }],
      ),
    ),
  });
  return [
    family('container_cpu_usage_seconds_total', 'Cumulative cpu time consumed in seconds.', 'counter', ({ cpu }) =>
      cpu?.usageCoreNanoSeconds === undefined ? undefined : cpu.usageCoreNanoSeconds / NANOSECONDS,
    ),
    family(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      'gauge',
      ({ memory }) => memory?.usageBytes,
    ),
    family('container_memory_working_set_bytes', 'Current working set in bytes.', 'gauge', ({ memory }) => memory?.workingSetBytes),
    family('container_memory_rss', 'Size of RSS in bytes.', 'gauge', ({ memory }) => memory?.rssBytes),
    family(
      'container_fs_usage_bytes',
      'Number of bytes that are consumed by the container on this filesystem.',
      'gauge',
      ({ rootfs }) => rootfs?.usedBytes,
    ),
    family('container_start_time_seconds', 'Start time of the container since unix epoch in seconds.', 'gauge', ({ startTime }) =>
      startTime === undefined ? undefined : Date.parse(startTime) / 1_000,
    ),
    network('container_network_receive_bytes_total', 'Cumulative count of bytes received', 'rxBytes'),
    network('container_network_receive_errors_total', 'Cumulative count of errors encountered while receiving', 'rxErrors'),
    network('container_network_transmit_bytes_total', 'Cumulative count of bytes transmitted', 'txBytes'),
    network('container_network_transmit_errors_total', 'Cumulative count of errors encountered while transmitting', 'txErrors'),
  ];
};
