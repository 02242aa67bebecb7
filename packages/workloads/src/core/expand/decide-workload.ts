import type { DeploymentSpec } from '@solo-kubelet/object-spec';
import type { PodSpec } from '@solo-kubelet/pod-spec';
import type { CronJob, NewJob, OwnedJob } from '../cron/cron-job.js';
import { reduceCronJob } from '../cron/reduce-cron-job.js';
import type { DaemonSet } from '../daemon-set/daemon-set.js';
import { reduceDaemonSet } from '../daemon-set/reduce-daemon-set.js';
import type { Deployment } from '../deployment/deployment.js';
import { reduceDeployment } from '../deployment/reduce-deployment.js';
import type { Job } from '../job/job.js';
import { reduceJob } from '../job/reduce-job.js';
import { hasEnded, type ObservedPod } from '../pod-state.js';
import { type ReplicaSet, reduceReplicaSet } from '../replica-set/reduce-replica-set.js';
import type { ClaimTemplate, PodTemplate } from '../stateful-set/identity.js';
import { reduceStatefulSet } from '../stateful-set/reduce-stateful-set.js';
import type { StatefulSet } from '../stateful-set/stateful-set.js';
import type { NewPod, PodIdentity, WorkloadEvent } from '../workload.js';
import { excludeEachOther } from './stop-first.js';
import type { WorkloadEntry, WorkloadMemory } from './workload-entry.js';
import { namespaceOf } from './workload-object.js';

/** What a controller says to a workload. */
export interface WorkloadDecision {
  readonly memory: WorkloadMemory;
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  readonly claims: readonly ClaimTemplate[];
  readonly createJobs: readonly NewJob[];
  /** Names. */
  readonly deleteJobs: readonly string[];
  readonly events: readonly WorkloadEvent[];
  readonly wakeAtMs?: number;
}

export interface DecideFacts {
  /** The Pods of the present life, as the kubelet shows them. */
  readonly pods: readonly ObservedPod[];
  /** Those that the kubelet has refused, by UID. */
  readonly refused: ReadonlySet<string>;
  /** Of a CronJob. */
  readonly jobs: readonly OwnedJob[];
  readonly node: { readonly name: string; readonly fits: (spec: PodSpec) => boolean };
  readonly isExclusiveClaim: (namespace: string, name: string) => boolean;
  readonly nowMs: number;
}

type Partial1 = Pick<WorkloadDecision, 'memory' | 'events' | 'wakeAtMs'> & Partial<WorkloadDecision>;
const complete = (decision: Partial1): WorkloadDecision => ({
  create: [],
  delete: [],
  claims: [],
  createJobs: [],
  deleteJobs: [],
  ...decision,
});

/** Asks the controller of the workload's kind. */
export const decideWorkload = (entry: WorkloadEntry, facts: DecideFacts): WorkloadDecision => {
  const { object, memory } = entry;
  const { pods, nowMs } = facts;
  const metadata = { ...identityOf(entry), generation: entry.generation };
  switch (memory.kind) {
    case 'Deployment': {
      const deployment = deploymentOf(metadata, object);
      const question = { deployment, revisions: memory.revisions, record: memory.record, pods, nowMs };
      const { revisions, record, ...decision } = reduceDeployment({ ...question, stopFirst: stopsFirst(deployment.spec.template, facts) });
      return complete({ ...decision, memory: { ...memory, revisions, record } });
    }
    case 'ReplicaSet': {
      const replicaSet = { metadata, spec: object.spec } as unknown as ReplicaSet;
      const { record, status, ...decision } = reduceReplicaSet({ replicaSet, record: memory.record, pods, nowMs });
      return complete({ ...decision, memory: { ...memory, record, status } });
    }
    case 'StatefulSet': {
      const set = { metadata: { ...object.metadata, ...metadata }, spec: object.spec } as unknown as StatefulSet;
      const { revisions, record, ...decision } = reduceStatefulSet({
        set,
        revisions: memory.revisions,
        record: memory.record,
        pods,
        nowMs,
      });
      return complete({ ...decision, memory: { ...memory, revisions, record } });
    }
    case 'DaemonSet': {
      const daemonSet = { metadata, spec: object.spec } as unknown as DaemonSet;
      const shouldRun = facts.node.fits(daemonSet.spec.template.spec);
      const node = { nodeName: facts.node.name, shouldRun, shouldContinueRunning: shouldRun };
      const question = { daemonSet, revisions: memory.revisions, record: memory.record, pods, node, nowMs };
      const { revisions, record, status, ...decision } = reduceDaemonSet({
        ...question,
        stopFirst: stopsFirst(daemonSet.spec.template, facts),
      });
      return complete({ ...decision, memory: { ...memory, revisions, record, status } });
    }
    case 'Job': {
      if (memory.expired) return complete({ memory, events: [] });
      const job = { metadata, spec: object.spec } as unknown as Job;
      const { record, expired, ...decision } = reduceJob({ job, record: memory.record, pods, nowMs });
      const leaving = expired ? pods.map(({ metadata: { name, uid } }) => ({ name, uid })) : decision.delete;
      return complete({ ...decision, delete: leaving, memory: { ...memory, record, ...(expired && { expired }) } });
    }
    case 'CronJob': {
      const cronJob = { metadata: { name: metadata.name, createdMs: entry.createdMs }, spec: object.spec } as unknown as CronJob;
      const decision = reduceCronJob({ cronJob, jobs: facts.jobs, record: memory.record, nowMs });
      const { record, events, create: createJobs, delete: deleteJobs, wakeAtMs } = decision;
      return complete({ memory: { ...memory, record }, events, createJobs, deleteJobs, wakeAtMs });
    }
  }
};

export const identityOf = ({ object, uid }: Pick<WorkloadEntry, 'object' | 'uid'>) => ({
  name: object.metadata.name,
  namespace: namespaceOf(object),
  uid,
});

/** A controller takes the two figures of a rolling update beside its type. */
const deploymentOf = (metadata: Deployment['metadata'], { spec }: WorkloadEntry['object']): Deployment => {
  const { strategy, ...rest } = spec as DeploymentSpec;
  return {
    metadata,
    spec: { ...rest, strategy: { type: strategy?.type ?? 'RollingUpdate', ...strategy?.rollingUpdate } },
  } as unknown as Deployment;
};

/**
 * Whether the old Pods have to make room first (reference: a rollout that one machine cannot do): one of them excludes a new one, or the node has
 * refused a new one while old ones run.
 */
const stopsFirst = (template: PodTemplate, { pods, refused, isExclusiveClaim }: DecideFacts): boolean => {
  const living = pods.filter((pod) => !hasEnded(pod) && !refused.has(pod.metadata.uid ?? ''));
  if (refused.size > 0 && living.length > 0) return true;
  const namespace = pods[0]?.metadata.namespace ?? 'default';
  return living.some(({ spec }) => excludeEachOther(spec, template.spec, (name) => isExclusiveClaim(namespace, name)));
};
