/** When something new may begin on a node: for `durationMs` after each start. */
export interface MaintenanceWindow {
  /** In the words of a CronJob, such as `0 2 * * 1-5`. */
  readonly schedule: string;
  /** Of the IANA database. Default UTC. */
  readonly timeZone?: string;
  readonly durationMs: number;
}

/** `spec.rollout` of a source: what the node says. */
export interface SourceRollout {
  /** Something new begins within one of these only. Default: always. */
  readonly windows: readonly MaintenanceWindow[];
  /** How long a new revision may take until all of its Pods are ready, ms. Default 10 min. */
  readonly progressDeadlineMs?: number;
  /** How long they must stay ready, ms. Default 1 min. */
  readonly minReadyMs?: number;
}

/** `spec.rollout` of a `SourceRevision`: what its publisher says. */
export interface PublishedRollout {
  /** Part of the nodes that take it, 0 to 100. Default: all, or none beside those of `nodeSelector`. */
  readonly percent?: number;
  /** Label selector of nodes that take it, whatever the percentage. */
  readonly nodeSelector?: string;
  readonly progressDeadlineMs?: number;
  readonly minReadyMs?: number;
}

export const DEFAULT_PROGRESS_DEADLINE_MS = 600_000;
export const DEFAULT_MIN_READY_MS = 60_000;
