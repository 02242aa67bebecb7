import { metaTime } from '@solo-kubelet/diagnostics/text';
import { type CronSchedule, isTimeZone, zoneOffset } from '@solo-kubelet/object-spec';
import type { WorkloadEvent } from '../workload.js';
import type { CronJob, CronJobDecision, CronJobRecord, CronJobStatus, NewJob, OwnedJob } from './cron-job.js';
import { cronJobRunName, missedStarts, nextStartWakeMs, type StartQuestion } from './missed-starts.js';
import { parseSchedule } from './parse-schedule.js';

export interface CronJobQuestion {
  readonly cronJob: CronJob;
  /** All Jobs that the CronJob owns. */
  readonly jobs: readonly OwnedJob[];
  readonly record: CronJobRecord;
  readonly nowMs: number;
}

/** What a CronJob needs now (pkg/controller/cronjob/cronjob_controllerv2.go). Asked again with its own answer it decides nothing more. */
export const reduceCronJob = ({ cronJob, jobs, record: before, nowMs }: CronJobQuestion): CronJobDecision => {
  const record = withSchedule(before, cronJob, nowMs);
  const past = oldJobs(cronJob, jobs);
  const observed = observe(jobs, record);
  const start = startOf(cronJob, jobs, observed.status, record, nowMs);
  const warnings = [...observed.standing, ...start.standing];
  const gone = [...past, ...start.replaced];
  const status: CronJobStatus = {
    ...observed.status,
    active: [...observed.status.active.filter((name) => !start.replaced.includes(name)), ...start.create.map(({ name }) => name)].filter(
      (name, i, names) => names.indexOf(name) === i,
    ),
    ...(start.scheduledMs !== undefined && { lastScheduleTime: metaTime(start.scheduledMs) }),
  };
  return {
    status,
    record: {
      status,
      schedule: record.schedule,
      ...(record.scheduleSinceMs !== undefined && { scheduleSinceMs: record.scheduleSinceMs }),
      ...(start.scheduledMs !== undefined && { startingMs: start.scheduledMs }),
      told: warnings.map(({ message }) => message),
    },
    events: [
      ...gone.map((name): WorkloadEvent => ({ type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` })),
      ...observed.events,
      ...warnings.filter(({ message }) => !record.told.includes(message)),
      ...start.events,
    ],
    create: start.create,
    delete: gone,
    wakeAtMs: start.wakeAtMs,
  };
};

/** An edited schedule starts nothing for times before the edit: upstream's controller is only woken at its next one (updateCronJob). */
const withSchedule = (record: CronJobRecord, { spec }: CronJob, nowMs: number): CronJobRecord & { readonly schedule: string } => {
  const schedule = `${spec.timeZone ?? ''} ${spec.schedule}`;
  const isEdited = record.schedule !== undefined && record.schedule !== schedule;
  return { ...record, schedule, ...(isEdited && { scheduleSinceMs: nowMs }) };
};

/** The finished Jobs beyond the limits, those that started first. */
const oldJobs = ({ spec }: CronJob, jobs: readonly OwnedJob[]): readonly string[] => {
  const beyond = (finished: OwnedJob['finished'], limit: number | undefined): readonly string[] => {
    const ended = jobs.filter((job) => job.finished === finished).toSorted(byStart);
    return limit === undefined ? [] : ended.slice(0, Math.max(ended.length - limit, 0)).map(({ name }) => name);
  };
  return [...beyond('Complete', spec.successfulJobsHistoryLimit), ...beyond('Failed', spec.failedJobsHistoryLimit)];
};

/** Those that never started come last. */
const byStart = (a: OwnedJob, b: OwnedJob): number =>
  (a.startMs ?? Number.MAX_SAFE_INTEGER) - (b.startMs ?? Number.MAX_SAFE_INTEGER) || (a.name < b.name ? -1 : 1);

interface Observed {
  readonly status: CronJobStatus;
  readonly events: readonly WorkloadEvent[];
  /** What is told once for as long as it holds. */
  readonly standing: readonly WorkloadEvent[];
}

const observe = (jobs: readonly OwnedJob[], record: CronJobRecord): Observed => {
  const { active, lastSuccessfulTime } = record.status;
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const events = active.flatMap((name): WorkloadEvent[] => {
    const job = byName.get(name);
    if (job?.finished !== undefined) {
      return [{ type: 'Normal', reason: 'SawCompletedJob', message: `Saw completed job: ${name}, condition: ${job.finished}` }];
    }
    return job === undefined && record.startingMs === undefined
      ? [{ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` }]
      : [];
  });
  const successes = jobs.flatMap(({ finished, completionMs }) =>
    finished === 'Complete' && completionMs !== undefined ? [completionMs] : [],
  );
  const lastSuccess = Math.max(lastSuccessfulTime === undefined ? Number.NEGATIVE_INFINITY : Date.parse(lastSuccessfulTime), ...successes);
  return {
    status: {
      ...record.status,
      active: active.filter((name) => byName.has(name) && byName.get(name)?.finished === undefined),
      ...(Number.isFinite(lastSuccess) && { lastSuccessfulTime: metaTime(lastSuccess) }),
    },
    events,
    standing: jobs
      .filter(({ name, finished }) => finished === undefined && !active.includes(name))
      .map(({ name }) => ({
        type: 'Warning',
        reason: 'UnexpectedJob',
        message: `Saw a job that the controller did not create or forgot: ${name}`,
      })),
  };
};

interface Start {
  readonly create: readonly NewJob[];
  readonly replaced: readonly string[];
  readonly events: readonly WorkloadEvent[];
  readonly standing: readonly WorkloadEvent[];
  /** The start that is made. */
  readonly scheduledMs?: number;
  readonly wakeAtMs?: number;
}

const NOTHING: Start = { create: [], replaced: [], events: [], standing: [] };
const warning = (reason: string, message: string): Start => ({ ...NOTHING, standing: [{ type: 'Warning', reason, message }] });

const startOf = (cronJob: CronJob, jobs: readonly OwnedJob[], status: CronJobStatus, record: CronJobRecord, nowMs: number): Start => {
  const { schedule, timeZone, suspend } = cronJob.spec;
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    return warning('UnknownTimeZone', `invalid timeZone: "${timeZone}": unknown time zone ${timeZone}`);
  }
  if (suspend) return NOTHING;
  const parsed = parseSchedule(schedule, timeZone);
  if (!parsed.ok) return warning('UnparseableSchedule', `unparseable schedule: "${schedule}" : ${parsed.error}`);
  const question = startQuestion(cronJob, parsed.value, { ...status, scheduleSinceMs: record.scheduleSinceMs }, nowMs);
  // Written down, but not made when the kubelet ended: it is made now. Its name keeps it from being made twice.
  const lost =
    record.startingMs !== undefined && !jobs.some(({ name }) => name === cronJobRunName(cronJob.metadata.name, record.startingMs!));
  if (lost) {
    const running = jobs.filter(({ finished }) => finished === undefined).map(({ name }) => name);
    return made(cronJob, question, record.startingMs!, cronJob.spec.concurrencyPolicy === 'Replace' ? running : []);
  }
  const due = missedStarts(question);
  if (due.error !== undefined) return warning('InvalidSchedule', `invalid schedule: ${schedule} : ${due.error}`);
  const wakeAtMs = nextStartWakeMs(question);
  const scheduledMs = due.mostRecentMs;
  if (scheduledMs === undefined || jobs.some(({ name }) => name === cronJobRunName(cronJob.metadata.name, scheduledMs)))
    return { ...NOTHING, wakeAtMs };
  if (cronJob.spec.concurrencyPolicy === 'Forbid' && status.active.length > 0) return { ...forbidden, wakeAtMs };
  const replaced = cronJob.spec.concurrencyPolicy === 'Replace' ? status.active : [];
  const start = made(cronJob, question, scheduledMs, replaced);
  return due.missed === 'many' ? { ...start, events: [TOO_MANY, ...start.events] } : start;
};

