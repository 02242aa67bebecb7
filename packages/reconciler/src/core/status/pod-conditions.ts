import { metaTime } from '@solo-kubelet/diagnostics/text';
import {
  type Container,
  type ContainerStatus,
  DISRUPTION_TARGET,
  KUBELET_CONDITIONS,
  type Pod,
  type PodCondition,
  type PodPhase,
} from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import type { ResizePending } from '../resize/check-resize.js';
import { isSidecar } from '../restart-decision.js';

export interface ConditionFacts {
  readonly pod: Pod;
  readonly phase: PodPhase;
  readonly statuses: readonly ContainerStatus[];
  readonly initStatuses: readonly ContainerStatus[];
  /** The sandbox is there and needs no replacement. */
  readonly sandboxReady: boolean;
  readonly regularEverRan: boolean;
  readonly allContainersRestarting: boolean;
  /** Why the node ended the pod; undefined when it did not. */
  readonly disruption: string | undefined;
  /** What is not as the manifest asks for it yet, and why; undefined: nothing. */
  readonly resize?: ResizeFacts | undefined;
  readonly previous: readonly PodCondition[];
  readonly nowMs: number;
}

export interface ResizeFacts {
  readonly pending: ResizePending | undefined;
  /** Other amounts are allocated than cgroups have. */
  readonly inProgress: boolean;
  /** Why the last try failed. */
  readonly error: string | undefined;
}

type ProbeResult = Pick<PodCondition, 'status' | 'reason' | 'message'>;

const yes: ProbeResult = { status: 'True' };

/**
 * The conditions that the manifest itself holds, then the kubelet's own in upstream's order. `lastTransitionTime` moves with `status` only.
 * Upstream: generateAPIPodStatus in pkg/kubelet/kubelet_pods.go.
 */
export const deriveConditions = (facts: ConditionFacts): readonly PodCondition[] => {
  const containersReady = deriveContainersReady(facts);
  const own: (readonly [string, ProbeResult])[] = [
    ['PodReadyToStartContainers', facts.sandboxReady ? yes : { status: 'False' }],
    ['Initialized', deriveInitialized(facts)],
    ['Ready', deriveReady(facts, containersReady)],
    ['ContainersReady', containersReady],
    ['PodScheduled', yes],
  ];
  if (usesRestartOfAll(facts.pod)) own.push(['AllContainersRestarting', deriveAllRestarting(facts)]);
  if (facts.disruption !== undefined) {
    own.unshift([DISRUPTION_TARGET, { status: 'True', reason: 'TerminationByKubelet', message: facts.disruption }]);
  }
  own.unshift(...resizeConditions(facts.resize));
  const foreign = (facts.pod.status?.conditions ?? []).filter(
    ({ type }) => !KUBELET_CONDITIONS.has(type) && !own.some(([ownType]) => ownType === type),
  );
  return [...foreign, ...own.map(([type, probeResult]) => stamped(facts, type, probeResult))];
};

const resizeConditions = (resize: ResizeFacts | undefined): readonly (readonly [string, ProbeResult])[] => {
  const conditions: (readonly [string, ProbeResult])[] = [];
  if (resize?.pending !== undefined) {
    const { reason, message } = resize.pending;
    conditions.push(['PodResizePending', { status: 'True', reason, message }]);
  }
  if (resize?.inProgress === true) {
    const { error } = resize;
    conditions.push(['PodResizeInProgress', error === undefined ? yes : { status: 'True', reason: 'Error', message: error }]);
  }
  return conditions;
};

const deriveAllRestarting = ({ phase, allContainersRestarting }: ConditionFacts): ProbeResult => {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  return allContainersRestarting
    ? { status: 'True', reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' }
    : { status: 'False' };
};

const stamped = ({ pod, previous, nowMs }: ConditionFacts, type: string, probeResult: ProbeResult): PodCondition => {
  const before = previous.find((condition) => condition.type === type);
  const unchangedSince = before?.status === probeResult.status ? before.lastTransitionTime : undefined;
  // Upstream gives this one none.
  const generation = type === 'AllContainersRestarting' ? {} : observedGeneration(pod);
  return { type, ...generation, ...probeResult, lastTransitionTime: unchangedSince ?? metaTime(nowMs) };
};

/** The generation that a manifest gives its pod; without an API server nobody counts it. */
export const observedGeneration = ({ metadata }: Pod): Pick<PodCondition, 'observedGeneration'> =>
  metadata.generation === undefined || metadata.generation === 0 ? {} : { observedGeneration: metadata.generation };

const namesWithout = (
  containers: readonly Container[],
  statuses: readonly ContainerStatus[],
  good: (status: ContainerStatus) => boolean,
) => {
  const known = containers.map(({ name }) => ({ name, status: statuses.find((status) => status.name === name) }));
  return {
    unknown: known.filter(({ status }) => status === undefined).map(({ name }) => name),
    bad: known.filter(({ status }) => status !== undefined && !good(status)).map(({ name }) => name),
  };
};

/** What has been initialized once stays so, though its init containers run another time. */
const deriveInitialized = ({ pod, phase, statuses, initStatuses, regularEverRan, previous }: ConditionFacts): ProbeResult => {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  if (previous.some(({ type, status }) => type === 'Initialized' && status === 'True')) return yes;
  if (regularEverRan || statuses.some(({ state }) => state?.running !== undefined)) return yes;
  const inits = pod.spec.initContainers ?? [];
  const sidecars = new Set(inits.filter(isSidecar).map(({ name }) => name));
  const { unknown, bad } = namesWithout(inits, initStatuses, (status) =>
    sidecars.has(status.name) ? status.started === true : status.ready,
  );
  const text = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(bad.length > 0 ? [`containers with incomplete status: [${bad.join(' ')}]`] : []),
  ];
  return text.length === 0 ? yes : { status: 'False', reason: 'ContainersNotInitialized', message: text.join(', ') };
};

const deriveContainersReady = ({ pod, phase, statuses, initStatuses }: ConditionFacts): ProbeResult => {
  const needed = [...(pod.spec.initContainers ?? []).filter(isSidecar), ...pod.spec.containers];
  const { unknown, bad } = namesWithout(needed, [...initStatuses, ...statuses], (status) => status.ready);
  if (phase === 'Succeeded' && unknown.length === 0) return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const text = [
    ...(unknown.length > 0 ? [`containers with unknown status: [${unknown.join(' ')}]`] : []),
    ...(bad.length > 0 ? [`containers with unready status: [${bad.join(' ')}]`] : []),
  ];
  return text.length === 0 ? yes : { status: 'False', reason: 'ContainersNotReady', message: text.join(', ') };
};

const deriveReady = ({ pod }: ConditionFacts, containersReady: ProbeResult): ProbeResult => {
  if (containersReady.status !== 'True') return containersReady;
  const gates = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = pod.status?.conditions?.find(({ type }) => type === conditionType);
    if (condition === undefined) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return gates.length === 0 ? yes : { status: 'False', reason: 'ReadinessGatesNotReady', message: gates.join(', ') };
};

const usesRestartOfAll = (pod: Pod): boolean =>
  allContainers(pod).some(({ restartPolicyRules }) => restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers'));
