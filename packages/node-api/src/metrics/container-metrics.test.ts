import type { MeasuredCgroup } from '@solo-kubelet/node-stats';
import { expect, it } from 'vitest';
import { containerMetrics } from './container-metrics.js';

const measurements = {
  atMs: 0,
  io: new Map(),
  cpu: {},
  memory: { pageFaults: {}, majorPageFaults: {} },
} as unknown as MeasuredCgroup['measurements'];
const cgroup = (device: string): MeasuredCgroup => ({
  labels: { container: 'app' },
  measurements,
  deviceNames: new Map([['254:0', '/dev/vda']]),
  rootfs: { device },
});
const samples = (device: string, name: string) =>
  containerMetrics([cgroup(device)])
    .find((family) => family.name === name)
    ?.samples.map(({ labels, value }) => ({ ...labels, value }));

it('names the device of a container that has read and written nothing with its own numbers', () => {
  const labels = { container: 'app', device: '/dev/vda', major: '254', minor: '0' };
  expect(samples('/dev/vda', 'container_blkio_device_usage_total')).toEqual([
    { ...labels, operation: 'Read', value: 0 },
    { ...labels, operation: 'Write', value: 0 },
  ]);
  expect(samples('', 'container_blkio_device_usage_total')).toEqual([]);
});

it.each([
  'io_current',
  'io_time_seconds_total',
  'io_time_weighted_seconds_total',
  'read_seconds_total',
  'reads_merged_total',
  'sector_reads_total',
  'sector_writes_total',
  'write_seconds_total',
  'writes_merged_total',
])('has container_fs_%s, as cAdvisor', (name) => {
  expect(samples('/dev/vda', `container_fs_${name}`)).toEqual([{ container: 'app', device: '/dev/vda', value: 0 }]);
});