const forbidden: Start = {
  ...NOTHING,
  standing: [
    {
      type: 'Normal',
      reason: 'JobAlreadyActive',
      message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
    },
  ],
};

const TOO_MANY: WorkloadEvent = {
  type: 'Warning',
  reason: 'TooManyMissedTimes',
  message: 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
};

const startQuestion = (
  { metadata, spec }: CronJob,
  schedule: CronSchedule,
  { lastScheduleTime, scheduleSinceMs }: Pick<CronJobStatus, 'lastScheduleTime'> & Pick<CronJobRecord, 'scheduleSinceMs'>,
  nowMs: number,
): StartQuestion => ({
  schedule,
  createdMs: Math.max(metadata.createdMs, scheduleSinceMs ?? Number.NEGATIVE_INFINITY),
  lastScheduleMs:
    lastScheduleTime === undefined ? undefined : Math.max(Date.parse(lastScheduleTime), scheduleSinceMs ?? Number.NEGATIVE_INFINITY),
  startingDeadlineSeconds: spec.startingDeadlineSeconds,
  nowMs,
});

const made = (cronJob: CronJob, question: StartQuestion, scheduledMs: number, replaced: readonly string[]): Start => {
  const job = cronJobRun(cronJob, scheduledMs);
  return {
    create: [job],
    replaced,
    events: [{ type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${job.name}` }],
    standing: [],
    scheduledMs,
    wakeAtMs: nextStartWakeMs({ ...question, lastScheduleMs: scheduledMs }),
  };
};

const SCHEDULED_ANNOTATION = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

/** The Job of one start; its name comes from the minute (cronjob/utils.go getJobFromTemplate2). */
export const cronJobRun = ({ metadata, spec }: CronJob, scheduledMs: number): NewJob => ({
  name: cronJobRunName(metadata.name, scheduledMs),
  labels: { ...spec.jobTemplate.metadata?.labels },
  annotations: { ...spec.jobTemplate.metadata?.annotations, [SCHEDULED_ANNOTATION]: zonedTime(scheduledMs, spec.timeZone) },
  spec: spec.jobTemplate.spec,
});

/** RFC 3339 with the offset of a zone. */
const zonedTime = (ms: number, timeZone = 'UTC'): string => {
  const minutes = Math.trunc(zoneOffset(timeZone === '' || timeZone === 'Local' ? 'UTC' : timeZone)(ms) / 60_000);
  const local = metaTime(ms + minutes * 60_000);
  if (minutes === 0) return local;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${local.slice(0, -1)}${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
};
