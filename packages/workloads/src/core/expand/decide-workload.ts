import type { DeploymentSpec } from '@solo-kubelet/object-spec';
import type { PodSpec } from '@solo-kubelet/pod-spec';
import type { CronJob, NewJob, OwnedJob } from '../cron/cron-job.js';
import { reduceCronJob } from '../cron/reduce-cron-job.js';
import { hashOf } from '../daemon-set/daemon-pod.js';
import type { DaemonSet } from '../daemon-set/daemon-set.js';
import { reduceDaemonSet } from '../daemon-set/reduce-daemon-set.js';
import { isComplete } from '../deployment/conditions.js';
import type { Deployment, DeploymentRecord } from '../deployment/deployment.js';
import { reduceDeployment } from '../deployment/reduce-deployment.js';
import { currentRevision, revisionOfPod } from '../deployment/revisions.js';
import type { Job } from '../job/job.js';
import { reduceJob } from '../job/reduce-job.js';
import { hasEnded, isActivePod, isAvailable, type ObservedPod } from '../pod-state.js';
import { type ReplicaSet, reduceReplicaSet } from '../replica-set/reduce-replica-set.js';
import { wantedTemplate } from '../rollout/config-of-workload.js';
import { judgeRollout, type RolloutMemory, rolloutDeadlineMs, templateToUse } from '../rollout/safe-rollout.js';
import type { ClaimTemplate, PodTemplate } from '../stateful-set/identity.js';
import { reduceStatefulSet } from '../stateful-set/reduce-stateful-set.js';
import { revisionOf } from '../stateful-set/revisions.js';
import type { StatefulSet } from '../stateful-set/stateful-set.js';
import { earliest, type NewPod, type PodIdentity, type WorkloadEvent } from '../workload.js';
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
  /** Whether a document asks for the claim. */
  readonly hasClaim: (namespace: string, name: string) => boolean;
  readonly isExclusiveClaim: (namespace: string, name: string) => boolean;
  /** What to go by in place of the document's template, which has to wait. */
  readonly template?: PodTemplate | undefined;
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
    case 'Deployment':
      return decideDeployment(entry, memory, facts);
    case 'ReplicaSet': {
      const replicaSet = { metadata, spec: object.spec } as unknown as ReplicaSet;
      const { record, status, ...decision } = reduceReplicaSet({ replicaSet, record: memory.record, pods, nowMs });
      return complete({ ...decision, memory: { ...memory, record, status } });
    }
    case 'StatefulSet': {
      const spec = { ...object.spec, template: facts.template ?? wantedTemplate(entry) };
      const set = { metadata: { ...object.metadata, ...metadata }, spec } as unknown as StatefulSet;
      const { revisions, record, ...decision } = reduceStatefulSet({
        set,
        revisions: memory.revisions,
        record: memory.record,
        pods,
        nowMs,
        hasClaim: (name) => entry.claims.some(({ claim }) => claim.metadata?.name === name) || facts.hasClaim(metadata.namespace, name),
      });
      return complete({ ...decision, memory: { ...memory, revisions, record } });
    }
    case 'DaemonSet':
      return decideDaemonSet(entry, memory, facts);
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

type MemoryOf<Kind> = Extract<WorkloadMemory, { readonly kind: Kind }>;

/** A Deployment's controller, and what a rollout that fails makes of it. */
const decideDeployment = (entry: WorkloadEntry, memory: MemoryOf<'Deployment'>, facts: DecideFacts): WorkloadDecision => {
  const { pods, nowMs } = facts;
  const wanted = facts.template ?? wantedTemplate(entry);
  const { annotations } = entry.object.metadata;
  const ask = (template: PodTemplate, record: DeploymentRecord) => {
    // What is said of a template that is held back is not said of the one that serves in its place.
    const said = template === wanted ? { annotations: annotations ?? {} } : {};
    const deployment = deploymentOf({ ...identityOf(entry), generation: entry.generation, ...said }, entry.object, template);
    const decision = reduceDeployment({
      deployment,
      revisions: memory.revisions,
      record,
      pods,
      nowMs,
      stopFirst: stopsFirst(template, facts),
    });
    return { deployment, decision, current: currentRevision(decision.revisions, template) };
  };
  const aim = templateToUse(memory.rollout, wanted, annotations);
  // A template that is tried again gets its whole time.
  const anew = memory.rollout?.held !== undefined && aim.rollout?.held === undefined;
  const first = ask(aim.template, anew ? withoutProgress(memory.record) : memory.record);
  const progressing = first.decision.status.conditions.find(({ type }) => type === 'Progressing');
  const ofCurrent = pods.filter((pod) => !hasEnded(pod) && first.current !== undefined && revisionOfPod(pod) === first.current.hash);
  const judged = judgeRollout({
    ...{ rollout: aim.rollout, wanted, used: aim.template, annotations, nowMs },
    revision: first.current?.name ?? '',
    pods: ofCurrent,
    serves: first.deployment.spec.replicas > 0 && isComplete(first.deployment, first.decision.status),
    failure: progressing?.reason === 'ProgressDeadlineExceeded' ? progressing.message : undefined,
  });
  const goBackTo = judged.event === undefined ? undefined : judged.rollout?.good?.template;
  const { decision } = goBackTo ? ask(goBackTo, withoutProgress(memory.record)) : first;
  const { revisions, record, events, ...rest } = decision;
  const rollout = judged.rollout && { rollout: judged.rollout };
  const { rollout: _before, ...others } = memory;
  return complete({
    ...rest,
    events: [...(judged.event ? [judged.event] : []), ...events],
    memory: { ...others, revisions, record, ...rollout },
  });
};

