import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerStats, CriClient } from '@solo-kubelet/cri-client';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { listStats, uint64Value } from '@solo-kubelet/node-stats';
import { type PodEnvironment, podLogDirectory } from '@solo-kubelet/pod-environment';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type PodUid, podUid } from '@solo-kubelet/reconciler';
import { type DiskUsage, diskUsage } from '@solo-kubelet/untrusted-files';
import type { ContainerUsage, DiskUse, PodUsage, PodUsages } from './core/pod-usage.js';
import { type LayerStamp, type LayerTimes, reduceLayerTimes } from './layer-times.js';

export interface PodUsagesOptions {
  readonly cri: CriClient;
  readonly environment: Pick<PodEnvironment, 'volumeUsage'>;
  readonly rootDirectory: string;
  readonly podLogsDirectory: string;
  readonly logger: Logger;
  /** The clock of `LayerUse.atMs`, which nobody can set, ms. */
  readonly now: () => number;
  /** The machine's clock, by which the runtime dates its stats, ms. */
  readonly wallNow: () => number;
}

interface Abortable {
  readonly signal: AbortSignal;
}

/** What pods use, from the runtime's measurements and by walking through their files. */
export const podUsages = ({ cri, environment, rootDirectory, podLogsDirectory, logger, now, wallNow }: PodUsagesOptions) => {
  let layerTimes: LayerTimes = new Map();
  const volumesOf = async (pod: Pod, options: Abortable): Promise<PodUsage['volumes']> => {
    const usages = await environment.volumeUsage(pod, options).catch((error: NodeJS.ErrnoException) => {
      options.signal.throwIfAborted();
      // A pod that is not prepared yet has none.
      if (error.code !== 'ENOENT') logger.warn({ podUid: pod.metadata.uid, err: describeError(error) }, 'Cannot measure volumes');
      return [];
    });
    for (const { volumeName, unread } of usages) tellUnread(pod, volumeName, unread);
    return new Map(usages.map(({ volumeName, usedBytes, usedInodes }) => [volumeName, { bytes: usedBytes, inodes: usedInodes }]));
  };
  const tellUnread = ({ metadata }: Pod, path: string, unread: DiskUsage['unread']): void => {
    if (unread === undefined) return;
    const pod = `${metadata.namespace}/${metadata.name}`;
    logger.warn({ pod, podUid: metadata.uid, path, count: unread.count, err: describeError(unread.first) }, 'Cannot measure all of it');
  };
  const use = async (pod: Pod, path: string, { signal }: Abortable): Promise<DiskUse> => {
    const { usedBytes, inodesUsed, unread } = await diskUsage(path, signal);
    tellUnread(pod, path, unread);
    return { bytes: usedBytes, inodes: inodesUsed };
  };

  /** Of everything on disk; where the runtime knows nothing of a container, of its logs. */
  const onDisk = async (pod: Pod, known: readonly ContainerUsage[], options: Abortable): Promise<Omit<PodUsage, 'memoryBytes'>> => {
    const { namespace, name, uid } = pod.metadata;
    const logs = podLogDirectory(podLogsDirectory, namespace, name, uid);
    const entries = await readdir(logs, { withFileTypes: true }).catch(() => []);
    const directories = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    const loose = [
      join(rootDirectory, 'pods', uid, 'etc-hosts'),
      // Termination messages: a container may write without end to its own.
      join(rootDirectory, 'pods', uid, 'containers'),
      ...entries.filter((entry) => entry.isFile()).map((entry) => join(logs, entry.name)),
    ];
    const names = new Set([...known.map((one) => one.name), ...directories]);
    const containers: ContainerUsage[] = [];
    for (const container of names) {
      containers.push({
        ...known.find((one) => one.name === container),
        name: container,
        logs: await use(pod, join(logs, container), options),
      });
    }
    let other: DiskUse = { bytes: 0, inodes: 0 };
    for (const path of loose) {
      const { bytes, inodes } = await use(pod, path, options);
      other = { bytes: other.bytes + bytes, inodes: other.inodes + inodes };
    }
    return { containers, volumes: await volumesOf(pod, options), other };
  };

  return {
    /** What the runtime knows of running pods, and if asked their disks, of all of them. */
    usages: async (pods: readonly Pod[], what: 'memory' | 'disk', options: Abortable): Promise<PodUsages> => {
      const known = new Map((await listStats(cri, options.signal)).map((measurements) => [measurements.uid, measurements]));
      const found = new Map<PodUid, PodUsage>();
      layerTimes = reduceLayerTimes(
        layerTimes,
        [...known.values()].flatMap(({ containers }) => containers.flatMap(layerStamp)),
        { steadyMs: now(), wallMs: wallNow() },
      );
      for (const pod of pods) {
        const measurements = known.get(pod.metadata.uid);
        const containers = (measurements?.containers ?? []).map((stats) => containerUsage(stats, layerTimes));
        const memoryBytes = uint64Value(measurements?.linux?.memory?.workingSetBytes) ?? total(containers.map((one) => one.memoryBytes));
        const processes = uint64Value(measurements?.linux?.process?.processCount);
        const running = { ...(memoryBytes === undefined ? {} : { memoryBytes }), ...(processes === undefined ? {} : { processes }) };
        if (what === 'disk') found.set(podUid(pod.metadata.uid), { ...running, ...(await onDisk(pod, containers, options)) });
        else if (measurements !== undefined) found.set(podUid(pod.metadata.uid), { ...running, containers, volumes: new Map() });
      }
      return found;
    },

    limitedUsages: async (pods: ReadonlyMap<Pod, 'volumes' | 'containers'>, options: Abortable): Promise<PodUsages> => {
      const found = new Map<PodUid, PodUsage>();
      for (const [pod, what] of pods) {
        const uid = podUid(pod.metadata.uid);
        if (what === 'volumes') {
          found.set(uid, { containers: [], volumes: await volumesOf(pod, options) });
          continue;
        }
        const labelSelector = { 'io.kubernetes.pod.uid': uid };
        const { stats } = await cri.runtime.listContainerStats({ filter: { id: '', podSandboxId: '', labelSelector } }, options);
        found.set(
          uid,
          await onDisk(
            pod,
            newest(stats).map((one) => containerUsage(one, new Map())),
            options,
          ),
        );
      }
      return found;
    },
  };
};

