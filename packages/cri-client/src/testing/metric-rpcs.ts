import { MetricType } from '@solo-kubelet/cri-types';
import { type PodSandboxMetrics, PodSandboxMetrics as PodSandboxMetricsCodec, type RuntimeServiceDefinition } from '../gen/cri-v1.js';
import type { FakeRuntime } from './fake-runtime.js';
import type { SandboxRecord } from './records.js';
import type { ServiceImplementation } from './rpc-server.js';

type Metrics = Pick<
  ServiceImplementation<typeof RuntimeServiceDefinition>,
  'listMetricDescriptors' | 'listPodSandboxMetrics' | 'streamPodSandboxMetrics'
>;

const suffixes = (prefix: string, names: string): readonly string[] => names.split(' ').map((name) => `${prefix}${name}`);

/** The names that cri-tools' critest asks for. */
const METRIC_NAMES: readonly string[] = [
  ...suffixes('container_', 'blkio_device_usage_total file_descriptors last_seen oom_events_total processes sockets'),
  ...suffixes('container_', 'start_time_seconds threads threads_max ulimits_soft'),
  ...suffixes('container_cpu_', 'cfs_periods_total cfs_throttled_periods_total cfs_throttled_seconds_total'),
  ...suffixes('container_cpu_', 'system_seconds_total usage_seconds_total user_seconds_total'),
  ...suffixes('container_fs_', 'inodes_free inodes_total limit_bytes reads_bytes_total reads_total'),
  ...suffixes('container_fs_', 'usage_bytes writes_bytes_total writes_total'),
  ...suffixes('container_hugetlb_', 'max_usage_bytes usage_bytes'),
  ...suffixes('container_memory_', 'cache failcnt failures_total kernel_usage mapped_file max_usage_bytes rss swap usage_bytes'),
  ...suffixes('container_memory_', 'working_set_bytes'),
  ...suffixes('container_network_receive_', 'bytes_total errors_total packets_dropped_total packets_total'),
  ...suffixes('container_network_transmit_', 'bytes_total errors_total packets_dropped_total packets_total'),
  ...['cpu', 'io', 'memory'].flatMap((what) => suffixes(`container_pressure_${what}_`, 'stalled_seconds_total waiting_seconds_total')),
  ...suffixes('container_spec_', 'cpu_period cpu_quota cpu_shares memory_limit_bytes'),
  ...suffixes('container_spec_', 'memory_reservation_limit_bytes memory_swap_limit_bytes'),
];

const LABEL_KEYS = ['id', 'name'];

export const metricRpcs = (runtime: FakeRuntime): Metrics => {
  const samples = (id: string, name: string) => {
    const timestamp = runtime.nowNs();
    return METRIC_NAMES.map((metric) => ({
      name: metric,
      timestamp,
      metricType: metric.endsWith('_total') ? MetricType.COUNTER : MetricType.GAUGE,
      labelValues: [id, name],
      value: { value: 1n },
    }));
  };
  const metricsOf = (sandbox: SandboxRecord): PodSandboxMetrics =>
    PodSandboxMetricsCodec.fromPartial({
      podSandboxId: sandbox.id,
      metrics: samples(sandbox.id, sandbox.config.metadata?.name ?? ''),
      containerMetrics: runtime
        .containersOf(sandbox)
        .map(({ id, config }) => ({ containerId: id, metrics: samples(id, config.metadata?.name ?? '') })),
    });
  return {
    listMetricDescriptors: () => ({
      descriptors: METRIC_NAMES.map((name) => ({ name, help: `A made-up ${name.replaceAll('_', ' ')}.`, labelKeys: LABEL_KEYS })),
    }),
    listPodSandboxMetrics: () => ({ podMetrics: [...runtime.sandboxes.values()].map(metricsOf) }),
    streamPodSandboxMetrics: async function* () {
      for (const sandbox of runtime.sandboxes.values()) yield { podSandboxMetrics: [metricsOf(sandbox)] };
    },
  };
};
