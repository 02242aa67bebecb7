// Longer than a file should be: it is one table.
import type { CgroupMeasurements, DeviceMeasurements, DeviceTraffic, MeasuredCgroup, PressureResource } from '@solo-kubelet/node-stats';
import type { MetricFamily, Sample } from './exposition.js';

type Labelled = readonly [Readonly<Record<string, string>>, number | undefined];

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: MetricFamily['type'];
  /** False for what does not change while the cgroup lives: such samples bear no time. */
  readonly timed: boolean;
  values(cgroup: MeasuredCgroup): readonly Labelled[];
}

const SECOND_NS = 1e9;
const SECOND_US = 1e6;

type One = (cgroup: MeasuredCgroup) => number | undefined;
const metric = (type: MetricFamily['type'], name: string, help: string, read: (cgroup: MeasuredCgroup) => readonly Labelled[]): Metric => ({
  name: `container_${name}`,
  help,
  type,
  timed: true,
  values: read,
});
const counter = (name: string, help: string, read: One): Metric => metric('counter', name, help, (cgroup) => [[{}, read(cgroup)]]);
const gauge = (name: string, help: string, read: One): Metric => metric('gauge', name, help, (cgroup) => [[{}, read(cgroup)]]);
const spec = (name: string, help: string, read: One): Metric => ({ ...gauge(name, help, read), timed: false });

/** Upstream shows these only where there is a quota. */
const withQuota =
  (read: (cpu: CgroupMeasurements['cpu']) => number): One =>
  ({ measurements: { cpu } }) =>
    cpu.quotaMicroseconds === undefined ? undefined : read(cpu);

const traffic = (name: string, help: string, key: Exclude<keyof DeviceTraffic, 'name'>): Metric =>
  metric('counter', `network_${name}`, help, ({ traffic: devices = [] }) => devices.map((one) => [{ interface: one.name }, one[key]]));

const filesystem = (name: string, help: string, key: Exclude<keyof NonNullable<MeasuredCgroup['rootfs']>, 'device'>): Metric =>
  metric('gauge', `fs_${name}`, help, ({ rootfs }) => (rootfs ? [[{ device: rootfs.device }, rootfs[key]]] : []));

const fsIo = (name: string, help: string, what: 'bytes' | 'operations', operation: string): Metric =>
  metric('counter', `fs_${name}`, help, (cgroup) => devices(cgroup).map(({ device, io }) => [{ device }, io[what][operation] ?? 0]));

/** The kernel counts these of devices and of no cgroup: cAdvisor gives 0 for containers, and so do we. */
const fsTime = (name: string, help: string, type: MetricFamily['type'] = 'counter'): Metric =>
  metric(type, `fs_${name}`, help, ({ rootfs }) => (rootfs ? [[{ device: rootfs.device }, 0]] : []));

const pressure = (resource: PressureResource, kind: 'some' | 'full', name: string, help: string): Metric =>
  counter(`pressure_${resource}_${name}_seconds_total`, help, ({ measurements }) => {
    const found = measurements.pressure?.[resource];
    return found && found[kind].total / SECOND_US;
  });

const NO_IO: DeviceMeasurements = { bytes: {}, operations: {} };

/** Devices that were read from or written to; of a container that did neither, the one below its file system, with nothing counted. */
const devices = ({ measurements, rootfs, deviceNames }: MeasuredCgroup) => {
  if (measurements.io.size > 0) return [...measurements.io].map(([number, io]) => ({ number, device: deviceNames.get(number) ?? '', io }));
  if (!rootfs) return [];
  const [number = ''] = [...deviceNames].find(([, name]) => name === rootfs.device) ?? [];
  return [{ number, device: rootfs.device, io: NO_IO }];
};

const BLKIO_OPERATIONS = ['Read', 'Write'];

