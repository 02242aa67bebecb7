import type { NewPod, PodIdentity, WorkloadEvent } from '../workload.js';
import type { JobSpec } from './job-spec.js';

/** A Job with its defaults filled in, its template bearing the labels of the Job. */
export interface Job {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: JobSpec;
}

export interface JobCondition {
  readonly type: 'Complete' | 'Failed' | 'SuccessCriteriaMet' | 'FailureTarget' | 'Suspended';
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

export interface JobStatus {
  readonly conditions: readonly JobCondition[];
  readonly startTime?: string;
  readonly completionTime?: string;
  readonly active: number;
  readonly ready: number;
  readonly terminating: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly completedIndexes?: string;
  readonly failedIndexes?: string;
}

/** Failures in a row, and when the last of them was. */
export interface FailureRun {
  readonly failures: number;
  readonly lastMs: number;
}

/** What failed at an index so far. */
export interface IndexFailures {
  /** Towards the limit of the index. */
  readonly counted: number;
  /** Not towards it, by the failure policy. */
  readonly ignored: number;
  readonly lastMs: number;
}

/** What cannot be derived, to be written before anything is done: with it no index that is done runs again, and no Pod counts twice. */
export interface JobRecord {
  readonly podsMade: number;
  readonly status?: JobStatus;
  /** UIDs of Pods that are there still and have been counted, or are not to be. */
  readonly countedUids: readonly string[];
  readonly backoff?: FailureRun;
  /** By index, with backoffLimitPerIndex. */
  readonly indexFailures?: Readonly<Record<string, IndexFailures>>;
}

export interface JobDecision {
  readonly status: JobStatus;
  readonly record: JobRecord;
  readonly events: readonly WorkloadEvent[];
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  /** The Job is finished and its ttlSecondsAfterFinished is over: it and its Pods are to go. */
  readonly expired: boolean;
  /** When to decide anew if nothing happens before; undefined: never. */
  readonly wakeAtMs?: number;
}
