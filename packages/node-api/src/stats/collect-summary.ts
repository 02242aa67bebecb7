import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CriClient } from '@solo-kubelet/cri-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeView } from '../node-view.js';
import { containerStats, cpuStats, memoryStats, networkStats, type RateOf, timeOf } from './cri-stats.js';
import { type DiskUsage, diskUsage } from './disk-usage.js';
import { listStats, type SandboxFigures } from './list-stats.js';
import { fsStats, nodeFigures, rfc3339 } from './node-figures.js';
import type { ContainerStats, FsStats, PodStats, Summary } from './summary.js';

export interface SummaryOptions {
  readonly view: NodeView;
  readonly cri: CriClient;
  /** KubeletConfiguration root directory, default /var/lib/kubelet: pod volumes lie below it. */
  readonly rootDirectory: string;
  readonly rateOf: RateOf;
  readonly now: () => number;
}

interface CollectOptions {
  /** The light form: cpu and memory only. */
  readonly onlyCpuAndMemory: boolean;
  readonly signal: AbortSignal;
}

/** Volume kinds whose bytes are the pod's own (upstream: emptyDir and the API-object kinds; hostPath and image report nothing). */
const LOCAL_VOLUME_PLUGINS = ['kubernetes.io~empty-dir', 'kubernetes.io~downward-api', 'kubernetes.io~projected'];

/** Collects /stats/summary from CRI, /proc and the file system. */
export const collectSummary = async (options: SummaryOptions, { onlyCpuAndMemory, signal }: CollectOptions): Promise<Summary> => {
  const { view, cri, rootDirectory, rateOf, now } = options;
  const nowMs = now();
  const time = rfc3339(nowMs);
  const [figures, sandboxes, rootFs, imageFs] = await Promise.all([
    nodeFigures(nowMs),
    listStats(cri, signal),
    onlyCpuAndMemory ? undefined : fsStats(rootDirectory, time),
    onlyCpuAndMemory ? undefined : imageFilesystem(cri, nowMs, signal),
  ]);
  const podOf = new Map(view.pods.list().map((pod) => [pod.metadata?.uid ?? '', pod]));
  const pods = await Promise.all(
    sandboxes.map((sandbox) =>
      podStats(sandbox, podOf.get(sandbox.uid), options, { onlyCpuAndMemory, signal, nowMs, ...(imageFs ? { imageFs } : {}) }),
    ),
  );
  const usageNanoCores = rateOf('node', figures.cpu?.usageCoreNanoSeconds, nowMs);
  const cpu = { ...figures.cpu, time, ...(usageNanoCores === undefined ? {} : { usageNanoCores }) };
  if (onlyCpuAndMemory) {
    return {
      node: {
        nodeName: view.nodeName,
        ...(figures.startTime ? { startTime: figures.startTime } : {}),
        cpu,
        ...(figures.memory ? { memory: figures.memory } : {}),
      },
      pods,
    };
  }
  return {
    node: {
      nodeName: view.nodeName,
      systemContainers: [kubeletStats(nowMs, rateOf)],
      ...figures,
      cpu,
      ...(rootFs ? { fs: rootFs } : {}),
      ...(imageFs ? { runtime: { imageFs, containerFs: imageFs } } : {}),
    },
    pods,
  };
};

