import type { EvictionSignal } from './eviction-signal.js';
import type { EvictionThreshold } from './eviction-threshold.js';

/**
 * Which file systems there are. `shared`: one for everything. `dedicatedImages`: images and the layers of containers have one of their own.
 * `split`: only images have.
 */
export type StorageLayout = 'shared' | 'dedicatedImages' | 'split';

/** Devices (st_dev) of the kubelet's root directory and of what the runtime calls its image and container file systems. */
export interface StorageDevices {
  readonly root: number;
  readonly images: number;
  readonly containers: number;
}

export const storageLayout = ({ root, images, containers }: StorageDevices): StorageLayout => {
  if (images === root) return 'shared';
  return containers === images ? 'dedicatedImages' : 'split';
};

/** The parts of a pod's disk usage. */
export type DiskPart = 'layers' | 'logs' | 'volumes';

/** What of a pod lies where the signal looks (pkg/kubelet/eviction/helpers.go buildSignalToRankFunc). */
export const partsAt = (signal: EvictionSignal, layout: StorageLayout): readonly DiskPart[] => {
  const [filesystem] = signal.split('.');
  if (layout === 'shared') return ['layers', 'logs', 'volumes'];
  if (layout === 'split') return filesystem === 'imagefs' ? [] : ['layers', 'logs', 'volumes'];
  return filesystem === 'nodefs' ? ['logs', 'volumes'] : ['layers'];
};

/** What the node itself can give back, in this order, before a pod has to go (buildSignalToNodeReclaimFuncs). */
export type Reclaim = 'deadContainers' | 'unusedImages';

export const reclaimsFor = (signal: EvictionSignal, layout: StorageLayout): readonly Reclaim[] => {
  const [filesystem = ''] = signal.split('.');
  if (!['nodefs', 'imagefs', 'containerfs'].includes(filesystem)) return [];
  if (layout === 'shared') return ['deadContainers', 'unusedImages'];
  if (layout === 'split') return filesystem === 'imagefs' ? ['unusedImages'] : ['deadContainers'];
  return filesystem === 'nodefs' ? [] : ['deadContainers', 'unusedImages'];
};

const DERIVED = ['available', 'inodesFree'] as const;

/** The thresholds of containerfs are never the user's: they are those of the file system that holds the containers (UpdateContainerFsThresholds). */
export const withContainerFs = (thresholds: readonly EvictionThreshold[], layout: StorageLayout): readonly EvictionThreshold[] => {
  const source = layout === 'dedicatedImages' ? 'imagefs' : 'nodefs';
  const derived = DERIVED.flatMap((what) =>
    thresholds.filter(({ signal }) => signal === `${source}.${what}`).map((one) => ({ ...one, signal: `containerfs.${what}` as const })),
  );
  return [...thresholds.filter(({ signal }) => !signal.startsWith('containerfs.')), ...derived];
};
