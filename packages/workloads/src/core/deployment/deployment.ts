import type { PodTemplate } from '../stateful-set/identity.js';
import type { NewPod, PodIdentity, WorkloadEvent } from '../workload.js';
import type { DeploymentStrategy } from './fenceposts.js';

/** A Deployment with its defaults filled in. */
export interface Deployment {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly generation?: number;
    /** Handed down to the ReplicaSet of its template. Undefined: those that it has stay. */
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly replicas: number;
    readonly strategy: DeploymentStrategy;
    readonly template: PodTemplate;
    readonly minReadySeconds?: number;
    readonly revisionHistoryLimit?: number;
    /** Default 600 s is for the decoder to fill in; without it progress is not judged. */
    readonly progressDeadlineSeconds?: number;
    readonly paused?: boolean;
  };
}

/** A ReplicaSet: one revision of a Deployment, and how many Pods of it there are to be. */
export interface DeploymentRevision {
  readonly name: string;
  /** The value of the label pod-template-hash. */
  readonly hash: string;
  readonly revision: number;
  /** Numbers that the revision had before. */
  readonly revisionHistory: readonly number[];
  /** Handed down from the Deployment, when it last was the newest. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Undefined where only its Pods are left of a revision. */
  readonly template?: PodTemplate;
  readonly createdMs: number;
  readonly replicas: number;
  /** The Deployment's replicas, and the most Pods it might have, when the size was last set. */
  readonly desired: number;
  readonly max: number;
}

export interface DeploymentCondition {
  readonly type: 'Available' | 'Progressing';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly lastUpdateTime: string;
  readonly lastTransitionTime: string;
}

export interface DeploymentStatus {
  readonly observedGeneration: number;
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly unavailableReplicas: number;
  readonly terminatingReplicas: number;
  readonly collisionCount?: number;
  readonly conditions: readonly DeploymentCondition[];
}

/** Pods of one ReplicaSet, as its status counts them. */
export interface ReplicaSetCounts {
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
  readonly terminatingReplicas: number;
}

/** What cannot be derived, to be written before anything is done. */
export interface DeploymentRecord {
  /** How many Pods were ever made; names are made from it. */
  readonly podsMade: number;
  readonly status?: DeploymentStatus;
  /** By the name of the ReplicaSet. */
  readonly replicaSets?: Readonly<Record<string, ReplicaSetCounts>>;
}

export interface DeploymentDecision {
  readonly status: DeploymentStatus;
  readonly revisions: readonly DeploymentRevision[];
  readonly record: DeploymentRecord;
  readonly events: readonly WorkloadEvent[];
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  /** When to decide anew if nothing happens before; undefined: never. */
  readonly wakeAtMs?: number;
}
