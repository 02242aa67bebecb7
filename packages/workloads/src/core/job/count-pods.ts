import { finishedMs, type ObservedPod } from '../pod-state.js';
import { matchFailurePolicy } from './failure-policy.js';
import { completionIndex, failedIndexes, isFailedPod, succeededIndexes } from './index-status.js';
import type { Interval } from './indexes.js';
import { countIndexes } from './indexes.js';
import type { FailureRun, IndexFailures, Job, JobRecord } from './job.js';

/** What a Job's Pods came to so far. */
export interface JobCounts {
  readonly succeeded: number;
  readonly failed: number;
  /** Undefined for a Job without indexes. */
  readonly completed?: readonly Interval[];
  /** Undefined without backoffLimitPerIndex. */
  readonly failedIndexes?: readonly Interval[];
  readonly countedUids: readonly string[];
  readonly backoff?: FailureRun;
  readonly indexFailures?: Readonly<Record<string, IndexFailures>>;
}

/** Adds the Pods that have ended since to what the record has; none is counted twice (job_controller.go syncJob). */
export const countJobPods = ({ spec }: Job, record: JobRecord, pods: readonly ObservedPod[]): JobCounts => {
  const counted = new Set(record.countedUids);
  const fresh = pods.filter((pod) => !counted.has(pod.metadata.uid));
  const indexed = spec.completionMode === 'Indexed';
  const valid = indexed ? fresh.filter((pod) => (completionIndex(pod) ?? Number.POSITIVE_INFINITY) < (spec.completions ?? 0)) : fresh;
  const succeeded = valid.filter(({ status }) => status?.phase === 'Succeeded');
  const failed = valid.filter((pod) => isFailedPod(pod, spec));
  const counts = failed.filter((pod) => matchFailurePolicy(spec.podFailurePolicy, pod).counted);
  const status = record.status;
  const asIndexed = { spec, status: { completedIndexes: status?.completedIndexes, failedIndexes: status?.failedIndexes } };
  const completed = indexed ? succeededIndexes(asIndexed, succeeded, isAny) : undefined;
  const present = new Set(pods.map(({ metadata }) => metadata.uid));
  return {
    succeeded: completed === undefined ? (status?.succeeded ?? 0) + succeeded.length : countIndexes(completed),
    failed: (status?.failed ?? 0) + counts.length,
    ...(completed !== undefined && { completed, failedIndexes: failedIndexes(asIndexed, failed, isAny) }),
    countedUids: [...record.countedUids, ...[...succeeded, ...failed].map(({ metadata }) => metadata.uid)].filter((uid) =>
      present.has(uid),
    ),
    backoff: backoffAfter(record.backoff, succeeded.map(finishedMs), failed.map(finishedMs)),
    ...(spec.backoffLimitPerIndex !== undefined && { indexFailures: indexFailuresAfter(record.indexFailures, failed, new Set(counts)) }),
  };
};

const isAny = (): boolean => true;

/** A success ends the run of failures before it (backoff_utils.go newBackoffRecord). */
const backoffAfter = (
  before: FailureRun | undefined,
  successes: readonly number[],
  failures: readonly number[],
): FailureRun | undefined => {
  const lastSuccess = Math.max(Number.NEGATIVE_INFINITY, ...successes);
  const since = failures.filter((time) => time > lastSuccess);
  const kept = successes.length === 0 ? before : undefined;
  if (since.length === 0) return kept;
  return { failures: (kept?.failures ?? 0) + since.length, lastMs: Math.max(...since) };
};

const indexFailuresAfter = (
  before: JobRecord['indexFailures'],
  failed: readonly ObservedPod[],
  counted: ReadonlySet<ObservedPod>,
): Readonly<Record<string, IndexFailures>> => {
  const after: Record<string, IndexFailures> = { ...before };
  for (const pod of failed) {
    const index = String(completionIndex(pod));
    const { counted: sum, ignored, lastMs } = after[index] ?? { counted: 0, ignored: 0, lastMs: 0 };
    after[index] = {
      counted: sum + (counted.has(pod) ? 1 : 0),
      ignored: ignored + (counted.has(pod) ? 0 : 1),
      lastMs: Math.max(lastMs, finishedMs(pod)),
    };
  }
  return after;
};