const total = (values: readonly (number | undefined)[]): number | undefined =>
  values.every((value) => value === undefined) ? undefined : values.reduce<number>((sum, value) => sum + (value ?? 0), 0);

/** Runtimes that have not measured a layer yet date it 0. */
const layerStamp = ({ attributes, writableLayer }: ContainerStats): readonly LayerStamp[] =>
  attributes === undefined || !writableLayer?.timestamp
    ? []
    : [{ containerId: attributes.id, wallMs: Number(writableLayer.timestamp / 1_000_000n) }];

const containerUsage = ({ attributes, memory, writableLayer }: ContainerStats, times: LayerTimes): ContainerUsage => {
  const memoryBytes = uint64Value(memory?.workingSetBytes);
  const atMs = times.get(attributes?.id ?? '')?.atMs;
  const layer = writableLayer && {
    bytes: uint64Value(writableLayer.usedBytes) ?? 0,
    inodes: uint64Value(writableLayer.inodesUsed) ?? 0,
    ...(atMs === undefined ? {} : { atMs }),
  };
  return { name: attributes?.metadata?.name ?? '', ...(memoryBytes === undefined ? {} : { memoryBytes }), ...(layer && { layer }) };
};

/** Runtimes also tell of what has ended: of each container only the latest attempt counts. */
const newest = (stats: readonly ContainerStats[]): readonly ContainerStats[] => {
  const latest = new Map<string, ContainerStats>();
  for (const one of stats) {
    const { name = '', attempt = 0 } = one.attributes?.metadata ?? {};
    if ((latest.get(name)?.attributes?.metadata?.attempt ?? -1) <= attempt) latest.set(name, one);
  }
  return [...latest.values()];
};
