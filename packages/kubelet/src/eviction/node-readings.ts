import { readFile, stat, statfs } from 'node:fs/promises';
import type { CriClient } from '@solo-kubelet/cri-client';
import { cgroupMemory, type MemoryCgroups, machineWorkingSet } from '@solo-kubelet/node-stats';
import type { SignalReading, SignalReadings } from './core/eviction-signal.js';
import { type StorageLayout, storageLayout } from './core/storage-layout.js';

export interface NodeReadingsOptions {
  readonly cri: CriClient;
  readonly rootDirectory: string;
  readonly cgroups: MemoryCgroups;
  /** Of all pods together, below the mount of cgroups; undefined where they have none. */
  readonly podsCgroup: string | undefined;
  readonly memoryBytes: number;
  readonly maxPids: number;
  /** The clock of `SignalReading.atMs`, ms. */
  readonly now: () => number;
}

interface Filesystems {
  readonly images: string;
  readonly containers: string;
}

/** Reads what is left on the node: a few files and file systems, and once where the runtime keeps its images. */
export const nodeReadings = (options: NodeReadingsOptions) => {
  const { cri, rootDirectory, cgroups, podsCgroup, memoryBytes, maxPids, now } = options;
  let known: Filesystems | undefined;

  /** Undefined while the runtime does not tell; it is asked again then. */
  const filesystems = async (signal: AbortSignal): Promise<Filesystems | undefined> => {
    if (known !== undefined) return known;
    const info = await cri.images.imageFsInfo({}, { signal }).catch(() => undefined);
    const images = info?.imageFilesystems[0]?.fsId?.mountpoint;
    if (images) known = { images, containers: info?.containerFilesystems[0]?.fsId?.mountpoint || images };
    return known;
  };

  return async ({ signal }: { readonly signal: AbortSignal }): Promise<{ readings: SignalReadings; layout: StorageLayout }> => {
    const [meminfo, loadavg, pods, runtimeFs] = await Promise.all([
      readText('/proc/meminfo'),
      readText('/proc/loadavg'),
      podsCgroup === undefined ? undefined : cgroupMemory(cgroups, podsCgroup),
      filesystems(signal),
    ]);
    const [workingSet, root, images, containers] = await Promise.all([
      machineWorkingSet(cgroups, meminfo),
      readDisk(rootDirectory),
      readDisk(runtimeFs?.images),
      readDisk(runtimeFs?.containers),
    ]);
    const atMs = now();
    const processes = Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0);
    const of = (available: number, capacity: number): SignalReading => ({ available, capacity, atMs });
    const ofDisk = (prefix: 'nodefs' | 'imagefs' | 'containerfs', disk: Disk | undefined): SignalReadings =>
      disk === undefined
        ? {}
        : {
            [`${prefix}.available`]: of(disk.available, disk.capacity),
            // File systems that make inodes as they need them count none.
            ...(disk.inodes > 0 ? { [`${prefix}.inodesFree`]: of(disk.inodesFree, disk.inodes) } : {}),
          };
    const readings = {
      'memory.available': of(Math.max(0, memoryBytes - workingSet), memoryBytes),
      ...(pods && { 'allocatableMemory.available': of(Math.max(0, pods.limitBytes - pods.workingSetBytes), pods.limitBytes) }),
      'pid.available': of(maxPids - processes, maxPids),
      ...ofDisk('nodefs', root),
      ...ofDisk('imagefs', images),
      ...ofDisk('containerfs', containers),
    };
    const layout =
      root && images && containers ? storageLayout({ root: root.device, images: images.device, containers: containers.device }) : 'shared';
    return { readings, layout };
  };
};

interface Disk {
  readonly device: number;
  readonly available: number;
  readonly capacity: number;
  readonly inodesFree: number;
  readonly inodes: number;
}

/** Undefined when it cannot be read. */
const readDisk = async (path: string | undefined): Promise<Disk | undefined> => {
  if (path === undefined) return undefined;
  try {
    const [{ dev }, { bavail, bsize, blocks, ffree, files }] = await Promise.all([stat(path), statfs(path)]);
    return { device: dev, available: bavail * bsize, capacity: blocks * bsize, inodesFree: ffree, inodes: files };
  } catch {
    return undefined;
  }
};

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
