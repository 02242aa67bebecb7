import { formatQuantity, type Pod, parseQuantity, podLimits, quantityValue } from '@solo-kubelet/pod-spec';
import { ephemeralBytes, type PodUsage } from './pod-usage.js';
import type { StorageLayout } from './storage-layout.js';

/** The `eviction_signal` of a pod that outgrew a limit of its own. */
export type LimitSignal = 'emptydirfs.limit' | 'ephemeralpodfs.limit' | 'ephemeralcontainerfs.limit';

export interface ExceededLimit {
  readonly signal: LimitSignal;
  /** In upstream's words. */
  readonly message: string;
}

const EPHEMERAL = 'ephemeral-storage';
const bytesOf = (quantity: string): number => Number(quantityValue(parseQuantity(quantity)));
const shown = (quantity: string): string => formatQuantity(parseQuantity(quantity));

/** emptyDirs on disk that are limited; those in memory are held by their tmpfs. */
const limitedVolumes = ({ spec }: Pod): readonly { readonly name: string; readonly sizeLimit: string }[] =>
  (spec.volumes ?? []).flatMap(({ name, emptyDir }) => {
    const sizeLimit = emptyDir?.sizeLimit;
    return sizeLimit === undefined || emptyDir?.medium || bytesOf(sizeLimit) <= 0 ? [] : [{ name, sizeLimit }];
  });

/** What of a pod has to be measured for its limits. `containers`: its layers and logs too. */
export const localLimits = (pod: Pod): 'none' | 'volumes' | 'containers' => {
  if (podLimits(pod)[EPHEMERAL] !== undefined || pod.spec.containers.some(({ resources }) => resources?.limits?.[EPHEMERAL] !== undefined))
    return 'containers';
  return limitedVolumes(pod).length > 0 ? 'volumes' : 'none';
};

/** The first limit that the pod has outgrown: of a volume, of all together, of a container (pkg/kubelet/eviction/eviction_manager.go localStorageEviction). */
export const exceededLimit = (pod: Pod, usage: PodUsage, layout: StorageLayout): ExceededLimit | undefined =>
  volumeLimit(pod, usage) ?? podLimit(pod, usage) ?? containerLimit(pod, usage, layout);

const volumeLimit = (pod: Pod, { volumes }: PodUsage): ExceededLimit | undefined => {
  const over = limitedVolumes(pod).find(({ name, sizeLimit }) => (volumes.get(name)?.bytes ?? 0) > bytesOf(sizeLimit));
  return (
    over && {
      signal: 'emptydirfs.limit',
      message: `Usage of EmptyDir volume "${over.name}" exceeds the limit "${shown(over.sizeLimit)}". `,
    }
  );
};

const podLimit = (pod: Pod, usage: PodUsage): ExceededLimit | undefined => {
  const limit = podLimits(pod)[EPHEMERAL];
  return limit === undefined || ephemeralBytes(usage) <= bytesOf(limit)
    ? undefined
    : {
        signal: 'ephemeralpodfs.limit',
        message: `Pod ephemeral local storage usage exceeds the total limit of containers ${shown(limit)}. `,
      };
};

/** A layer only counts where it lies on the node's own file system. */
const containerLimit = (pod: Pod, { containers }: PodUsage, layout: StorageLayout): ExceededLimit | undefined => {
  for (const { name, logs, layer } of containers) {
    const limit = pod.spec.containers.find((container) => container.name === name)?.resources?.limits?.[EPHEMERAL];
    if (limit === undefined || bytesOf(limit) === 0) continue;
    const used = (logs?.bytes ?? 0) + (layout === 'shared' ? (layer?.bytes ?? 0) : 0);
    if (used > bytesOf(limit)) {
      const message = `Container ${name} exceeded its local ephemeral storage limit "${shown(limit)}". `;
      return { signal: 'ephemeralcontainerfs.limit', message };
    }
  }
  return undefined;
};
