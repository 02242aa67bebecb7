import { availableFromMs, isActivePod, isAvailable, isReady, isTerminatingPod, type ObservedPod } from '../pod-state.js';
import { isSameJson } from '../same-json.js';
import { earliest, type WorkloadEvent } from '../workload.js';
import { isComplete, progressDeadlineMs, withAvailability, withNewReplicaSet, withPause, withProgress } from './conditions.js';
import type {
  Deployment,
  DeploymentCondition,
  DeploymentDecision,
  DeploymentRecord,
  DeploymentRevision,
  DeploymentStatus,
  ReplicaSetCounts,
} from './deployment.js';
import { type DeploymentStrategy, usedFenceposts } from './fenceposts.js';
import { keptPods, makeFromMs, othersRun, type PodPlan, podCount, sizeOf, withSizedPods } from './replica-set-pods.js';
import { handedDown } from './revision-annotations.js';
import { currentRevision, newRevision, renumbered, revisionOfPod, revisionsOfPods } from './revisions.js';
import { newReplicaSetSize, rollingStep } from './rolling-step.js';
import { scaledSizes } from './scale.js';

export interface DeploymentQuestion {
  readonly deployment: Deployment;
  readonly revisions: readonly DeploymentRevision[];
  /** All Pods that the Deployment made, those that end or have ended among them. */
  readonly pods: readonly ObservedPod[];
  readonly record: DeploymentRecord;
  readonly nowMs: number;
  /** An old and a new Pod cannot run at once here (one host port, one device): the old one goes first. */
  readonly stopFirst?: boolean;
}

/**
 * What a Deployment and its ReplicaSets need now. Upstream's passes follow each other until nothing is left to do, as if what was decided were
 * done already; what only Pods can bring about waits for them. Asked again with its own answer it decides nothing more.
 */
export const reduceDeployment = (question: DeploymentQuestion): DeploymentDecision => {
  const { deployment, nowMs, record } = question;
  let state = startOf(question);
  for (let passes = 0; passes < MAX_PASSES; passes += 1) {
    const next = pass(state, question);
    if (next === state) break;
    state = next;
  }
  state = withAnnotations(withoutHistory(state, question), question);
  const counts = countPods(state, question);
  const current = currentRevision(state.revisions, deployment.spec.template);
  const enough =
    counts.availableReplicas >= deployment.spec.replicas - usedFenceposts(strategyOf(question), deployment.spec.replicas).unavailable;
  const available = withAvailability(state.conditions, enough, nowMs);
  const conditions = deployment.spec.paused
    ? available
    : withProgress(available, { deployment, newName: current?.name, before: record.status, after: counts, nowMs });
  const status: DeploymentStatus = { ...counts, conditions };
  const deadlineMs = progressDeadlineMs(conditions, deployment);
  return {
    status,
    revisions: state.revisions,
    record: {
      podsMade: state.plan.podsMade,
      status,
      replicaSets: Object.fromEntries(state.revisions.map((revision) => [revision.name, countsOf(state, revision, question)])),
    },
    events: state.plan.events,
    create: state.plan.create,
    delete: state.plan.delete,
    wakeAtMs: earliest(
      [
        // Times of conditions are whole seconds.
        deadlineMs === undefined ? undefined : deadlineMs + 1_000,
        ...question.pods.filter(isActivePod).map((pod) => availableFromMs(pod, deployment.spec.minReadySeconds ?? 0)),
        ...state.revisions
          .filter((revision) => podCount(state.plan, revision) < revision.replicas)
          .map((revision) => makeFromMs(state.plan, revision)),
      ],
      nowMs,
    ),
  };
};

/** The ReplicaSet of the Deployment's template gets its annotations, also where nothing is rolled out; none is taken from it. */
const withAnnotations = (state: State, { deployment: { metadata, spec } }: DeploymentQuestion): State => {
  const current = currentRevision(state.revisions, spec.template);
  if (metadata.annotations === undefined || current === undefined) return state;
  const annotations = { ...current.annotations, ...handedDown(metadata.annotations) };
  if (isSameJson(annotations, current.annotations ?? {})) return state;
  return { ...state, revisions: state.revisions.map((revision) => (revision === current ? { ...current, annotations } : revision)) };
};

/** More than any rollout takes; each pass changes a size. */
const MAX_PASSES = 1_000;

interface State {
  readonly revisions: readonly DeploymentRevision[];
  readonly conditions: readonly DeploymentCondition[];
  readonly collisionCount: number;
  readonly plan: PodPlan;
}