const metrics: readonly Metric[] = [
  metric('counter', 'blkio_device_usage_total', 'Blkio Device bytes usage', (cgroup) =>
    devices(cgroup).flatMap(({ number, device, io }) => {
      // A file system on no device of the machine (an overlay, a network) has no number.
      if (number === '') return [];
      const [major = '', minor = ''] = number.split(':');
      const operations = Object.keys(io.bytes).length > 0 ? Object.keys(io.bytes) : BLKIO_OPERATIONS;
      return operations.map((operation): Labelled => [{ device, major, minor, operation }, io.bytes[operation] ?? 0]);
    }),
  ),
  counter(
    'cpu_cfs_periods_total',
    'Number of elapsed enforcement period intervals.',
    withQuota((cpu) => cpu.periods),
  ),
  counter(
    'cpu_cfs_throttled_periods_total',
    'Number of throttled period intervals.',
    withQuota((cpu) => cpu.throttledPeriods),
  ),
  counter(
    'cpu_cfs_throttled_seconds_total',
    'Total time duration the container has been throttled.',
    withQuota((cpu) => cpu.throttledNanoseconds / SECOND_NS),
  ),
  counter(
    'cpu_system_seconds_total',
    'Cumulative system cpu time consumed in seconds.',
    ({ measurements }) => measurements.cpu.systemNanoseconds / SECOND_NS,
  ),
  metric('counter', 'cpu_usage_seconds_total', 'Cumulative cpu time consumed in seconds.', ({ measurements }) => [
    [{ cpu: 'total' }, measurements.cpu.usageNanoseconds / SECOND_NS],
  ]),
  counter(
    'cpu_user_seconds_total',
    'Cumulative user cpu time consumed in seconds.',
    ({ measurements }) => measurements.cpu.userNanoseconds / SECOND_NS,
  ),
  gauge('file_descriptors', 'Number of open file descriptors for the container.', ({ processes }) => processes?.fileDescriptors),
  filesystem('inodes_free', 'Number of available Inodes', 'inodesFree'),
  filesystem('inodes_total', 'Number of Inodes', 'inodes'),
  filesystem('limit_bytes', 'Number of bytes that can be consumed by the container on this filesystem.', 'capacityBytes'),
  filesystem('usage_bytes', 'Number of bytes that are consumed by the container on this filesystem.', 'usedBytes'),
  fsTime('io_current', 'Number of I/Os currently in progress', 'gauge'),
  fsTime('io_time_seconds_total', 'Cumulative count of seconds spent doing I/Os'),
  fsTime('io_time_weighted_seconds_total', 'Cumulative weighted I/O time in seconds'),
  fsTime('read_seconds_total', 'Cumulative count of seconds spent reading'),
  fsTime('reads_merged_total', 'Cumulative count of reads merged'),
  fsTime('sector_reads_total', 'Cumulative count of sector reads completed'),
  fsTime('sector_writes_total', 'Cumulative count of sector writes completed'),
  fsTime('write_seconds_total', 'Cumulative count of seconds spent writing'),
  fsTime('writes_merged_total', 'Cumulative count of writes merged'),
  fsIo('reads_bytes_total', 'Cumulative count of bytes read', 'bytes', 'Read'),
  fsIo('reads_total', 'Cumulative count of reads completed', 'operations', 'Read'),
  fsIo('writes_bytes_total', 'Cumulative count of bytes written', 'bytes', 'Write'),
  fsIo('writes_total', 'Cumulative count of writes completed', 'operations', 'Write'),
  gauge('last_seen', 'Last time a container was seen by the exporter', ({ measurements }) => Math.floor(measurements.atMs / 1_000)),
  gauge('memory_cache', 'Number of bytes of page cache memory.', ({ measurements }) => measurements.memory.cacheBytes),
  counter('memory_failcnt', 'Number of memory usage hits limits', ({ measurements }) => measurements.memory.limitHits),
  metric('counter', 'memory_failures_total', 'Cumulative count of memory allocation failures.', ({ measurements: { memory } }) => [
    [{ failure_type: 'pgfault', scope: 'container' }, memory.pageFaults.own],
    [{ failure_type: 'pgfault', scope: 'hierarchy' }, memory.pageFaults.all],
    [{ failure_type: 'pgmajfault', scope: 'container' }, memory.majorPageFaults.own],
    [{ failure_type: 'pgmajfault', scope: 'hierarchy' }, memory.majorPageFaults.all],
  ]),
  gauge('memory_kernel_usage', 'Size of kernel memory allocated in bytes.', ({ measurements }) => measurements.memory.kernelBytes),
  gauge('memory_mapped_file', 'Size of memory mapped files in bytes.', ({ measurements }) => measurements.memory.mappedBytes),
  gauge(
    'memory_max_usage_bytes',
    'Maximum memory usage recorded in bytes',
    ({ measurements: { memory } }) => memory.maxUsageBytes ?? memory.usageBytes,
  ),
  gauge('memory_rss', 'Size of RSS in bytes.', ({ measurements }) => measurements.memory.rssBytes),
  gauge('memory_swap', 'Container swap usage in bytes.', ({ measurements }) => measurements.memory.swapBytes),
  gauge('memory_total_active_file_bytes', 'Current total active file in bytes.', ({ measurements }) => measurements.memory.activeFileBytes),
  gauge(
    'memory_total_inactive_file_bytes',
    'Current total inactive file in bytes.',
    ({ measurements }) => measurements.memory.inactiveFileBytes,
  ),
  gauge(
    'memory_usage_bytes',
    'Current memory usage in bytes, including all memory regardless of when it was accessed',
    ({ measurements }) => measurements.memory.usageBytes,
  ),
  gauge('memory_working_set_bytes', 'Current working set in bytes.', ({ measurements }) => measurements.memory.workingSetBytes),
  traffic('receive_bytes_total', 'Cumulative count of bytes received', 'rxBytes'),
  traffic('receive_errors_total', 'Cumulative count of errors encountered while receiving', 'rxErrors'),
  traffic('receive_packets_dropped_total', 'Cumulative count of packets dropped while receiving', 'rxDropped'),
  traffic('receive_packets_total', 'Cumulative count of packets received', 'rxPackets'),
  traffic('transmit_bytes_total', 'Cumulative count of bytes transmitted', 'txBytes'),
  traffic('transmit_errors_total', 'Cumulative count of errors encountered while transmitting', 'txErrors'),
  traffic('transmit_packets_dropped_total', 'Cumulative count of packets dropped while transmitting', 'txDropped'),
  traffic('transmit_packets_total', 'Cumulative count of packets transmitted', 'txPackets'),
  counter('oom_events_total', 'Count of out of memory events observed for the container', ({ measurements }) => measurements.oomKills),
  pressure('cpu', 'full', 'stalled', 'Total time duration no tasks in the container could make progress due to CPU congestion.'),
  pressure('cpu', 'some', 'waiting', 'Total time duration tasks in the container have waited due to CPU congestion.'),
  pressure('io', 'full', 'stalled', 'Total time duration no tasks in the container could make progress due to IO congestion.'),
  pressure('io', 'some', 'waiting', 'Total time duration tasks in the container have waited due to IO congestion.'),
  pressure('memory', 'full', 'stalled', 'Total time duration no tasks in the container could make progress due to memory congestion.'),
  pressure('memory', 'some', 'waiting', 'Total time duration tasks in the container have waited due to memory congestion.'),
  gauge('processes', 'Number of processes running inside the container.', ({ processes }) => processes?.processes),
  gauge('sockets', 'Number of open sockets for the container.', ({ processes }) => processes?.sockets),
  spec('spec_cpu_period', 'CPU period of the container.', ({ measurements }) => measurements.cpu.periodMicroseconds),
  spec('spec_cpu_quota', 'CPU quota of the container.', ({ measurements }) => measurements.cpu.quotaMicroseconds),
  spec('spec_cpu_shares', 'CPU share of the container.', ({ measurements }) => measurements.cpu.shares),
  spec('spec_memory_limit_bytes', 'Memory limit for the container.', ({ measurements }) => measurements.memory.limitBytes ?? 0),
  spec(
    'spec_memory_reservation_limit_bytes',
    'Memory reservation limit for the container.',
    ({ measurements }) => measurements.memory.reservedBytes ?? 0,
  ),
  spec(
    'spec_memory_swap_limit_bytes',
    'Memory swap limit for the container.',
    ({ measurements }) => measurements.memory.swapLimitBytes ?? 0,
  ),
  spec('start_time_seconds', 'Start time of the container since unix epoch in seconds.', ({ startTimeSeconds }) => startTimeSeconds),
  gauge('threads', 'Number of threads running inside the container', ({ measurements, processes }) => processes && measurements.threads),
  gauge(
    'threads_max',
    'Maximum number of threads allowed inside the container',
    ({ measurements, processes }) => processes && (measurements.maxThreads ?? 0),
  ),
  metric(
    'gauge',
    'ulimits_soft',
    'Soft ulimit values for the container root process. Unlimited if -1, except priority and nice',
    ({ processes }) => [[{ ulimit: 'max_open_files' }, processes?.maxOpenFiles]],
  ),
];

/** cAdvisor's `container_*` families (metrics/prometheus.go there) of what was measured. */
export const containerMetrics = (cgroups: readonly MeasuredCgroup[]): readonly MetricFamily[] =>
  metrics.map(({ name, help, type, timed, values }) => ({
    name,
    help,
    type,
    samples: cgroups.flatMap((cgroup) =>
      values(cgroup).flatMap(([labels, value]): readonly Sample[] =>
        value === undefined
          ? []
          : [{ labels: { ...cgroup.labels, ...labels }, value, ...(timed ? { timestampMs: cgroup.measurements.atMs } : {}) }],
      ),
    ),
  }));
