import type { NodePressure } from '@solo-kubelet/reconciler';

/** What eviction watches, in upstream's names (pkg/kubelet/eviction/api/types.go). */
export type EvictionSignal =
  | 'memory.available'
  | 'allocatableMemory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'containerfs.available'
  | 'containerfs.inodesFree'
  | 'pid.available';

/** What a signal tells the lack of, in the words of messages. */
export type StarvedResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids';

const SIGNALS: Readonly<Record<EvictionSignal, readonly [StarvedResource, NodePressure['type']]>> = {
  'memory.available': ['memory', 'MemoryPressure'],
  'allocatableMemory.available': ['memory', 'MemoryPressure'],
  'nodefs.available': ['ephemeral-storage', 'DiskPressure'],
  'nodefs.inodesFree': ['inodes', 'DiskPressure'],
  'imagefs.available': ['ephemeral-storage', 'DiskPressure'],
  'imagefs.inodesFree': ['inodes', 'DiskPressure'],
  'containerfs.available': ['ephemeral-storage', 'DiskPressure'],
  'containerfs.inodesFree': ['inodes', 'DiskPressure'],
  'pid.available': ['pids', 'PIDPressure'],
};

export const isEvictionSignal = (name: string): name is EvictionSignal => Object.hasOwn(SIGNALS, name);
export const resourceOf = (signal: EvictionSignal): StarvedResource => SIGNALS[signal][0];
export const pressureOf = (signal: EvictionSignal): NodePressure['type'] => SIGNALS[signal][1];

/** Every pressure, in the order in which a node shows its conditions. */
export const PRESSURES: readonly NodePressure['type'][] = ['MemoryPressure', 'DiskPressure', 'PIDPressure'];

/** What is left of something, of how much in all, as read at one moment. Bytes, inodes or processes. */
export interface SignalReading {
  readonly available: number;
  readonly capacity: number;
  readonly atMs: number;
}

/** A signal that could not be read is missing; its thresholds are not met then. */
export type SignalReadings = Readonly<Partial<Record<EvictionSignal, SignalReading>>>;
