import { metaTime } from '@solo-kubelet/diagnostics/text';
import { burst } from '../burst.js';
import { isActivePod, isReady, isTerminatingPod, type ObservedPod } from '../pod-state.js';
import { earliest, type NewPod, type PodIdentity, type WorkloadEvent } from '../workload.js';
import { remainingBackoffMs } from './backoff.js';
import { countJobPods, type JobCounts } from './count-pods.js';
import { matchFailurePolicy } from './failure-policy.js';
import { activeDeadlineMs, COMPLETED, findCondition, type JobEnd, jobEnd } from './finish.js';
import { completionIndex, onlyReplacesFailedPods } from './index-status.js';
import { formatIndexes, mergeIndexes, pendingIndexes, withIndexes } from './indexes.js';
import type { Job, JobCondition, JobDecision, JobRecord, JobStatus } from './job.js';
import { jobPod } from './make-pods.js';
import { surplusPods } from './surplus-pods.js';

export interface JobQuestion {
  readonly job: Job;
  /** All Pods that the Job made, those that end or have ended among them. */
  readonly pods: readonly ObservedPod[];
  readonly record: JobRecord;
  readonly nowMs: number;
}

const CONTROLLER = 'kubernetes.io/job-controller';
const NO_PODS = { active: 0, ready: 0, terminating: 0, succeeded: 0, failed: 0 } as const;

/** What a Job needs now (pkg/controller/job/job_controller.go syncJob). Asked again with its own answer it decides nothing more. */
export const reduceJob = (question: JobQuestion): JobDecision => {
  const { job, record, nowMs } = question;
  const status = record.status ?? { conditions: [], ...NO_PODS };
  const finished = findCondition(status, 'Complete', 'Failed');
  const foreign = (job.spec.managedBy ?? CONTROLLER) !== CONTROLLER;
  if (!foreign && finished === undefined) return sync(question, status);
  const ttl = job.spec.ttlSecondsAfterFinished;
  const endMs = finished === undefined || ttl === undefined ? undefined : Date.parse(finished.lastTransitionTime) + ttl * 1_000;
  const expired = endMs !== undefined && endMs <= nowMs;
  return { status, record, events: [], create: [], delete: [], expired, wakeAtMs: earliest([endMs], nowMs) };
};

/** What is to be done to the Pods, and until when nothing is. */
interface PodChanges {
  readonly create: readonly NewPod[];
  readonly delete: readonly ObservedPod[];
  readonly waitMs?: number;
}

