import { atoi, MAX_INT32 } from '../go-integers.js';
import type { ObservedPod } from '../pod-state.js';
import { matchFailurePolicy } from './failure-policy.js';
import { type Interval, parseIndexes, withIndexes } from './indexes.js';
import type { JobSpec } from './job-spec.js';

/** A Job as far as its indexes go. */
export interface IndexedJob {
  readonly spec: JobSpec;
  readonly status?: { readonly completedIndexes?: string; readonly failedIndexes?: string };
}

const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';
const FAILURE_COUNT_ANNOTATION = 'batch.kubernetes.io/job-index-failure-count';
/** A Pod without it has been counted before. */
const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking';

/** The index that a Pod works on; undefined if its annotation gives none. */
export const completionIndex = ({ metadata }: ObservedPod): number | undefined => {
  const index = atoi(metadata.annotations?.[INDEX_ANNOTATION] ?? '');
  return index.ok && index.value >= 0 ? index.value : undefined;
};

/** How often the Pods before this one failed at its index. */
export const indexFailureCount = ({ metadata }: ObservedPod): number => {
  const count = atoi(metadata.annotations?.[FAILURE_COUNT_ANNOTATION] ?? '');
  return count.ok && count.value >= 0 && count.value <= MAX_INT32 ? count.value : 0;
};

/** Whether the Job waits for a Pod to be gone before it makes another. */
export const onlyReplacesFailedPods = ({ podReplacementPolicy, podFailurePolicy }: JobSpec): boolean =>
  podReplacementPolicy === 'Failed' || (podFailurePolicy !== undefined && podFailurePolicy !== null);

/** A deleted Pod counts as failed, unless the Job waits for its end. */
export const isFailedPod = ({ metadata, status }: ObservedPod, spec: JobSpec): boolean =>
  status?.phase === 'Failed' || (!onlyReplacesFailedPods(spec) && Boolean(metadata.deletionTimestamp) && status?.phase !== 'Succeeded');

/** Whether a Pod has not been counted in the status yet. Upstream tells by a finalizer; who keeps count otherwise passes only such Pods. */
export type IsUncounted = (pod: ObservedPod) => boolean;
const hasFinalizer: IsUncounted = ({ metadata }) => metadata.finalizers?.includes(TRACKING_FINALIZER) ?? false;

const countablePods = (
  job: IndexedJob,
  pods: readonly ObservedPod[],
  isUncounted: IsUncounted,
): readonly (readonly [number, ObservedPod])[] =>
  pods.flatMap((pod) => {
    const index = completionIndex(pod);
    const counts = index !== undefined && index < (job.spec.completions ?? 0) && isUncounted(pod);
    return counts ? [[index, pod] as const] : [];
  });

/** The indexes that are done: those of the status, and those of Pods that succeeded since (indexed_job_utils.go calculateSucceededIndexes). */
export const succeededIndexes = (
  job: IndexedJob,
  pods: readonly ObservedPod[],
  isUncounted: IsUncounted = hasFinalizer,
): readonly Interval[] =>
  withIndexes(
    parseIndexes(job.status?.completedIndexes ?? '', job.spec.completions ?? 0),
    countablePods(job, pods, isUncounted).flatMap(([index, pod]) => (pod.status?.phase === 'Succeeded' ? [index] : [])),
  );

/** The indexes that failed for good; undefined if the Job has no back-off limit of each index (calculateFailedIndexes). */
export const failedIndexes = (
  job: IndexedJob,
  pods: readonly ObservedPod[],
  isUncounted: IsUncounted = hasFinalizer,
): readonly Interval[] | undefined => {
  const limit = job.spec.backoffLimitPerIndex;
  if (limit === undefined || limit === null) return undefined;
  return withIndexes(
    parseIndexes(job.status?.failedIndexes ?? '', job.spec.completions ?? 0),
    countablePods(job, pods, isUncounted).flatMap(([index, pod]) => (failsIndex(job.spec, limit, pod) ? [index] : [])),
  );
};

const failsIndex = (spec: JobSpec, limit: number, pod: ObservedPod): boolean => {
  if (!isFailedPod(pod, spec)) return false;
  const { action, counted } = matchFailurePolicy(spec.podFailurePolicy, pod);
  return action === 'FailIndex' || (counted && indexFailureCount(pod) >= limit);
};