const podStats = async (
  { uid, name, namespace, linux, containers }: SandboxFigures,
  pod: Pod | undefined,
  { view, rootDirectory, rateOf }: SummaryOptions,
  { onlyCpuAndMemory, signal, nowMs, imageFs }: CollectOptions & { readonly nowMs: number; readonly imageFs?: FsStats },
): Promise<PodStats> => {
  const time = rfc3339(nowMs);
  const startTimes = new Map(
    [...(pod?.status?.containerStatuses ?? []), ...(pod?.status?.initContainerStatuses ?? [])].map((status) => [
      status.name,
      status.state?.running?.startedAt,
    ]),
  );
  const logDirectory = join(view.podLogsDirectory, `${namespace}_${name}_${uid}`);
  const perContainer = await Promise.all(
    containers.map(async (one): Promise<ContainerStats> => {
      const stats = containerStats(one, imageFs, nowMs, rateOf);
      const startTime = startTimes.get(stats.name);
      const base = { ...stats, ...(startTime ? { startTime } : {}) };
      if (onlyCpuAndMemory)
        return {
          name: base.name,
          ...(startTime ? { startTime } : {}),
          ...(base.cpu ? { cpu: base.cpu } : {}),
          ...(base.memory ? { memory: base.memory } : {}),
        };
      return { ...base, logs: { time, ...(await diskUsage(join(logDirectory, stats.name), signal)) } };
    }),
  );
  const cpu = cpuStats(`pod/${uid}`, linux?.cpu, nowMs, rateOf);
  const memory = memoryStats(linux?.memory, nowMs);
  const base = {
    podRef: { name, namespace, uid },
    ...(pod?.status?.startTime ? { startTime: pod.status.startTime } : {}),
    containers: perContainer,
    ...(cpu ? { cpu } : {}),
    ...(memory ? { memory } : {}),
  };
  if (onlyCpuAndMemory) return base;
  const volumes = await volumeStats(join(rootDirectory, 'pods', uid), time, signal);
  const network = networkStats(linux?.network, nowMs);
  const processCount = linux?.process?.processCount?.value;
  const used = (part: (stats: ContainerStats) => FsStats | undefined): DiskUsage =>
    perContainer
      .map(part)
      .reduce<DiskUsage>(
        (sum, fs) => ({ usedBytes: sum.usedBytes + (fs?.usedBytes ?? 0), inodesUsed: sum.inodesUsed + (fs?.inodesUsed ?? 0) }),
        { usedBytes: 0, inodesUsed: 0 },
      );
  const parts = [used(({ rootfs }) => rootfs), used(({ logs }) => logs), ...volumes.filter(({ onDisk }) => onDisk)];
  return {
    ...base,
    ...(network ? { network } : {}),
    volume: volumes.map(({ onDisk: _, ...volume }) => volume),
    'ephemeral-storage': {
      time,
      ...(imageFs
        ? {
            availableBytes: imageFs.availableBytes,
            capacityBytes: imageFs.capacityBytes,
            inodes: imageFs.inodes,
            inodesFree: imageFs.inodesFree,
          }
        : {}),
      usedBytes: parts.reduce((sum, { usedBytes }) => sum + (usedBytes ?? 0), 0),
      inodesUsed: parts.reduce((sum, { inodesUsed }) => sum + (inodesUsed ?? 0), 0),
    },
    ...(processCount === undefined ? {} : { process_stats: { process_count: Number(processCount) } }),
  };
};

type VolumeStats = FsStats & { readonly name: string; readonly onDisk: boolean };

const volumeStats = async (podDirectory: string, time: string, signal: AbortSignal): Promise<readonly VolumeStats[]> => {
  const perPlugin = await Promise.all(
    LOCAL_VOLUME_PLUGINS.map(async (plugin) => {
      const directory = join(podDirectory, 'volumes', plugin);
      const names = await readdir(directory).catch(() => []);
      return Promise.all(
        names.map(async (name): Promise<VolumeStats> => {
          const path = join(directory, name);
          const [filesystem, usage] = await Promise.all([fsStats(path, time), diskUsage(path, signal)]);
          return { ...filesystem, time, ...usage, name, onDisk: plugin === 'kubernetes.io~empty-dir' };
        }),
      );
    }),
  );
  return perPlugin.flat();
};

const imageFilesystem = async (cri: CriClient, nowMs: number, signal: AbortSignal): Promise<FsStats | undefined> => {
  const { imageFilesystems } = await cri.images.imageFsInfo({}, { signal });
  const first = imageFilesystems[0];
  if (!first) return undefined;
  const filesystem = await fsStats(first.fsId?.mountpoint ?? '', timeOf(first.timestamp, nowMs));
  return {
    ...filesystem,
    time: timeOf(first.timestamp, nowMs),
    ...(first.usedBytes ? { usedBytes: Number(first.usedBytes.value) } : {}),
    ...(first.inodesUsed ? { inodesUsed: Number(first.inodesUsed.value) } : {}),
  };
};

const NANOSECONDS_PER_MICROSECOND = 1_000;

const kubeletStats = (nowMs: number, rateOf: RateOf): ContainerStats => {
  const { user, system } = process.cpuUsage();
  const usageCoreNanoSeconds = (user + system) * NANOSECONDS_PER_MICROSECOND;
  const usageNanoCores = rateOf('kubelet', usageCoreNanoSeconds, nowMs);
  const time = rfc3339(nowMs);
  const rssBytes = process.memoryUsage.rss();
  return {
    name: 'kubelet',
    startTime: rfc3339(nowMs - process.uptime() * 1_000),
    cpu: { time, usageCoreNanoSeconds, ...(usageNanoCores === undefined ? {} : { usageNanoCores }) },
    memory: { time, usageBytes: rssBytes, workingSetBytes: rssBytes, rssBytes },
  };
};
