import type { NewPod, PodIdentity, WorkloadEvent } from '../workload.js';
import type { ClaimTemplate, PodTemplate, StatefulIdentity } from './identity.js';

/** A StatefulSet with its defaults filled in. */
export interface StatefulSet extends StatefulIdentity {
  readonly metadata: StatefulIdentity['metadata'] & { readonly uid: string };
  readonly spec: StatefulIdentity['spec'] & {
    readonly podManagementPolicy?: 'OrderedReady' | 'Parallel';
    readonly updateStrategy: {
      readonly type: 'RollingUpdate' | 'OnDelete';
      /** Absent where only the type was written: then Pods that are made anew before an update reached them get the old revision. */
      readonly rollingUpdate?: { readonly partition?: number };
    };
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
  };
}

/** A ControllerRevision: a template that the StatefulSet had. */
export interface StatefulRevision {
  /** The value of the label controller-revision-hash. */
  readonly name: string;
  readonly revision: number;
  readonly template: PodTemplate;
}

export interface StatefulSetStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly currentReplicas: number;
  readonly updatedReplicas: number;
  readonly currentRevision: string;
  readonly updateRevision: string;
}

/** What cannot be derived, to be written before anything is done. */
export interface StatefulSetRecord {
  readonly status?: StatefulSetStatus;
}

export interface StatefulSetDecision {
  readonly status: StatefulSetStatus;
  readonly revisions: readonly StatefulRevision[];
  readonly record: StatefulSetRecord;
  readonly events: readonly WorkloadEvent[];
  /** Claims that the Pods to be made use; those that are there already stay as they are. */
  readonly claims: readonly ClaimTemplate[];
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  /** When to decide anew if nothing happens before; undefined: never. */
  readonly wakeAtMs?: number;
}
