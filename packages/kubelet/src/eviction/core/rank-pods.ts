import { type Pod, parseQuantity, podRequests, quantityValue } from '@solo-kubelet/pod-spec';
import { uidOf } from '@solo-kubelet/reconciler';
import { type EvictionSignal, resourceOf } from './eviction-signal.js';
import { diskUseOf, type PodUsage, type PodUsages } from './pod-usage.js';
import { partsAt, type StorageLayout } from './storage-layout.js';

export interface RankInput {
  readonly signal: EvictionSignal;
  readonly layout: StorageLayout;
  readonly usages: PodUsages;
}

type Compare = (a: Pod, b: Pod) => number;

/** Who has to go first (pkg/kubelet/eviction/helpers.go rankMemoryPressure, rankDiskPressureFunc, rankPIDPressure). Equals keep their order. */
export const rankPods = (pods: readonly Pod[], input: RankInput): readonly Pod[] => {
  const comparisons = comparisonsFor(input);
  return [...pods].sort((a, b) => {
    for (const compare of comparisons) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  });
};

const comparisonsFor = (input: RankInput): readonly Compare[] => {
  const { signal, usages } = input;
  const resource = resourceOf(signal);
  const usageOf = (pod: Pod): PodUsage | undefined => usages.get(uidOf(pod));
  /** Of whom nobody knows anything goes first. */
  const known =
    (compare: (a: number, b: number) => number, measure: (pod: Pod, usage: PodUsage) => number): Compare =>
    (a, b) => {
      const [ofA, ofB] = [usageOf(a), usageOf(b)];
      if (ofA === undefined || ofB === undefined) return Number(ofA !== undefined) - Number(ofB !== undefined);
      return compare(measure(a, ofA), measure(b, ofB));
    };
  const more = (a: number, b: number): number => b - a;
  if (resource === 'pids') return [byPriority, known(more, (_, usage) => usage.processes ?? 0)];
  const used = (usage: PodUsage): number => {
    if (resource === 'memory') return usage.memoryBytes ?? 0;
    const { bytes, inodes } = diskUseOf(usage, partsAt(signal, input.layout));
    return resource === 'inodes' ? inodes : bytes;
  };
  // Nobody can ask for inodes, so there every inode is one beyond the request.
  const excess = (pod: Pod, usage: PodUsage): number => used(usage) - (resource === 'inodes' ? 0 : requestOf(pod, resource));
  return [known(more, (pod, usage) => Number(excess(pod, usage) > 0)), byPriority, known(more, excess)];
};

const byPriority: Compare = (a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0);

const requestOf = (pod: Pod, resource: string): number => {
  const request = podRequests(pod)[resource];
  return request === undefined ? 0 : Number(quantityValue(parseQuantity(request)));
};
