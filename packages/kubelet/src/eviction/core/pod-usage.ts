import type { PodUid } from '@solo-kubelet/reconciler';
import type { DiskPart } from './storage-layout.js';

/** Room on a disk. */
export interface DiskUse {
  readonly bytes: number;
  readonly inodes: number;
}

/** Room of a writable layer, which runtimes measure now and then. */
export interface LayerUse extends DiskUse {
  /** When it was measured, by the clock of `SignalReading.atMs`, ms; undefined when it was not yet, or nobody knows when. */
  readonly atMs?: number;
}

export interface ContainerUsage {
  readonly name: string;
  /** Working set. */
  readonly memoryBytes?: number;
  /** The writable layer; undefined when the runtime does not tell. */
  readonly layer?: LayerUse;
  readonly logs?: DiskUse;
}

/** What a pod uses now. What nobody measured is missing. */
export interface PodUsage {
  /** Working set. */
  readonly memoryBytes?: number;
  readonly processes?: number;
  readonly containers: readonly ContainerUsage[];
  /** Local volumes: emptyDirs on disk and ConfigMaps, by name. */
  readonly volumes: ReadonlyMap<string, DiskUse>;
  /** What else counts as the pod's: files beside its containers' logs, its hosts file. */
  readonly other?: DiskUse;
}

/** Pods that nobody has measurements of are missing. */
export type PodUsages = ReadonlyMap<PodUid, PodUsage>;

const NONE: DiskUse = { bytes: 0, inodes: 0 };

export const sumUse = (uses: Iterable<DiskUse | undefined>): DiskUse =>
  [...uses].reduce<DiskUse>((sum, use) => ({ bytes: sum.bytes + (use?.bytes ?? 0), inodes: sum.inodes + (use?.inodes ?? 0) }), NONE);

/** What the pod occupies in these parts together. */
export const diskUseOf = ({ containers, volumes }: PodUsage, parts: readonly DiskPart[]): DiskUse =>
  sumUse([
    ...(parts.includes('layers') ? containers.map(({ layer }) => layer) : []),
    ...(parts.includes('logs') ? containers.map(({ logs }) => logs) : []),
    ...(parts.includes('volumes') ? volumes.values() : []),
  ]);

/** All that the summary API calls the pod's ephemeral storage. */
export const ephemeralBytes = (usage: PodUsage): number =>
  diskUseOf(usage, ['layers', 'logs', 'volumes']).bytes + (usage.other?.bytes ?? 0);
