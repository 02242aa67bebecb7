import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ContainerStats as CriContainerStats } from '@solo-kubelet/cri-types';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { RuntimeStats } from '../runtime-stats.js';
import { fsStats, rfc3339 } from '../summary/node-measurements.js';
import type { FsStats } from '../summary/summary.js';
import type { CgroupMeasurements } from './cgroup-measurements.js';
import { type DeviceTraffic, networkOfProcess } from './network-measurements.js';
import type { NodeCgroups } from './node-cgroups.js';
import { podCgroupMeasurements } from './pod-measurements.js';
import { type ProcessMeasurements, processesOf, processMeasurements } from './process-measurements.js';
import { readCgroup } from './read-cgroup.js';

/** A cgroup as cAdvisor would tell of it: the machine, all pods, a pod, or a container. */
export interface MeasuredCgroup {
  /** `id` (the path), and of pods and containers `container`, `image`, `name`, `namespace`, `pod`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly measurements: CgroupMeasurements;
  /** Unix seconds. */
  readonly startTimeSeconds?: number;
  /** Of containers only. */
  readonly processes?: ProcessMeasurements;
  readonly rootfs?: Filesystem;
  /** By `major:minor`: `/dev/sda`. */
  readonly deviceNames: ReadonlyMap<string, string>;
  /** Of pods with a network of their own. */
  readonly traffic?: readonly DeviceTraffic[];
}

interface Filesystem {
  /** Such as `/dev/sda1`; empty where the file system is on no device. */
  readonly device: string;
  readonly usedBytes?: number;
  readonly capacityBytes?: number;
  readonly inodes?: number;
  readonly inodesFree?: number;
}

export interface MeasureOptions {
  readonly cri: RuntimeStats;
  readonly pods: readonly Pod[];
  readonly nowMs: number;
  readonly signal: AbortSignal;
}

/** Every cgroup that the kubelet's cAdvisor would tell of: the machine, all pods and each QoS level, every pod, every running container. */
export const measureCgroups = async (cgroups: NodeCgroups, options: MeasureOptions): Promise<readonly MeasuredCgroup[]> => {
  const { cri, pods, nowMs, signal } = options;
  const [{ stats }, { imageFilesystems }, deviceNames, levels] = await Promise.all([
    cri.runtime.listContainerStats({}, { signal }).catch(() => ({ stats: [] as readonly CriContainerStats[] })),
    cri.images.imageFsInfo({}, { signal }).catch(() => ({ imageFilesystems: [] })),
    readDeviceNames(),
    qosLevels(cgroups),
  ]);
  const imageDirectory = imageFilesystems[0]?.fsId?.mountpoint ?? '';
  const disk: Disk = {
    deviceNames,
    filesystem: imageDirectory === '' ? undefined : await fsStats(imageDirectory, rfc3339(nowMs)),
    device: await deviceOf(imageDirectory),
    layers: new Map(stats.map((each) => [each.attributes?.id ?? '', Number(each.writableLayer?.usedBytes?.value ?? 0)])),
  };
  const shared = await Promise.all(
    ['/', cgroups.podsPath, ...levels].map(async (path): Promise<readonly MeasuredCgroup[]> => {
      const measurements = await readCgroup(cgroups, path, nowMs);
      return measurements ? [{ labels: labelsOf(path), measurements, deviceNames }] : [];
    }),
  );
  const ofPods = await Promise.all(pods.map((pod) => measurePod(cgroups, pod, disk, nowMs)));
  return [...shared, ...ofPods].flat();
};

interface Disk {
  readonly deviceNames: ReadonlyMap<string, string>;
  readonly filesystem: FsStats | undefined;
  readonly device: string;
  /** Bytes of the writable layer by container id. */
  readonly layers: ReadonlyMap<string, number>;
}

const measurePod = async (cgroups: NodeCgroups, pod: Pod, disk: Disk, nowMs: number): Promise<readonly MeasuredCgroup[]> => {
  const measured = await podCgroupMeasurements(cgroups, pod, nowMs);
  if (!measured?.measurements) return [];
  const { namespace = '', name: podName = '' } = pod.metadata;
  const { deviceNames, filesystem, device, layers } = disk;
  const pids = await Promise.all(measured.containers.map(({ path }) => processesOf(cgroups, path)));
  const [anyPid] = pids.flat();
  const traffic = anyPid === undefined || pod.spec?.hostNetwork === true ? [] : await networkOfProcess(anyPid);
  const containers = await Promise.all(
    measured.containers.map(
      async ({ name, containerId, image, path, measurements, startedAt }, index): Promise<MeasuredCgroup> => ({
        labels: labelsOf(path, { container: name, image, name: containerId, namespace, pod: podName }),
        measurements,
        deviceNames,
        processes: await processMeasurements(pids[index] ?? []),
        ...(startedAt === undefined ? {} : { startTimeSeconds: Date.parse(startedAt) / 1_000 }),
        rootfs: { ...known(filesystem), device, usedBytes: layers.get(containerId) ?? 0 },
      }),
    ),
  );
  return [
    { labels: labelsOf(measured.path, { namespace, pod: podName }), measurements: measured.measurements, deviceNames, traffic },
    ...containers,
  ];
};

const known = (filesystem: FsStats | undefined) => {
  const { capacityBytes, inodes, inodesFree } = filesystem ?? {};
  return {
    ...(capacityBytes === undefined ? {} : { capacityBytes }),
    ...(inodes === undefined ? {} : { inodes }),
    ...(inodesFree === undefined ? {} : { inodesFree }),
  };
};

const labelsOf = (id: string, labels: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => ({
  container: '',
  id,
  image: '',
  name: '',
  namespace: '',
  pod: '',
  ...labels,
});

/** Paths of the cgroups of the QoS classes that have one, by either driver's naming. */
const qosLevels = async ({ mountPoint, version, podsPath }: NodeCgroups): Promise<readonly string[]> => {
  const names = await readdir(join(mountPoint, version === 2 ? '' : 'memory', podsPath)).catch(() => []);
  return names.filter((name) => /(^|-)(burstable|besteffort)(\.slice)?$/.test(name)).map((name) => join(podsPath, name));
};

/** Block devices of the machine by `major:minor`. */
const readDeviceNames = async (): Promise<ReadonlyMap<string, string>> => {
  const numbers = await readdir('/sys/dev/block').catch(() => []);
  const names = await Promise.all(
    numbers.map(async (number): Promise<readonly [string, string]> => {
      const uevent = await readFile(`/sys/dev/block/${number}/uevent`, 'utf8').catch(() => '');
      return [number, `/dev/${/^DEVNAME=(.*)$/m.exec(uevent)?.[1] ?? basename(number)}`];
    }),
  );
  return new Map(names);
};

/** What is mounted where a directory lies, from /proc/self/mountinfo; empty when that is no device. */
const deviceOf = async (directory: string): Promise<string> => {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8').catch(() => '')).split('\n').flatMap((line) => {
    const [mount = '', filesystem = ''] = line.split(' - ');
    const point = mount.split(' ')[4] ?? '';
    return point === '/' || directory === point || directory.startsWith(`${point}/`)
      ? [{ point, source: filesystem.split(' ')[1] ?? '' }]
      : [];
  });
  const nearest = mounts.sort((a, b) => b.point.length - a.point.length)[0];
  return nearest?.source.startsWith('/') ? nearest.source : '';
};
