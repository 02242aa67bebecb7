import type { JobSpec } from '../job/job-spec.js';
import type { WorkloadEvent } from '../workload.js';

/** A CronJob with its defaults filled in. */
export interface CronJob {
  readonly metadata: { readonly name: string; readonly createdMs: number };
  readonly spec: {
    readonly schedule: string;
    readonly timeZone?: string;
    readonly startingDeadlineSeconds?: number;
    readonly concurrencyPolicy?: 'Allow' | 'Forbid' | 'Replace';
    readonly suspend?: boolean;
    readonly successfulJobsHistoryLimit?: number;
    readonly failedJobsHistoryLimit?: number;
    readonly jobTemplate: {
      readonly metadata?: {
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
      };
      readonly spec: JobSpec;
    };
  };
}

/** A Job that the CronJob owns. */
export interface OwnedJob {
  readonly name: string;
  /** How it ended; undefined while it runs. */
  readonly finished?: 'Complete' | 'Failed';
  readonly startMs?: number;
  readonly completionMs?: number;
}

export interface NewJob {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JobSpec;
}

export interface CronJobStatus {
  /** Names of the Jobs that run. */
  readonly active: readonly string[];
  readonly lastScheduleTime?: string;
  readonly lastSuccessfulTime?: string;
}

/** What cannot be derived, to be written before anything is done. */
export interface CronJobRecord {
  readonly status: CronJobStatus;
  /** A Job that may have been written down but not made. */
  readonly startingMs?: number;
  /** The schedule with its zone that was gone by last. */
  readonly schedule?: string;
  /** When it took the place of another: times of before are none of its own. */
  readonly scheduleSinceMs?: number;
  /** What has been told of and still holds. */
  readonly told: readonly string[];
}

export interface CronJobDecision {
  readonly status: CronJobStatus;
  readonly record: CronJobRecord;
  readonly events: readonly WorkloadEvent[];
  readonly create: readonly NewJob[];
  /** Names of Jobs that are to go, with their Pods. */
  readonly delete: readonly string[];
  /** When to decide anew if nothing happens before; undefined: never. */
  readonly wakeAtMs?: number;
}
