import type { SeenPod } from '../core/expand/sync-workload.js';
import type { WorkloadEntry } from '../core/expand/workload-entry.js';

/** Whether a Pod may seem not to be ready only since this process has not heard of its readiness probe yet. */
export const waitsForProbes = ({ children }: WorkloadEntry, pods: ReadonlyMap<string, SeenPod>): boolean =>
  children.some(({ pod, endingSince }) => {
    const status = pods.get(pod.metadata.uid ?? '')?.status;
    if (endingSince !== undefined || status?.phase === 'Failed' || status?.phase === 'Succeeded') return false;
    return pod.spec.containers.some(({ name, readinessProbe }) => {
      const container = status?.containerStatuses?.find((one) => one.name === name);
      return readinessProbe !== undefined && container?.state?.running !== undefined && !container.ready;
    });
  });
