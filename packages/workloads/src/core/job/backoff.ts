import type { ObservedPod } from '../pod-state.js';
import type { JobSpec } from './job-spec.js';

/** Wait after the first failure of a Job's Pods; doubles with each further one. Upstream's DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff. */
const FIRST_BACKOFF_MS = 10_000;
const MAX_BACKOFF_MS = 600_000;

/** How long no Pod is made after so many failures in a row, the last of them `sinceMs` ago (backoff_utils.go). */
export const remainingBackoffMs = (failures: number, sinceMs: number): number => {
  if (failures <= 0) return 0;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(failures - 1, 10), MAX_BACKOFF_MS);
  return Math.max(backoffMs - sinceMs, 0);
};

/** Whether containers restarted in place too often (job_controller.go pastBackoffLimitOnFailure). */
export const isPastRestartLimit = (spec: JobSpec, pods: readonly ObservedPod[]): boolean => {
  if (spec.template.spec.restartPolicy !== 'OnFailure') return false;
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + (restartCount ?? 0), 0);
  const limit = spec.backoffLimit ?? 6;
  return limit === 0 ? restarts > 0 : restarts >= limit;
};
