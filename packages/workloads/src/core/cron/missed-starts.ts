import { type CronSchedule, nextTime } from '@solo-kubelet/object-spec';

export interface StartQuestion {
  readonly schedule: CronSchedule;
  readonly createdMs: number;
  readonly lastScheduleMs?: number;
  readonly startingDeadlineSeconds?: number;
  readonly nowMs: number;
}

export interface MissedStarts {
  /** From when starts are looked for. */
  readonly earliestMs: number;
  /** How many starts were missed, by estimate from the first two; `many`: over 100. */
  readonly missed: 'none' | 'few' | 'many';
  /** The start that is due: only the last one of those missed. */
  readonly mostRecentMs?: number;
  /** The schedule has no times, or none that differ. */
  readonly error?: string;
}

const NO_TIMES = 'time difference between two schedules is less than 1 second';
const MANY = 100;

/** Which start of a CronJob is due (cronjob/utils.go mostRecentScheduleTime). */
export const missedStarts = ({ schedule, createdMs, lastScheduleMs, startingDeadlineSeconds, nowMs }: StartQuestion): MissedStarts => {
  const deadlineMs = startingDeadlineSeconds === undefined ? Number.NEGATIVE_INFINITY : nowMs - startingDeadlineSeconds * 1_000;
  const earliestMs = Math.max(lastScheduleMs ?? createdMs, deadlineMs);
  const first = nextTime(schedule, earliestMs);
  if (first === undefined) return { earliestMs, missed: 'none', error: NO_TIMES };
  if (nowMs < first) return { earliestMs, missed: 'none' };
  const second = nextTime(schedule, first);
  if (second === undefined) return { earliestMs, missed: 'none', error: NO_TIMES };
  if (nowMs < second) return { earliestMs, missed: 'none', mostRecentMs: first };
  const betweenMs = second - first;
  const count = Math.floor((nowMs - first) / betweenMs) + 1;
  return { earliestMs, missed: count > MANY ? 'many' : 'few', mostRecentMs: lastStart(schedule, first + (count - 2) * betweenMs, nowMs) };
};

/** The last start between the two instants, for schedules whose starts are not evenly spaced. */
const lastStart = (schedule: CronSchedule, fromMs: number, nowMs: number): number | undefined => {
  let last: number | undefined;
  for (let time = nextTime(schedule, fromMs); time !== undefined && time <= nowMs; time = nextTime(schedule, time)) last = time;
  return last;
};

/** Upstream's margin for clocks that differ (nextScheduleDelta). */
const MARGIN_MS = 100;

/** When the next start is to be looked at; undefined if there is none (nextScheduleTimeDuration). */
export const nextStartWakeMs = (question: StartQuestion): number | undefined => {
  const { earliestMs, missed, mostRecentMs, error } = missedStarts({ ...question, startingDeadlineSeconds: undefined });
  const from = error !== undefined ? question.nowMs : (mostRecentMs ?? (missed === 'none' ? earliestMs : question.nowMs));
  const next = nextTime(question.schedule, from);
  return next === undefined ? undefined : next + MARGIN_MS;
};

/** The name of the Job for one start: the same for every look at it, so that none runs twice. */
export const cronJobRunName = (cronJobName: string, scheduledMs: number): string => `${cronJobName}-${Math.trunc(scheduledMs / 60_000)}`;