const withoutProgress = (record: DeploymentRecord): DeploymentRecord =>
  record.status === undefined
    ? record
    : { ...record, status: { ...record.status, conditions: record.status.conditions.filter(({ type }) => type !== 'Progressing') } };

/** The same for a DaemonSet, whose rollouts have no deadline upstream. */
const decideDaemonSet = (entry: WorkloadEntry, memory: MemoryOf<'DaemonSet'>, facts: DecideFacts): WorkloadDecision => {
  const { pods, nowMs } = facts;
  const wanted = facts.template ?? wantedTemplate(entry);
  const { annotations } = entry.object.metadata;
  const ask = (template: PodTemplate) => {
    const spec = { ...entry.object.spec, template };
    const daemonSet = { metadata: { ...identityOf(entry), generation: entry.generation }, spec } as unknown as DaemonSet;
    const shouldRun = facts.node.fits(template.spec);
    const node = { nodeName: facts.node.name, shouldRun, shouldContinueRunning: shouldRun };
    const question = { daemonSet, revisions: memory.revisions, record: memory.record, pods, node, nowMs };
    return reduceDaemonSet({ ...question, stopFirst: stopsFirst(template, facts) });
  };
  const aim = templateToUse(memory.rollout, wanted, annotations);
  const first = ask(aim.template);
  const update = first.revisions.at(-1)!;
  const { desiredNumberScheduled } = first.status;
  const ofUpdate = pods.filter((pod) => revisionOf(pod) === hashOf(update) && !hasEnded(pod));
  const minReadySeconds = Number((entry.object.spec as { minReadySeconds?: number } | undefined)?.minReadySeconds ?? 0);
  // Not by the status, which is that of the old Pod for as long as it ends.
  const isServing = desiredNumberScheduled > 0 && ofUpdate.some((pod) => isActivePod(pod) && isAvailable(pod, minReadySeconds, nowMs));
  const isRolling = desiredNumberScheduled > 0 && !isServing;
  const since = aim.rollout?.since?.revision === update.name ? aim.rollout.since : { revision: update.name, ms: nowMs };
  const deadlineMs = since.ms + rolloutDeadlineMs(annotations);
  const judged = judgeRollout({
    ...{ rollout: aim.rollout, wanted, used: aim.template, annotations, nowMs },
    revision: update.name,
    pods: ofUpdate,
    serves: isServing,
    failure: nowMs >= deadlineMs ? `ControllerRevision "${update.name}" has timed out progressing.` : undefined,
  });
  const { since: _since, ...settled }: RolloutMemory = judged.rollout ?? {};
  const goBackTo = judged.event === undefined ? undefined : settled.good?.template;
  const { revisions, record, status, events, wakeAtMs, ...rest } = goBackTo ? ask(goBackTo) : first;
  const rollout: RolloutMemory = isRolling && !goBackTo ? { ...settled, since } : settled;
  return complete({
    ...rest,
    events: [...(judged.event ? [judged.event] : []), ...events],
    memory: { kind: memory.kind, revisions, record, status, ...(Object.keys(rollout).length > 0 && { rollout }) },
    wakeAtMs: earliest([wakeAtMs, isRolling && !goBackTo ? deadlineMs : undefined], nowMs),
  });
};

export const identityOf = ({ object, uid }: Pick<WorkloadEntry, 'object' | 'uid'>) => ({
  name: object.metadata.name,
  namespace: namespaceOf(object),
  uid,
});

/** A controller takes the two figures of a rolling update beside its type. */
const deploymentOf = (metadata: Deployment['metadata'], { spec }: WorkloadEntry['object'], template: PodTemplate): Deployment => {
  const { strategy, ...rest } = spec as DeploymentSpec;
  return {
    metadata,
    spec: { ...rest, template, strategy: { type: strategy?.type ?? 'RollingUpdate', ...strategy?.rollingUpdate } },
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
