import { jobPodDeletionOrder } from '../pod-deletion-order.js';
import type { ObservedPod } from '../pod-state.js';
import { completionIndex } from './index-status.js';
import type { JobSpec } from './job-spec.js';

/**
 * Which active Pods of a Job are to go: at least so many, and of an Indexed Job all that have no index of it or one that another has too
 * (job_controller.go activePodsForRemoval).
 */
export const surplusPods = (spec: JobSpec, active: readonly ObservedPod[], atLeast: number): readonly ObservedPod[] => {
  const useless = spec.completionMode === 'Indexed' ? uselessPods(active, spec.completions ?? 0) : [];
  const left = active.filter((pod) => !useless.includes(pod));
  return [...useless, ...jobPodDeletionOrder(left).slice(0, Math.max(atLeast - useless.length, 0))];
};

const uselessPods = (active: readonly ObservedPod[], completions: number): readonly ObservedPod[] => {
  const byIndex = new Map<number | undefined, ObservedPod[]>();
  for (const pod of active) {
    const index = completionIndex(pod);
    const key = index === undefined || index >= completions ? undefined : index;
    byIndex.set(key, [...(byIndex.get(key) ?? []), pod]);
  }
  return [...byIndex].flatMap(([index, pods]) => (index === undefined ? pods : jobPodDeletionOrder(pods).slice(0, -1)));
};
