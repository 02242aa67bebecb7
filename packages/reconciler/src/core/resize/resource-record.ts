import type { ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { PodLedger } from '../pod-ledger.js';
import { type PodResources, resourcesOfPod } from './pod-resources.js';

/** What a pod has been allocated and what its cgroups are held to: no runtime tells it exactly. */
export interface ResourceRecord {
  readonly allocated: PodResources;
  /** By container name. */
  readonly actuated: Readonly<Record<string, ResourceRequirements>>;
  readonly podCgroup?: PodResources | undefined;
}

/** Undefined while nobody knows. */
export const resourceRecord = ({ pod, allocatedBefore, actuated, podCgroup }: PodLedger): ResourceRecord | undefined => {
  const allocated = pod === undefined ? allocatedBefore : resourcesOfPod(pod);
  return allocated && { allocated, actuated: Object.fromEntries(actuated), ...(podCgroup && { podCgroup }) };
};