const startOf = ({ deployment, revisions, pods, record, nowMs }: DeploymentQuestion): State => {
  const collisionCount = record.status?.collisionCount ?? 0;
  const state: State = {
    revisions: [...revisions, ...revisionsOfPods(deployment, revisions, pods.filter(isActivePod), collisionCount)],
    conditions: withPause(record.status?.conditions ?? [], deployment, nowMs),
    collisionCount,
    plan: { pods, create: [], delete: [], podsMade: record.podsMade, events: [] },
  };
  const current = currentRevision(state.revisions, deployment.spec.template);
  if (current === undefined) return withPods(state, deployment, nowMs);
  const others = state.revisions.filter((revision) => revision !== current);
  return withPods(
    {
      ...state,
      revisions: state.revisions.map((revision) => (revision === current ? renumbered(current, others) : revision)),
      conditions: withNewReplicaSet(state.conditions, deployment, { name: current.name, created: false }, nowMs),
    },
    deployment,
    nowMs,
  );
};

const strategyOf = ({ deployment, stopFirst }: DeploymentQuestion): DeploymentStrategy => {
  const { strategy, replicas } = deployment.spec;
  if (!stopFirst || strategy.type !== 'RollingUpdate') return strategy;
  return { type: 'RollingUpdate', maxSurge: 0, maxUnavailable: Math.max(usedFenceposts(strategy, replicas).unavailable, 1) };
};

/** One pass of the controller; the same state if it has nothing to do. */
const pass = (state: State, question: DeploymentQuestion): State => {
  const { deployment } = question;
  const { replicas, template, paused } = deployment.spec;
  const current = currentRevision(state.revisions, template);
  const rescaled = state.revisions.some((revision) => revision.replicas > 0 && revision.desired !== replicas);
  if (paused || rescaled) return scaleAll(state, question, current);
  if (strategyOf(question).type === 'Recreate') return recreate(state, question, current);
  return current === undefined ? withCreated(state, question) : roll(state, question, current);
};

const others = (state: State, current: DeploymentRevision | undefined): readonly DeploymentRevision[] =>
  state.revisions.filter((revision) => revision !== current);

const scaleAll = (state: State, question: DeploymentQuestion, current: DeploymentRevision | undefined): State => {
  const { deployment, nowMs, record } = question;
  const size = (revision: DeploymentRevision) => sizeOf(state.plan, revision, deployment, nowMs);
  const sizes = scaledSizes({
    replicas: deployment.spec.replicas,
    strategy: strategyOf(question),
    newSet: current && size(current),
    oldSets: others(state, current).map(size),
    statusReplicas: record.status?.replicas ?? 0,
  });
  return withSizes(state, sizes, question, true);
};

const recreate = (state: State, question: DeploymentQuestion, current: DeploymentRevision | undefined): State => {
  const down = withSizes(state, new Map(others(state, current).map(({ name }) => [name, 0])), question);
  if (down !== state) return down;
  if (othersRun(state.plan, current)) return state;
  return current === undefined
    ? withCreated(state, question)
    : withSizes(state, new Map([[current.name, question.deployment.spec.replicas]]), question);
};

const roll = (state: State, question: DeploymentQuestion, current: DeploymentRevision): State => {
  const { deployment, nowMs } = question;
  const size = (revision: DeploymentRevision) => sizeOf(state.plan, revision, deployment, nowMs);
  const { maxSurge, maxUnavailable } = strategyOf(question);
  const step = rollingStep({
    replicas: deployment.spec.replicas,
    maxSurge: maxSurge ?? 0,
    maxUnavailable: maxUnavailable ?? 0,
    newSet: size(current),
    oldSets: others(state, current).map(size),
  });
  return step.ok ? withSizes(state, step.value.sizes, question) : state;
};

/** With a new ReplicaSet for the Deployment's template. */
const withCreated = (state: State, question: DeploymentQuestion): State => {
  const { deployment, nowMs } = question;
  const { revision, collisionCount } = newRevision(deployment, state.revisions, state.collisionCount, nowMs);
  const created = renumbered(revision, state.revisions);
  const size = newReplicaSetSize(
    { ...strategyOf(question), maxSurge: strategyOf(question).maxSurge ?? 0 },
    deployment.spec.replicas,
    created,
    state.revisions,
  );
  const conditions = withNewReplicaSet(state.conditions, deployment, { name: created.name, created: true }, nowMs);
  return withSizes(
    { ...state, collisionCount, conditions, revisions: [...state.revisions, created] },
    new Map([[created.name, size.ok ? size.value : 0]]),
    question,
  );
};

