import { burst } from '../burst.js';
import { childName } from '../child-names.js';
import { podsPrefix } from '../controller-names.js';
import { podDeletionOrder } from '../pod-deletion-order.js';
import { hasEnded, isActivePod, isAvailable, type ObservedPod } from '../pod-state.js';
import { replaceFromMs } from '../replacement-backoff.js';
import type { NewPod, PodIdentity, WorkloadEvent } from '../workload.js';
import type { Deployment, DeploymentRevision } from './deployment.js';
import type { ReplicaSetSize } from './replica-set-size.js';
import { HASH_LABEL, revisionOfPod } from './revisions.js';

/** The Pods of a Deployment, as they will be once what was decided so far is done. */
export interface PodPlan {
  readonly pods: readonly ObservedPod[];
  readonly create: readonly NewPod[];
  readonly delete: readonly PodIdentity[];
  readonly podsMade: number;
  readonly events: readonly WorkloadEvent[];
}

const isKept = (plan: PodPlan, pod: ObservedPod): boolean => isActivePod(pod) && !plan.delete.some(({ uid }) => uid === pod.metadata.uid);
const isOf = (revision: DeploymentRevision, hash: string | undefined): boolean => revision.hash === hash;

/** The Pods of a revision that stay. */
export const keptPods = (plan: PodPlan, revision: DeploymentRevision): readonly ObservedPod[] =>
  plan.pods.filter((pod) => isOf(revision, revisionOfPod(pod)) && isKept(plan, pod));
const madePods = (plan: PodPlan, revision: DeploymentRevision): readonly NewPod[] =>
  plan.create.filter(({ metadata }) => isOf(revision, metadata.labels?.[HASH_LABEL]));

/** How many Pods a revision has, those that are to be made among them. */
export const podCount = (plan: PodPlan, revision: DeploymentRevision): number =>
  keptPods(plan, revision).length + madePods(plan, revision).length;

export const sizeOf = (plan: PodPlan, revision: DeploymentRevision, { spec }: Deployment, nowMs: number): ReplicaSetSize => ({
  name: revision.name,
  createdMs: revision.createdMs,
  replicas: revision.replicas,
  available: keptPods(plan, revision).filter((pod) => isAvailable(pod, spec.minReadySeconds ?? 0, nowMs)).length,
  desired: revision.desired,
  max: revision.max,
});

/** Whether a Pod of another revision is there that has not ended, however it is about to. */
export const othersRun = (plan: PodPlan, current: DeploymentRevision | undefined): boolean =>
  plan.create.some(({ metadata }) => current === undefined || !isOf(current, metadata.labels?.[HASH_LABEL])) ||
  plan.pods.some((pod) => !hasEnded(pod) && (current === undefined || !isOf(current, revisionOfPod(pod))));

/** Before when Pods of the revision are not made; Pods that ended are replaced after a back-off (decision 220). */
export const makeFromMs = (plan: PodPlan, revision: DeploymentRevision): number =>
  replaceFromMs(plan.pods.filter((pod) => isOf(revision, revisionOfPod(pod)) && hasEnded(pod)));

/** Brings the Pods of a revision to its size (replicaset/replica_set.go manageReplicas). */
export const withSizedPods = (plan: PodPlan, revision: DeploymentRevision, deployment: Deployment, nowMs: number): PodPlan => {
  const difference = podCount(plan, revision) - revision.replicas;
  if (difference > 0) return withoutPods(plan, revision, difference, nowMs);
  if (difference === 0 || revision.template === undefined || makeFromMs(plan, revision) > nowMs) return plan;
  let made = plan;
  const room = burst(keptPods(plan, revision), -difference, madePods(plan, revision).length);
  for (let i = 0; i < room; i += 1) made = withNewPod(made, revision, deployment);
  return made;
};

const withoutPods = (plan: PodPlan, revision: DeploymentRevision, count: number, nowMs: number): PodPlan => {
  // Pods that were only to be made are the first that need not be.
  const unmade = new Set(
    madePods(plan, revision)
      .slice(-count)
      .map(({ metadata }) => metadata.name),
  );
  const kept = keptPods(plan, revision);
  const chosen = podDeletionOrder(
    kept,
    nowMs,
    plan.pods.filter((pod) => isKept(plan, pod)),
  ).slice(0, count - unmade.size);
  return {
    ...plan,
    create: plan.create.filter(({ metadata }) => !unmade.has(metadata.name)),
    delete: [...plan.delete, ...chosen.map(({ metadata: { name, uid } }) => ({ name, uid }))],
    events: [
      ...plan.events.filter(({ message }) => ![...unmade].some((name) => message === `Created pod: ${name}`)),
      ...chosen.map(({ metadata }) => podEvent(revision, 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)),
    ],
  };
};

/** As the controller of the ReplicaSet tells it. */
const podEvent = ({ name }: DeploymentRevision, reason: string, message: string): WorkloadEvent => ({
  ...{ type: 'Normal', reason, message },
  replicaSet: name,
});

const withNewPod = (plan: PodPlan, revision: DeploymentRevision, { metadata }: Deployment): PodPlan => {
  const { metadata: labelled, spec } = revision.template!;
  const prefix = podsPrefix(revision.name);
  const taken = new Set([...plan.pods, ...plan.create].map((pod) => pod.metadata.name));
  let podsMade = plan.podsMade;
  let name: string;
  do {
    name = childName(prefix, metadata.uid, podsMade);
    podsMade += 1;
  } while (taken.has(name));
  const pod: NewPod = {
    replicaSet: revision.name,
    metadata: {
      name,
      generateName: prefix,
      namespace: metadata.namespace,
      labels: { ...labelled?.labels, [HASH_LABEL]: revision.hash },
      ...(labelled?.annotations && { annotations: labelled.annotations }),
    },
    spec,
  };
  const event = podEvent(revision, 'SuccessfulCreate', `Created pod: ${name}`);
  return { ...plan, podsMade, create: [...plan.create, pod], events: [...plan.events, event] };
};
