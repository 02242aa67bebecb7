import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import type { ObservedPod } from '../pod-state.js';
import type { JobSpec } from './job-spec.js';

/** After failures of a Job's Pods: upstream's DefaultJobPodFailureBackOff and MaxJobPodFailureBackOff. */
const POD_FAILURE_BACKOFF: ExponentialBackoff = { initialMs: 10_000, maxMs: 600_000 };

/** How long no Pod is made after so many failures in a row, the last of them `sinceMs` ago (backoff_utils.go). */
export const remainingBackoffMs = (failures: number, sinceMs: number): number => {
  if (failures <= 0) return 0;
  return Math.max(backoffMs(POD_FAILURE_BACKOFF, failures) - sinceMs, 0);
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