/** With new sizes of ReplicaSets and the Pods to match; the same state if no size is new. `noteAll`: all note what they were scaled for. */
const withSizes = (state: State, sizes: ReadonlyMap<string, number>, question: DeploymentQuestion, noteAll = false): State => {
  const { deployment, nowMs } = question;
  const { replicas } = deployment.spec;
  const max = replicas + usedFenceposts(strategyOf(question), replicas).surge;
  const events: WorkloadEvent[] = [];
  const revisions = state.revisions.map((revision) => {
    const size = sizes.get(revision.name) ?? revision.replicas;
    const noted = revision.desired === replicas && revision.max === max;
    if (size === revision.replicas && (noted || !noteAll)) return revision;
    if (size !== revision.replicas) events.push(scalingEvent(revision, size));
    return { ...revision, replicas: size, desired: replicas, max };
  });
  if (revisions.every((revision, i) => revision === state.revisions[i])) return state;
  return withPods({ ...state, revisions, plan: { ...state.plan, events: [...state.plan.events, ...events] } }, deployment, nowMs);
};

const scalingEvent = ({ name, replicas }: DeploymentRevision, size: number): WorkloadEvent => ({
  type: 'Normal',
  reason: 'ScalingReplicaSet',
  message: `Scaled ${size > replicas ? 'up' : 'down'} replica set ${name} from ${replicas} to ${size}`,
});

const withPods = (state: State, deployment: Deployment, nowMs: number): State => ({
  ...state,
  plan: state.revisions.reduce((plan, revision) => withSizedPods(plan, revision, deployment, nowMs), state.plan),
});

/** Without the oldest revisions that have no Pods, beyond the limit, once the rollout is complete or while it is paused (sync.go cleanupDeployment). */
const withoutHistory = (state: State, question: DeploymentQuestion): State => {
  const { deployment } = question;
  const { template, paused, revisionHistoryLimit } = deployment.spec;
  if (revisionHistoryLimit === undefined || !(paused || isComplete(deployment, countPods(state, question)))) return state;
  const current = currentRevision(state.revisions, template);
  const old = others(state, current).toSorted((a, b) => a.revision - b.revision || a.createdMs - b.createdMs);
  const gone = new Set(
    old
      .slice(0, Math.max(old.length - revisionHistoryLimit, 0))
      .filter((revision) => revision.replicas === 0 && podCount(state.plan, revision) === 0),
  );
  return gone.size === 0 ? state : { ...state, revisions: state.revisions.filter((revision) => !gone.has(revision)) };
};

/** Pods that end, or are about to. */
const terminating = ({ pods, delete: going }: PodPlan): readonly ObservedPod[] =>
  pods.filter((pod) => isTerminatingPod(pod) || (isActivePod(pod) && going.some(({ uid }) => uid === pod.metadata.uid)));

const countsOf = ({ plan }: State, revision: DeploymentRevision, { deployment, nowMs }: DeploymentQuestion): ReplicaSetCounts => {
  const ready = keptPods(plan, revision).filter(isReady);
  return {
    replicas: podCount(plan, revision),
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => isAvailable(pod, deployment.spec.minReadySeconds ?? 0, nowMs)).length,
    terminatingReplicas: terminating(plan).filter((pod) => revisionOfPod(pod) === revision.hash).length,
  };
};

const countPods = (
  { revisions, plan, collisionCount }: State,
  { deployment, nowMs }: DeploymentQuestion,
): Omit<DeploymentStatus, 'conditions'> => {
  const { template, minReadySeconds = 0 } = deployment.spec;
  const current = currentRevision(revisions, template);
  const active = revisions.flatMap((revision) => keptPods(plan, revision));
  const ready = active.filter(isReady);
  const availableReplicas = ready.filter((pod) => isAvailable(pod, minReadySeconds, nowMs)).length;
  const replicas = active.length + plan.create.length;
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    replicas,
    updatedReplicas: current === undefined ? 0 : podCount(plan, current),
    readyReplicas: ready.length,
    availableReplicas,
    unavailableReplicas: Math.max(revisions.reduce((sum, revision) => sum + revision.replicas, 0) - availableReplicas, 0),
    terminatingReplicas: terminating(plan).length,
    ...(collisionCount > 0 && { collisionCount }),
  };
};
