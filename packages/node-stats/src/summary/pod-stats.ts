import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { DiskUsage } from '@solo-kubelet/untrusted-files';
import { networkOfProcess } from '../cgroups/network-measurements.js';
import type { NodeCgroups } from '../cgroups/node-cgroups.js';
import { type PodCgroupMeasurements, podCgroupMeasurements } from '../cgroups/pod-measurements.js';
import { processesOf } from '../cgroups/process-measurements.js';
import type { UsageCache } from '../disk/usage-cache.js';
import { cgroupStats } from './cgroup-stats.js';
import { cpuStats, layerStats, memoryStats, networkStats, type RateOf } from './cri-stats.js';
import type { SandboxMeasurements } from './list-stats.js';
import { rfc3339 } from './node-measurements.js';
import type { StatsView } from './stats-view.js';
import type { ContainerStats, FsStats, NetworkStats, PodStats } from './summary.js';
import { volumeStats } from './volume-stats.js';

export interface PodStatsOptions {
  readonly view: StatsView;
  readonly rootDirectory: string;
  readonly measuresVolumes: boolean;
  readonly rateOf: RateOf;
  readonly usages: UsageCache;
  readonly onlyCpuAndMemory: boolean;
  readonly nowMs: number;
  /** Of the file systems that hold images, logs and the kubelet's root directory. */
  readonly imageFs?: FsStats;
  readonly logFs?: FsStats;
  readonly rootFs?: FsStats;
}

/** One pod of the summary: the kernel's own measurements where its cgroups are known, else the runtime's. */
export const podStats = async (sandbox: SandboxMeasurements, pod: Pod | undefined, options: PodStatsOptions): Promise<PodStats> => {
  const { uid, name, namespace, linux } = sandbox;
  const { view, rateOf, onlyCpuAndMemory, nowMs } = options;
  const kernel = view.cgroups && pod ? await podCgroupMeasurements(view.cgroups, pod, nowMs) : undefined;
  const own = kernel?.measurements ? cgroupStats(`pod/${uid}`, kernel.measurements, rateOf) : undefined;
  const cpu = own?.cpu ?? cpuStats(`pod/${uid}`, linux?.cpu, nowMs, rateOf);
  const memory = own?.memory ?? memoryStats(linux?.memory, nowMs);
  const containers = await Promise.all(perContainer(sandbox, pod, kernel, options));
  const light = {
    podRef: { name, namespace, uid },
    ...(pod?.status?.startTime ? { startTime: pod.status.startTime } : {}),
    containers,
    ...(cpu ? { cpu } : {}),
    ...(memory ? { memory } : {}),
    ...(own ? { swap: own.swap } : {}),
  };
  if (onlyCpuAndMemory) return light;
  return { ...light, ...(own?.io ? { io: own.io } : {}), ...(await diskAndNetwork(sandbox, pod, kernel, containers, options)) };
};

const perContainer = (
  { uid, name: podName, namespace, containers }: SandboxMeasurements,
  pod: Pod | undefined,
  kernel: PodCgroupMeasurements | undefined,
  { view, rateOf, usages, onlyCpuAndMemory, nowMs, imageFs, logFs }: PodStatsOptions,
): readonly Promise<ContainerStats>[] => {
  const startTimes = new Map(
    [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])].map((status) => [
      status.name,
      status.state?.running?.startedAt,
    ]),
  );
  const logDirectory = join(view.podLogsDirectory, logDirectoryName({ namespace, name: podName, uid }));
  return containers.map(async (one): Promise<ContainerStats> => {
    const name = one.attributes?.metadata?.name ?? '';
    const id = one.attributes?.id ?? '';
    const cgroup = kernel?.containers.find(({ containerId }) => containerId === id);
    const own = cgroup ? cgroupStats(id, cgroup.measurements, rateOf) : undefined;
    const cpu = own?.cpu ?? cpuStats(id, one.cpu, nowMs, rateOf);
    const memory = own?.memory ?? memoryStats(one.memory, nowMs);
    const rootfs = layerStats(one.writableLayer, imageFs, nowMs);
    const startTime = startTimes.get(name);
    const light = {
      name,
      ...(startTime ? { startTime } : {}),
      ...(cpu ? { cpu } : {}),
      ...(memory ? { memory } : {}),
      ...(own ? { swap: own.swap } : {}),
    };
    if (onlyCpuAndMemory) return light;
    return {
      ...light,
      ...(own?.io ? { io: own.io } : {}),
      ...(rootfs ? { rootfs } : {}),
      logs: await logStats(join(logDirectory, name), logFs, usages),
    };
  });
};

