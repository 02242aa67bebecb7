import type { PersistentVolumeClaim } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { CronJobRecord } from '../cron/cron-job.js';
import type { DaemonRevision, DaemonSetRecord, DaemonSetStatus } from '../daemon-set/daemon-set.js';
import type { DeploymentRecord, DeploymentRevision } from '../deployment/deployment.js';
import type { JobRecord } from '../job/job.js';
import type { ReplicaSetRecord, ReplicaSetStatus } from '../replica-set/reduce-replica-set.js';
import type { ConfigVersions } from '../rollout/restart-on-change.js';
import type { RolloutMemory } from '../rollout/safe-rollout.js';
import type { StatefulRevision, StatefulSetRecord } from '../stateful-set/stateful-set.js';
import type { WorkloadObject } from './workload-object.js';

/** What a workload made; `number` tells it from all else that the workload ever made. */
export interface ChildPod {
  readonly number: number;
  /** As it was made; it is never edited. */
  readonly pod: Pod;
  /** Which life of the workload made it: one that goes and comes back is another. */
  readonly life: number;
  /** When its end was decided, RFC 3339. */
  readonly endingSince?: string;
}

export interface ChildClaim {
  readonly number: number;
  readonly claim: PersistentVolumeClaim;
}

/** What the controllers of each kind remember. */
export type WorkloadMemory =
  | {
      readonly kind: 'Deployment';
      readonly revisions: readonly DeploymentRevision[];
      readonly record: DeploymentRecord;
      readonly rollout?: RolloutMemory;
    }
  | { readonly kind: 'ReplicaSet'; readonly record: ReplicaSetRecord; readonly status?: ReplicaSetStatus }
  | { readonly kind: 'StatefulSet'; readonly revisions: readonly StatefulRevision[]; readonly record: StatefulSetRecord }
  | {
      readonly kind: 'DaemonSet';
      readonly revisions: readonly DaemonRevision[];
      readonly record: DaemonSetRecord;
      readonly status?: DaemonSetStatus;
      readonly rollout?: RolloutMemory;
    }
  | { readonly kind: 'Job'; readonly record: JobRecord; readonly expired?: boolean }
  | { readonly kind: 'CronJob'; readonly record: CronJobRecord };

/** All that is kept of a workload, written as a whole before anything is done. */
export interface WorkloadEntry {
  /** As last accepted. */
  readonly object: WorkloadObject;
  readonly uid: string;
  readonly generation: number;
  readonly createdMs: number;
  readonly life: number;
  /** The key of the CronJob that made the Job. */
  readonly owner?: string;
  /** How many Pods and claims it ever made. */
  readonly made: number;
  readonly memory: WorkloadMemory;
  readonly children: readonly ChildPod[];
  readonly claims: readonly ChildClaim[];
  /** What its Pods refer to, of one that is rolled when that changes. */
  readonly config?: ConfigVersions;
  /** What it was last said to wait for. */
  readonly waiting?: string;
  /** Its document has gone: its Pods are to end. What is left then are claims that keep their data. */
  readonly removed?: boolean;
}

export const emptyMemory = (kind: WorkloadObject['kind']): WorkloadMemory => {
  switch (kind) {
    case 'Deployment':
      return { kind, revisions: [], record: { podsMade: 0 } };
    case 'ReplicaSet':
      return { kind, record: { podsMade: 0 } };
    case 'StatefulSet':
      return { kind, revisions: [], record: {} };
    case 'DaemonSet':
      return { kind, revisions: [], record: { podsMade: 0 } };
    case 'Job':
      return { kind, record: { podsMade: 0, countedUids: [] } };
    case 'CronJob':
      return { kind, record: { status: { active: [] }, told: [] } };
  }
};
