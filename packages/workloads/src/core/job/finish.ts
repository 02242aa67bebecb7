import { MAX_INT32 } from '../go-integers.js';
import type { ObservedPod } from '../pod-state.js';
import { isPastRestartLimit } from './backoff.js';
import type { JobCounts } from './count-pods.js';
import { matchFailurePolicy } from './failure-policy.js';
import { isFailedPod } from './index-status.js';
import { countIndexes } from './indexes.js';
import type { Job, JobCondition, JobStatus } from './job.js';
import { matchSuccessPolicy } from './success-policy.js';

/** How a Job ends, from when it is known on: first the Pods that still run are ended. */
export type JobEnd = Pick<JobCondition, 'reason' | 'message'> & { readonly type: 'SuccessCriteriaMet' | 'FailureTarget' };

const failure = (reason: string, message: string): JobEnd => ({ type: 'FailureTarget', reason, message });
export const COMPLETED: JobEnd = {
  type: 'SuccessCriteriaMet',
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

export const findCondition = (status: JobStatus | undefined, ...types: readonly JobCondition['type'][]): JobCondition | undefined =>
  status?.conditions.find(({ type, status: holds }) => types.includes(type) && holds === 'True');

/** When the Job has been active for as long as it may; undefined without a limit. */
export const activeDeadlineMs = ({ spec }: Job, startMs: number | undefined): number | undefined =>
  spec.activeDeadlineSeconds === undefined || startMs === undefined || spec.suspend
    ? undefined
    : startMs + spec.activeDeadlineSeconds * 1_000;

export interface EndQuestion {
  readonly job: Job;
  readonly status: JobStatus | undefined;
  readonly counts: JobCounts;
  readonly pods: readonly ObservedPod[];
  readonly startMs: number | undefined;
  readonly nowMs: number;
}

/** The first reason why a Job ends before all that it is for is done; undefined if there is none (job_controller.go syncJob). */
export const jobEnd = (question: EndQuestion): JobEnd | undefined => {
  const { job, status, counts, pods, startMs, nowMs } = question;
  const { spec } = job;
  const known = findCondition(status, 'SuccessCriteriaMet') ?? findCondition(status, 'FailureTarget');
  if (known !== undefined) return { type: known.type as JobEnd['type'], reason: known.reason, message: known.message };
  const byPolicy =
    spec.podFailurePolicy &&
    pods.filter((pod) => isFailedPod(pod, spec)).map((pod) => matchFailurePolicy(spec.podFailurePolicy, pod).message);
  const message = byPolicy?.find((text) => text !== undefined);
  if (message !== undefined) return failure('PodFailurePolicy', message);
  const limit = spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : MAX_INT32);
  if (counts.failed > limit || isPastRestartLimit({ ...spec, backoffLimit: limit }, pods)) {
    return failure('BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const deadlineMs = activeDeadlineMs(job, startMs);
  if (deadlineMs !== undefined && nowMs >= deadlineMs) return failure('DeadlineExceeded', 'Job was active longer than specified deadline');
  return endOfIndexes(question);
};

const endOfIndexes = ({ job: { spec }, counts }: EndQuestion): JobEnd | undefined => {
  if (counts.completed === undefined) return undefined;
  const failed = countIndexes(counts.failedIndexes ?? []);
  if (spec.maxFailedIndexes !== undefined && failed > spec.maxFailedIndexes) {
    return failure('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes');
  }
  if (failed > 0 && failed + counts.succeeded >= (spec.completions ?? 0)) return failure('FailedIndexes', 'Job has failed indexes');
  const message = matchSuccessPolicy(spec.successPolicy, spec.completions ?? 0, counts.completed);
  return message === undefined ? undefined : { type: 'SuccessCriteriaMet', reason: 'SuccessPolicy', message };
};