const logDirectoryName = ({ namespace, name, uid }: Pick<SandboxMeasurements, 'namespace' | 'name' | 'uid'>): string =>
  `${namespace}_${name}_${uid}`;

const logStats = async (directory: string, logFs: FsStats | undefined, usages: UsageCache): Promise<FsStats> => {
  const { atMs, ...usage } = await usages.usageOf(directory);
  return { ...roomOf(logFs), time: rfc3339(atMs), ...usage };
};

const diskAndNetwork = async (
  sandbox: SandboxMeasurements,
  pod: Pod | undefined,
  kernel: PodCgroupMeasurements | undefined,
  containers: readonly ContainerStats[],
  { view, rootDirectory, measuresVolumes, usages, nowMs, rootFs }: PodStatsOptions,
): Promise<Pick<PodStats, 'network' | 'volume' | 'ephemeral-storage' | 'process_stats'>> => {
  const { uid, linux } = sandbox;
  const time = rfc3339(nowMs);
  const podDirectory = join(rootDirectory, 'pods', uid);
  const [volumes, own, logs, processes] = await Promise.all([
    measuresVolumes ? volumeStats(podDirectory, pod, usages) : [],
    measuresVolumes ? Promise.all(['etc-hosts', 'containers'].map((name) => usages.usageOf(join(podDirectory, name)))) : [],
    measuresVolumes ? looseLogs(join(view.podLogsDirectory, logDirectoryName(sandbox)), usages) : [],
    view.cgroups && kernel ? containerProcesses(view.cgroups, kernel) : [],
  ]);
  const network =
    networkStats(linux?.network, nowMs) ?? (pod?.spec?.hostNetwork === true ? undefined : await networkOf(processes[0], time));
  const processCount = linux?.process?.processCount?.value ?? (processes.length > 0 ? processes.length : undefined);
  const used = (part: (stats: ContainerStats) => FsStats | undefined): DiskUsage =>
    containers
      .map(part)
      .reduce<DiskUsage>(
        (sum, fs) => ({ usedBytes: sum.usedBytes + (fs?.usedBytes ?? 0), inodesUsed: sum.inodesUsed + (fs?.inodesUsed ?? 0) }),
        { usedBytes: 0, inodesUsed: 0 },
      );
  const parts = [used(({ rootfs }) => rootfs), used(({ logs }) => logs), ...own, ...logs, ...volumes.filter(({ onDisk }) => onDisk)];
  return {
    ...(network ? { network } : {}),
    volume: volumes.map(({ onDisk: _, ...volume }) => volume),
    'ephemeral-storage': {
      ...roomOf(rootFs),
      time,
      usedBytes: parts.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0),
      inodesUsed: parts.reduce((sum, { inodesUsed }) => sum + (inodesUsed ?? 0), 0),
    },
    ...(processCount === undefined ? {} : { process_stats: { process_count: Number(processCount) } }),
  };
};

/** Files that lie beside the directories of the containers in the pod's log directory. */
const looseLogs = async (directory: string, usages: UsageCache): Promise<readonly DiskUsage[]> => {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return Promise.all(entries.filter((entry) => entry.isFile()).map(({ name }) => usages.usageOf(join(directory, name))));
};

/** What a file system has and has left, without what is used of it. */
const roomOf = (filesystem: FsStats | undefined): Partial<FsStats> => {
  if (!filesystem) return {};
  const { usedBytes: _, inodesUsed: __, ...room } = filesystem;
  return room;
};

const containerProcesses = async (cgroups: NodeCgroups, { containers }: PodCgroupMeasurements): Promise<readonly number[]> =>
  (await Promise.all(containers.map(({ path }) => processesOf(cgroups, path)))).flat();

const networkOf = async (pid: number | undefined, time: string): Promise<NetworkStats | undefined> => {
  const interfaces = (pid === undefined ? [] : await networkOfProcess(pid)).map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    name,
    rxBytes,
    rxErrors,
    txBytes,
    txErrors,
  }));
  const main = interfaces.find(({ name }) => name === 'eth0') ?? interfaces[0];
  return main && { time, ...main, interfaces };
};
