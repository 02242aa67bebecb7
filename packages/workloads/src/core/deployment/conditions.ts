import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { Deployment, DeploymentCondition, DeploymentStatus } from './deployment.js';

type Conditions = readonly DeploymentCondition[];
export type NewCondition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

export const progressing = (conditions: Conditions): DeploymentCondition | undefined =>
  conditions.find(({ type }) => type === 'Progressing');

/** With the condition in place of its predecessor; nothing changes if status and reason are as before (deployment_util.go SetDeploymentCondition). */
export const withCondition = (conditions: Conditions, condition: NewCondition, nowMs: number): Conditions => {
  const before = conditions.find(({ type }) => type === condition.type);
  if (before?.status === condition.status && before.reason === condition.reason) return conditions;
  const now = metaTime(nowMs);
  return [
    ...conditions.filter(({ type }) => type !== condition.type),
    { ...condition, lastUpdateTime: now, lastTransitionTime: before?.status === condition.status ? before.lastTransitionTime : now },
  ];
};

const hasDeadline = ({ spec }: Deployment): boolean =>
  spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== 2_147_483_647;

/** Notes that the Deployment was paused or goes on; time does not count meanwhile (sync.go checkPausedConditions). */
export const withPause = (conditions: Conditions, deployment: Deployment, nowMs: number): Conditions => {
  const reason = progressing(conditions)?.reason;
  if (!hasDeadline(deployment) || reason === 'ProgressDeadlineExceeded') return conditions;
  const paused = deployment.spec.paused ?? false;
  if (paused === (reason === 'DeploymentPaused')) return conditions;
  return withCondition(
    conditions,
    {
      type: 'Progressing',
      status: 'Unknown',
      reason: paused ? 'DeploymentPaused' : 'DeploymentResumed',
      message: paused ? 'Deployment is paused' : 'Deployment is resumed',
    },
    nowMs,
  );
};

/** Notes the new ReplicaSet of a rollout. */
export const withNewReplicaSet = (
  conditions: Conditions,
  deployment: Deployment,
  found: { readonly name: string; readonly created: boolean },
  nowMs: number,
): Conditions => {
  if (!hasDeadline(deployment) || (!found.created && progressing(conditions) !== undefined)) return conditions;
  return withCondition(
    conditions,
    {
      type: 'Progressing',
      status: 'True',
      reason: found.created ? 'NewReplicaSetCreated' : 'FoundNewReplicaSet',
      message: found.created ? `Created new replica set "${found.name}"` : `Found new replica set "${found.name}"`,
    },
    nowMs,
  );
};

/** Judges whether enough Pods serve. */
export const withAvailability = (conditions: Conditions, enough: boolean, nowMs: number): Conditions =>
  withCondition(
    conditions,
    enough
      ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
      : {
          type: 'Available',
          status: 'False',
          reason: 'MinimumReplicasUnavailable',
          message: 'Deployment does not have minimum availability.',
        },
    nowMs,
  );

type Counts = Omit<DeploymentStatus, 'conditions'>;

export const isComplete = ({ spec }: Deployment, counts: Counts): boolean =>
  [counts.updatedReplicas, counts.replicas, counts.availableReplicas].every((count) => count === spec.replicas);

const hasProgressed = (before: Counts | undefined, after: Counts): boolean => {
  const old = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0, ...before };
  return (
    after.updatedReplicas > old.updatedReplicas ||
    after.replicas - after.updatedReplicas < old.replicas - old.updatedReplicas ||
    after.readyReplicas > old.readyReplicas ||
    after.availableReplicas > old.availableReplicas
  );
};

export interface ProgressQuestion {
  readonly deployment: Deployment;
  readonly newName: string | undefined;
  readonly before: Counts | undefined;
  readonly after: Counts;
  readonly nowMs: number;
}

/** Judges progress: complete, progressing or timed out (progress.go syncRolloutStatus). */
export const withProgress = (conditions: Conditions, { deployment, newName, before, after, nowMs }: ProgressQuestion): Conditions => {
  if (!hasDeadline(deployment)) return conditions.filter(({ type }) => type !== 'Progressing');
  const current = progressing(conditions);
  if (after.replicas === after.updatedReplicas && current?.reason === 'NewReplicaSetAvailable') return conditions;
  const subject = newName === undefined ? `Deployment "${deployment.metadata.name}"` : `ReplicaSet "${newName}"`;
  if (isComplete(deployment, after)) {
    const message = `${subject} has successfully progressed.`;
    return withCondition(conditions, { type: 'Progressing', status: 'True', reason: 'NewReplicaSetAvailable', message }, nowMs);
  }
  if (hasProgressed(before, after)) {
    const now = metaTime(nowMs);
    return [
      ...conditions.filter(({ type }) => type !== 'Progressing'),
      {
        type: 'Progressing',
        status: 'True',
        reason: 'ReplicaSetUpdated',
        message: `${subject} is progressing.`,
        lastUpdateTime: now,
        lastTransitionTime: current?.status === 'True' ? current.lastTransitionTime : now,
      },
    ];
  }
  const deadlineMs = progressDeadlineMs(conditions, deployment);
  if (deadlineMs === undefined || deadlineMs >= nowMs) return conditions;
  const message = `${subject} has timed out progressing.`;
  return withCondition(conditions, { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message }, nowMs);
};

/** By when there must be progress; undefined if nobody waits for any. */
export const progressDeadlineMs = (conditions: Conditions, deployment: Deployment): number | undefined => {
  const current = progressing(conditions);
  if (current === undefined || !hasDeadline(deployment) || deployment.spec.paused) return undefined;
  if (current.reason === 'NewReplicaSetAvailable' || current.reason === 'ProgressDeadlineExceeded') return undefined;
  return Date.parse(current.lastUpdateTime) + deployment.spec.progressDeadlineSeconds! * 1_000;
};
