import type { IntOrPercent } from '../int-or-percent.js';
import type { PodTemplate } from '../stateful-set/identity.js';
import type { StatefulRevision } from '../stateful-set/stateful-set.js';
import type { NewPod, PodIdentity, WorkloadEvent } from '../workload.js';

/** A DaemonSet with its defaults filled in. */
export interface DaemonSet {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly generation?: number };
  readonly spec: {
    readonly template: PodTemplate;
    readonly updateStrategy: {
      readonly type: 'RollingUpdate' | 'OnDelete';
      readonly rollingUpdate?: { readonly maxSurge?: IntOrPercent; readonly maxUnavailable?: IntOrPercent };
    };
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
  };
}

/** A ControllerRevision: a template that the DaemonSet had. The label of its Pods is what follows the last dash of its name. */
export type DaemonRevision = StatefulRevision;

/** Whether the DaemonSet is for this node: by its name, labels and taints. */
export interface NodeMatch {
  readonly nodeName: string;
  readonly shouldRun: boolean;
  /** A taint that only keeps new Pods away lets those run on that are there. */
  readonly shouldContinueRunning: boolean;
}

export interface DaemonSetStatus {
  readonly observedGeneration: number;
  readonly currentNumberScheduled: number;
  readonly desiredNumberScheduled: number;
  readonly numberMisscheduled: number;
  readonly numberReady: number;
  readonly numberAvailable: number;
  readonly numberUnavailable: number;
  readonly updatedNumberScheduled: number;
}

/** What cannot be derived, to be written before anything is done. */
export interface DaemonSetRecord {
  readonly podsMade: number;
  /** Since when, and for how long, a Pod that failed is not replaced; of one generation of the DaemonSet. */
  readonly backoff?: { readonly generation: number; readonly sinceMs: number; readonly delayMs: number };
}

export interface DaemonSetDecision {
  readonly status: DaemonSetStatus;
  readonly revisions: readonly DaemonRevision[];
  readonly record: DaemonSetRecord;
  readonly events: readonly WorkloadEvent[];
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  /** When to decide anew if nothing happens before; undefined: never. */
  readonly wakeAtMs?: number;
}
