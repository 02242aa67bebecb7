import { metaTime } from '@solo-kubelet/diagnostics/text';
import { type ContainerStatus, DISRUPTION_TARGET, type Pod, type PodStatus, podQosClass, podRequests } from '@solo-kubelet/pod-spec';
import { podEnding } from '../compute-pod-actions.js';
import { isLive, newestContainer, newestSandbox } from '../observed-pod.js';
import { isResizing } from '../resize/resize-state.js';
import { restartTriggers } from '../restart-all-containers.js';
import { decideSandbox } from '../sandbox-decision.js';
import { isTerminal } from '../termination.js';
import { deriveContainerStatus } from './container-status.js';
import { deriveConditions, observedGeneration } from './pod-conditions.js';
import { onePerFamily } from './pod-ips.js';
import { derivePhase } from './pod-phase.js';
import type { PodStatusInput } from './pod-status-input.js';
import { terminateContainers } from './terminate-containers.js';

/** What Kubernetes would show of the pod. Upstream: pkg/kubelet/kubelet_pods.go, pkg/kubelet/status/generate.go. */
export const derivePodStatus = (input: PodStatusInput): PodStatus => {
  const { pod, observed, workerState, status: previous, wallMs = input.nowMs } = input;
  // It never changes, and what the runtime tells of a pod without a manifest lacks what it goes by.
  const qosClass = (workerState.pod === undefined ? previous?.qosClass : undefined) ?? podQosClass(pod);
  const startTime = previous?.startTime ?? pod.status?.startTime ?? metaTime(Math.min(wallMs, oldestMs(input) ?? wallMs));
  if (workerState.admission.state === 'refused') {
    const { reason, message, waits } = workerState.admission;
    if (waits !== undefined) return { ...observedGeneration(pod), phase: 'Pending', reason, message, qosClass };
    return { ...observedGeneration(pod), phase: 'Failed', reason, message: `Pod was rejected: ${message}`, qosClass, startTime };
  }
  // One that an earlier process admitted keeps what it came to, if it had ended there or its end was asked for before this one could admit it.
  const wasShown = isTerminal(previous) || (workerState.removed && previous?.startTime !== undefined);
  if (workerState.admission.state === 'pending' && observed === undefined && !wasShown)
    return { ...observedGeneration(pod), phase: 'Pending', qosClass };

  const derivedInit = (pod.spec.initContainers ?? []).map((container) => deriveContainerStatus(input, container, 'init'));
  const derivedRegular = pod.spec.containers
    .map((container) => ({ ...deriveContainerStatus(input, container, 'regular'), ...resourcesStatus(input, container.name) }))
    .sort(byName);
  const ephemeral = (pod.spec.ephemeralContainers ?? []).map((each) => deriveContainerStatus(input, each, 'ephemeral')).sort(byName);
  const end = terminalPhase(input) ?? deletedPhase(input, [...derivedInit, ...derivedRegular]);
  const sandbox = newestSandbox(observed);
  const everCreated = pod.spec.containers.some(({ name }) => {
    const container = newestContainer(observed, name);
    return container !== undefined && container.sandboxId === sandbox?.id;
  });
  const now = derivePhase(pod, derivedInit, derivedRegular, everCreated);
  // Nothing of a pod that ends is begun any more: one that was taken down while its init containers ran another time has run all the same.
  const derived = now === 'Pending' && previous?.phase === 'Running' && podEnding(input) !== undefined ? 'Running' : now;
  const ends = derived === 'Succeeded' || derived === 'Failed';
  const phase = end?.phase ?? (ends && input.settled === false ? (previous?.phase ?? 'Pending') : derived);
  const { containerStatuses, initContainerStatuses } = hasEnded(input, phase)
    ? terminateContainers(pod, { containerStatuses: derivedRegular, initContainerStatuses: derivedInit })
    : { containerStatuses: derivedRegular, initContainerStatuses: derivedInit };
  const conditions = deriveConditions({
    pod,
    phase,
    statuses: containerStatuses,
    initStatuses: initContainerStatuses,
    sandboxReady: !decideSandbox(pod, observed).needed,
    regularEverRan: containerStatuses.some(
      ({ containerID, lastState }) => containerID !== undefined || lastState?.terminated !== undefined,
    ),
    allContainersRestarting: restartTriggers(input).size > 0 || stillRestarting(input),
    disruption: disruptionMessage(input),
    resize: phase === 'Failed' || phase === 'Succeeded' ? undefined : resizeFacts(input),
    previous: previous?.conditions ?? [],
    nowMs: wallMs,
  });
  return {
    ...observedGeneration(pod),
    phase,
    ...(end?.reason === undefined ? {} : { reason: end.reason }),
    ...(end?.message === undefined ? {} : { message: end.message }),
    conditions,
    ...addresses(input),
    startTime,
    ...(initContainerStatuses.length > 0 ? { initContainerStatuses } : {}),
    containerStatuses,
    ...(ephemeral.length > 0 ? { ephemeralContainerStatuses: ephemeral } : {}),
    qosClass,
    ...podResources(input),
  };
};