const sync = (question: JobQuestion, before: JobStatus): JobDecision => {
  const { job, pods, record, nowMs } = question;
  const { spec } = job;
  const counts = countJobPods(job, record, pods);
  // Whose end was written down already must go, should the act have been lost.
  const counted = new Set(record.countedUids);
  const alive = pods.filter(isActivePod);
  const condemned = alive.filter(({ metadata }) => counted.has(metadata.uid));
  const active = alive.filter((pod) => !condemned.includes(pod));
  const suspension = suspensionOf(job, before, nowMs);
  const startMs = suspension.startTime === undefined ? undefined : Date.parse(suspension.startTime);
  const early = jobEnd({ job, status: before, counts, pods, startMs, nowMs });
  const changes: PodChanges = early === undefined ? manage(question, counts, active, condemned) : { create: [], delete: active };
  const left = active.length - changes.delete.length + changes.create.length;
  const done =
    early === undefined && left === 0 && (spec.completions === undefined ? counts.succeeded > 0 : counts.succeeded >= spec.completions);
  const end = early ?? (done ? COMPLETED : undefined);
  // A Job that ends is no longer suspended, and keeps the time from which it ran.
  const startTime = end === undefined ? suspension.startTime : (before.startTime ?? suspension.startTime);
  const terminating = pods.filter(isTerminatingPod).length + condemned.length + changes.delete.length;
  const ending = endConditions(end === undefined ? suspension.conditions : before.conditions, end, terminating === 0, nowMs);
  const finished = ending.find(({ type }) => type === 'Complete' || type === 'Failed');
  // Whom the Job itself ends has not failed, unless the Job has.
  const lost =
    early?.type === 'FailureTarget' ? changes.delete.filter((pod) => matchFailurePolicy(spec.podFailurePolicy, pod).counted) : [];
  const status: JobStatus = {
    conditions: ending,
    ...(startTime !== undefined && { startTime }),
    ...(finished?.type === 'Complete' && { completionTime: finished.lastTransitionTime }),
    active: left,
    ready: active.filter((pod) => isReady(pod) && !changes.delete.includes(pod)).length,
    terminating,
    succeeded: counts.succeeded,
    failed: counts.failed + lost.length,
    ...(counts.completed !== undefined && { completedIndexes: formatIndexes(counts.completed) }),
    ...(counts.failedIndexes !== undefined && { failedIndexes: formatIndexes(counts.failedIndexes) }),
  };
  const deleted = [...condemned, ...changes.delete].map(({ metadata: { name, uid } }): PodIdentity => ({ name, uid }));
  return {
    status,
    record: {
      podsMade: record.podsMade + changes.create.length,
      status,
      countedUids: [...new Set([...counts.countedUids, ...deleted.map(({ uid }) => uid)])],
      ...(counts.backoff !== undefined && { backoff: counts.backoff }),
      ...(counts.indexFailures !== undefined && { indexFailures: counts.indexFailures }),
    },
    events: [
      ...deleted.map(({ name }): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted pod: ${name}` })),
      ...changes.create.map(
        ({ metadata }): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulCreate', message: `Created pod: ${metadata.name}` }),
      ),
      ...(end === undefined ? suspension.events : []),
      ...(finished === undefined ? [] : finishEvents(finished, spec.completions, counts.succeeded)),
    ],
    create: changes.create,
    delete: deleted,
    expired: finished !== undefined && spec.ttlSecondsAfterFinished === 0,
    wakeAtMs: earliest(
      [
        end === undefined ? activeDeadlineMs(job, startMs) : undefined,
        changes.waitMs === undefined ? undefined : nowMs + changes.waitMs,
        finished === undefined || spec.ttlSecondsAfterFinished === undefined ? undefined : nowMs + spec.ttlSecondsAfterFinished * 1_000,
      ],
      nowMs,
    ),
  };
};

const manage = (
  { job, pods, record, nowMs }: JobQuestion,
  counts: JobCounts,
  active: readonly ObservedPod[],
  condemned: readonly ObservedPod[],
): PodChanges => {
  const { spec } = job;
  if (spec.suspend) return { create: [], delete: active };
  const parallelism = spec.parallelism ?? 1;
  const wanted =
    spec.completions === undefined
      ? counts.succeeded > 0
        ? active.length
        : parallelism
      : Math.max(Math.min(spec.completions - counts.succeeded, parallelism), 0);
  const surplus = surplusPods(spec, active, Math.max(active.length - wanted, 0));
  if (surplus.length > 0) return { create: [], delete: surplus };
  const terminating = onlyReplacesFailedPods(spec) ? [...pods.filter(isTerminatingPod), ...condemned] : [];
  const missing = burst(active, wanted - terminating.length - active.length);
  if (missing <= 0) return { create: [], delete: [] };
  const backoffOf = (failures: number, lastMs: number): number => remainingBackoffMs(failures, nowMs - lastMs);
  const number = (i: number): number => record.podsMade + i;
  if (spec.backoffLimitPerIndex === undefined) {
    const waitMs = counts.backoff === undefined ? 0 : backoffOf(counts.backoff.failures, counts.backoff.lastMs);
    if (waitMs > 0) return { create: [], delete: [], waitMs };
  }
  if (counts.completed === undefined) {
    return { create: Array.from({ length: missing }, (_, i) => jobPod(job, { number: number(i) })), delete: [] };
  }
  const busy = [...active, ...terminating].flatMap((pod) => completionIndex(pod) ?? []);
  const taken = mergeIndexes(withIndexes(counts.completed, busy), counts.failedIndexes ?? []);
  const waits = pendingIndexes(taken, spec.completions ?? 0, missing).map((index) => {
    const failures = counts.indexFailures?.[index];
    return { index, failures, waitMs: failures === undefined ? 0 : backoffOf(failures.counted + failures.ignored, failures.lastMs) };
  });
  const ready = waits.filter(({ waitMs }) => waitMs === 0);
  const waiting = waits.filter(({ waitMs }) => waitMs > 0);
  return {
    create: ready.map(({ index, failures }, i) => jobPod(job, { number: number(i), index, failures })),
    delete: [],
    ...(waiting.length > 0 && { waitMs: Math.min(...waiting.map(({ waitMs }) => waitMs)) }),
  };
};

interface Suspension {
  readonly conditions: readonly JobCondition[];
  readonly startTime?: string;
  readonly events: readonly WorkloadEvent[];
}

/** Notes that the Job was suspended or goes on; its time starts anew then. */
const suspensionOf = ({ spec }: Job, { conditions, startTime }: JobStatus, nowMs: number): Suspension => {
  const now = metaTime(nowMs);
  const suspended = conditions.find(({ type }) => type === 'Suspended');
  const others = conditions.filter(({ type }) => type !== 'Suspended');
  if (spec.suspend) {
    if (suspended?.status === 'True') return { conditions, startTime, events: [] };
    const condition = {
      type: 'Suspended',
      status: 'True',
      reason: 'JobSuspended',
      message: 'Job suspended',
      lastTransitionTime: now,
    } as const;
    return { conditions: [...others, condition], events: [{ type: 'Normal', reason: 'Suspended', message: 'Job suspended' }] };
  }
  if (suspended?.status !== 'True') return { conditions, startTime: startTime ?? now, events: [] };
  const condition = { type: 'Suspended', status: 'False', reason: 'JobResumed', message: 'Job resumed', lastTransitionTime: now } as const;
  return { conditions: [...others, condition], startTime: now, events: [{ type: 'Normal', reason: 'Resumed', message: 'Job resumed' }] };
};

/** With the end that is known, and, once no Pod is left, the end itself. */
const endConditions = (
  conditions: readonly JobCondition[],
  end: JobEnd | undefined,
  gone: boolean,
  nowMs: number,
): readonly JobCondition[] => {
  if (end === undefined) return conditions;
  const { type, reason, message } = end;
  const stamped = (name: JobCondition['type']): JobCondition => ({
    type: name,
    status: 'True',
    reason,
    message,
    lastTransitionTime: metaTime(nowMs),
  });
  const known = conditions.some((condition) => condition.type === type && condition.status === 'True');
  const interim = known ? conditions : [...conditions, stamped(type)];
  return gone ? [...interim, stamped(type === 'FailureTarget' ? 'Failed' : 'Complete')] : interim;
};

const finishEvents = (
  { type, reason, message }: JobCondition,
  completions: number | undefined,
  succeeded: number,
): readonly WorkloadEvent[] => {
  if (type === 'Failed') return [{ type: 'Warning', reason, message }];
  const completed: WorkloadEvent = { type: 'Normal', reason: 'Completed', message: 'Job completed' };
  if (completions === undefined || succeeded <= completions) return [completed];
  return [
    { type: 'Warning', reason: 'TooManySucceededPods', message: 'Too many succeeded pods running after completion count reached' },
    completed,
  ];
};
