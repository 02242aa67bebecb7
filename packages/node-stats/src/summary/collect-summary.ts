import type { FilesystemUsage } from '@solo-kubelet/cri-types';
import { machinePressures } from '../cgroups/pressure.js';
import type { RuntimeStats } from '../runtime-stats.js';
import { ioStats } from './cgroup-stats.js';
import { timeOf } from './cri-stats.js';
import { readForTheFirstTime } from './first-readings.js';
import { listStats } from './list-stats.js';
import { fsStats, nodeMeasurements, rfc3339 } from './node-measurements.js';
import { podStats } from './pod-stats.js';
import type { FsStats, Summary } from './summary.js';
import type { SummaryOptions } from './summary-options.js';

interface CollectOptions {
  /** The light form: cpu and memory only. */
  readonly onlyCpuAndMemory: boolean;
  readonly signal: AbortSignal;
}

/** Collects /stats/summary from cgroups, CRI, /proc and the file system. */
export const collectSummary = async (options: SummaryOptions, { onlyCpuAndMemory, signal }: CollectOptions): Promise<Summary> => {
  await readForTheFirstTime(options, signal);
  const { view, cri, rootDirectory, measuresVolumes, usages, rates, systemContainers, now } = options;
  const { rateOf } = rates;
  const nowMs = now();
  const time = rfc3339(nowMs);
  const [measurements, pressure, sandboxes, rootFs, logFs, imageFs] = await Promise.all([
    nodeMeasurements(nowMs, { cgroups: view.machineCgroups }),
    machinePressures(),
    listStats(cri, signal),
    onlyCpuAndMemory ? undefined : fsStats(rootDirectory, time),
    onlyCpuAndMemory ? undefined : fsStats(view.podLogsDirectory, time),
    onlyCpuAndMemory ? undefined : imageFilesystem(cri, nowMs, signal),
  ]);
  const podOf = new Map(view.pods.list().map((pod) => [pod.metadata?.uid ?? '', pod]));
  const pods = await Promise.all(
    sandboxes.map((sandbox) =>
      podStats(sandbox, podOf.get(sandbox.uid), {
        ...{ view, rootDirectory, measuresVolumes, usages, rateOf, onlyCpuAndMemory, nowMs },
        ...(imageFs ? { imageFs } : {}),
        ...(logFs ? { logFs } : {}),
        ...(rootFs ? { rootFs } : {}),
      }),
    ),
  );
  const usageNanoCores = rateOf('node', measurements.cpu?.usageCoreNanoSeconds, nowMs);
  const { startTime, memory, swap } = measurements;
  const light = {
    nodeName: view.nodeName,
    ...(startTime ? { startTime } : {}),
    cpu: {
      ...measurements.cpu,
      time,
      ...(usageNanoCores === undefined ? {} : { usageNanoCores }),
      ...(pressure?.cpu ? { psi: pressure.cpu } : {}),
    },
    ...(memory ? { memory: { ...memory, ...(pressure?.memory ? { psi: pressure.memory } : {}) } } : {}),
    ...(swap ? { swap } : {}),
  };
  if (onlyCpuAndMemory) return { node: light, pods };
  return {
    node: {
      ...measurements,
      ...light,
      systemContainers: await systemContainers(view.cgroups, nowMs, rateOf),
      ...ioStats(pressure, time),
      ...(rootFs ? { fs: rootFs } : {}),
      ...(imageFs ? { runtime: { imageFs, containerFs: imageFs } } : {}),
    },
    pods,
  };
};

const imageFilesystem = async (cri: RuntimeStats, nowMs: number, signal: AbortSignal): Promise<FsStats | undefined> => {
  const { imageFilesystems } = await cri.images.imageFsInfo({}, { signal });
  const first = imageFilesystems[0];
  if (!first) return undefined;
  const filesystem = await fsStats(first.fsId?.mountpoint ?? '', timeOf(first.timestamp, nowMs));
  return {
    ...filesystem,
    time: timeOf(first.timestamp, nowMs),
    ...(first.usedBytes ? { usedBytes: await usedByImages(cri, first, signal) } : {}),
    ...(first.inodesUsed ? { inodesUsed: Number(first.inodesUsed.value) } : {}),
  };
};

/** CRI-O counts only the records of its images, in `overlay-images`; their layers, of which it tells the sizes, are beside that directory. */
const usedByImages = async (cri: RuntimeStats, { fsId, usedBytes }: FilesystemUsage, signal: AbortSignal): Promise<number> => {
  const reported = Number(usedBytes?.value ?? 0n);
  if (!/\/\w+-images$/.test(fsId?.mountpoint ?? '')) return reported;
  const images = await cri.lists.images(undefined, { signal });
  return images.reduce((sum, { size }) => sum + Number(size), reported);
};