const byName = (a: ContainerStatus, b: ContainerStatus): number => (a.name < b.name ? -1 : 1);

/** Whether nothing of the pod runs any more or ever will, of a pod that has had containers at all. A sync may be starting what has not been seen. */
const hasEnded = ({ observed, status, settled }: PodStatusInput, phase: PodStatus['phase']): boolean =>
  (phase === 'Failed' || phase === 'Succeeded') &&
  settled !== false &&
  (observed !== undefined || status?.containerStatuses !== undefined) &&
  !(observed?.containers ?? []).some(isLive);

const resizeFacts = (input: PodStatusInput) => ({
  pending: input.workerState.resizePending,
  inProgress: isResizing(input) || (input.workerState.allocating !== undefined && input.workerState.resizeFailure !== undefined),
  error: input.workerState.resizeFailure?.message,
});

/** What is allocated to the pod with all its containers, and what the pod as a whole is held to if it asks for that (KEP 5419). */
const podResources = ({ pod, workerState }: PodStatusInput): Pick<PodStatus, 'allocatedResources' | 'resources'> => {
  const allocatedResources = podRequests(pod);
  const resources = pod.spec.resources && (workerState.podCgroup?.pod ?? pod.spec.resources);
  return { ...(Object.keys(allocatedResources).length > 0 && { allocatedResources }), ...(resources && { resources }) };
};

/** Of app containers only, as upstream (UpdateAllocatedResourcesStatus in pkg/kubelet/cm/devicemanager/manager.go). */
const resourcesStatus = ({ allocatedResources }: PodStatusInput, name: string): Pick<ContainerStatus, 'allocatedResourcesStatus'> => {
  const allocatedResourcesStatus = allocatedResources?.get(name) ?? [];
  return allocatedResourcesStatus.length === 0 ? {} : { allocatedResourcesStatus };
};

const oldestMs = ({ observed }: PodStatusInput): number | undefined =>
  observed === undefined || observed.sandboxes.length === 0
    ? undefined
    : Math.min(...observed.sandboxes.map(({ createdAtMs }) => createdAtMs));

/** A terminal phase stays for good; an end before its time or a deadline that has passed makes one. */
const terminalPhase = (input: PodStatusInput): Pick<PodStatus, 'phase' | 'reason' | 'message'> | undefined => {
  const { status } = input;
  if (isTerminal(status)) return status;
  const ending = podEnding(input);
  if (ending === 'terminated')
    return { phase: 'Failed', reason: input.workerState.termination?.reason, message: input.workerState.termination?.message };
  return ending === 'deadlineExceeded'
    ? { phase: 'Failed', reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' }
    : undefined;
};

/**
 * A pod whose deletion was asked for comes to its end once nothing of it runs: it has failed when anything ended badly or never ran
 * (pkg/kubelet/kubelet_pods.go getPhase with podIsTerminal).
 */
const deletedPhase = (
  input: PodStatusInput,
  containers: readonly ContainerStatus[],
): Pick<PodStatus, 'phase' | 'reason' | 'message'> | undefined => {
  if (podEnding(input) !== 'deleted' || input.settled === false) return undefined;
  if ((input.observed?.containers ?? []).some(isLive)) return undefined;
  const endedWell =
    containers.length > 0 && containers.every(({ state, lastState }) => (state?.terminated ?? lastState?.terminated)?.exitCode === 0);
  return { phase: endedWell ? 'Succeeded' : 'Failed' };
};

/** Why the node ended the pod: by this process, or as an earlier one left it in the status. */
const disruptionMessage = ({ workerState, status }: PodStatusInput): string | undefined =>
  workerState.termination?.disruption === true
    ? workerState.termination.message
    : status?.conditions?.find(({ type }) => type === DISRUPTION_TARGET)?.message;

const stillRestarting = ({ status, observed }: PodStatusInput): boolean =>
  (observed?.containers.length ?? 0) === 0 &&
  status?.conditions?.some((condition) => condition.type === 'AllContainersRestarting' && condition.status === 'True') === true;

const addresses = ({ pod, observed, status, nodeIps }: PodStatusInput): Pick<PodStatus, 'hostIP' | 'hostIPs' | 'podIP' | 'podIPs'> => {
  const host = onePerFamily(nodeIps, nodeIps);
  const own = podAddresses(pod, newestSandbox(observed)?.ips ?? [], nodeIps);
  const pods = own.length > 0 ? own : (status?.podIPs ?? []).map(({ ip }) => ip);
  return {
    ...(host[0] === undefined ? {} : { hostIP: host[0], hostIPs: host.map((ip) => ({ ip })) }),
    ...(pods[0] === undefined ? {} : { podIP: pods[0], podIPs: pods.map((ip) => ({ ip })) }),
  };
};

/** Host-network pods have the node's addresses, which upstream only knows with an API server. */
const podAddresses = (pod: Pod, sandboxIps: readonly string[], nodeIps: readonly string[]): readonly string[] =>
  onePerFamily(pod.spec.hostNetwork === true ? nodeIps : sandboxIps, nodeIps);
