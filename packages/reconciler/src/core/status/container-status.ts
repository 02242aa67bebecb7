import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { Container, ContainerState, ContainerStatus, PodStatus, VolumeMount, VolumeMountStatus } from '@solo-kubelet/pod-spec';
import { allContainers } from '../all-containers.js';
import { podEnding } from '../compute-pod-actions.js';
import { allStatuses, containerIdUrl, containerReady, containerStarted } from '../container-facts.js';
import { isLive, newestContainer, type ObservedContainer } from '../observed-pod.js';
import { crashBackoff } from '../plan-running-pod.js';
import type { RunningPodInput } from '../pod-sync-input.js';
import { effectivePolicy, failedInitRestarts, initSucceeded, isSidecar, restartsAfterExit } from '../restart-decision.js';
import { isTerminal } from '../termination.js';
import type { PodStatusInput } from './pod-status-input.js';

/** All termination messages of a pod together, bytes (upstream kubecontainer.MaxPodTerminationMessageLogLength). */
const MAX_MESSAGES_BYTES = 12_288;

/** The list of the spec that a container is from. */
type ContainerList = 'init' | 'regular' | 'ephemeral';

/** Status of one container as Kubernetes shows it. */
export const deriveContainerStatus = (
  input: RunningPodInput & Pick<PodStatusInput, 'recursiveReadOnly' | 'settled'>,
  container: Container,
  list: ContainerList,
): ContainerStatus => {
  const init = list === 'init';
  const instances = (input.observed?.containers ?? []).filter(({ name }) => name === container.name);
  const newest = instances[0];
  const previous = allStatuses(input.status).find(({ name }) => name === container.name);
  if (newest === undefined && previous !== undefined && podEnding(input) === 'removed') return asItEnded(previous);
  if (newest === undefined && previous?.containerID !== undefined && list === 'ephemeral') return asItEnded(previous);
  if (newest === undefined && previous !== undefined && staysInitialized(input, container, list, previous)) return previous;
  if (previous !== undefined && staysAsItEnded(input, newest, previous)) return previous;
  if (newest !== undefined && previous !== undefined && hadEnded(newest, previous)) return previous;
  if (newest !== undefined && previous !== undefined && isBeingRestarted(input, container, newest, previous)) return previous;
  const limit = Math.floor(
    MAX_MESSAGES_BYTES / Math.max(1, allContainers(input.pod).length + (input.pod.spec.ephemeralContainers ?? []).length),
  );
  const observedState = newest === undefined ? stateWithoutInstance(input, container, init, previous) : stateOf(newest, previous, limit);
  const earlier = earlierState(instances, previous, limit) ?? goneState(input, newest, previous);
  const waiting = waitingReason(input, container, list);
  const state = waiting === undefined ? observedState : { waiting };
  const lastState = waiting !== undefined && observedState.terminated !== undefined ? { terminated: observedState.terminated } : earlier;
  const facts = newest && {
    pod: input.pod,
    container,
    observed: newest,
    probeResults: input.probeResults.get(newest.id),
    status: input.status,
  };
  const plainInit = init && !isSidecar(container);
  const started = facts !== undefined && containerStarted(facts);
  const isReady = (): boolean => {
    // Nobody probes an ephemeral container, and none is ever ready (prober_manager.go UpdatePodStatus).
    if (list === 'ephemeral') return false;
    if (plainInit) return observedState.terminated?.exitCode === 0 && newestIsGood(newest);
    return facts !== undefined && containerReady(facts);
  };
  return {
    name: container.name,
    state,
    lastState: lastState ?? {},
    ready: isReady(),
    restartCount: Math.max(newest?.restartCount ?? 0, previous?.restartCount ?? 0),
    image: newest?.image || (container.image ?? ''),
    imageID: newest?.imageRef ?? '',
    ...(newest === undefined ? {} : { containerID: containerIdUrl(newest) }),
    ...(list === 'ephemeral' ? {} : { started }),
    ...resourcesOf(input, container, newest),
    ...volumeMountsOf(container, input.recursiveReadOnly),
    ...(newest?.user === undefined ? {} : { user: { linux: newest.user } }),
  };
};

const newestIsGood = (newest: ObservedContainer | undefined): boolean => newest === undefined || initSucceeded(newest);

const stateOf = (observed: ObservedContainer, previous: ContainerStatus | undefined, messageLimit: number): ContainerState => {
  switch (observed.state) {
    case 'running':
      return { running: { startedAt: metaTime(observed.startedAtMs ?? observed.createdAtMs) } };
    case 'created':
      return { waiting: {} };
    case 'exited':
      return { terminated: terminated(observed, messageLimit) };
    case 'unknown':
      return previous?.state?.running !== undefined && previous.containerID === containerIdUrl(observed) ? lost(previous) : { waiting: {} };
  }
};

const terminated = (observed: ObservedContainer, messageLimit: number): NonNullable<ContainerState['terminated']> => ({
  exitCode: observed.exitCode,
  ...(observed.reason === '' ? {} : { reason: observed.reason }),
  ...(observed.message === '' ? {} : { message: cutText(observed.message, messageLimit) }),
  ...(observed.startedAtMs === undefined ? {} : { startedAt: metaTime(observed.startedAtMs) }),
  ...(observed.finishedAtMs === undefined ? {} : { finishedAt: metaTime(observed.finishedAtMs) }),
  containerID: containerIdUrl(observed),
});

const cutText = (text: string, maxBytes: number): string => {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= maxBytes ? text : new TextDecoder().decode(bytes.subarray(0, maxBytes)).replace(/\uFFFD$/, '');
};

/** A container whose end nobody saw. */
const lost = (previous: ContainerStatus): ContainerState => ({
  terminated: {
    exitCode: 137,
    reason: 'ContainerStatusUnknown',
    message: 'The container could not be located when the pod was terminated',
    ...(previous.containerID === undefined ? {} : { containerID: previous.containerID }),
  },
});

/** A container that ran when all of its pod were restarted. */
const takenDown = ({ containerID }: ContainerStatus): ContainerState => ({
  terminated: {
    exitCode: 137,
    reason: 'RestartingAllContainers',
    message: 'The container is removed because RestartAllContainers in place',
    ...(containerID === undefined ? {} : { containerID }),
  },
});

const isRestartingAll = (status: PodStatus | undefined): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'AllContainersRestarting' && value === 'True') === true;

const stateWithoutInstance = (
  input: RunningPodInput,
  container: Container,
  init: boolean,
  previous: ContainerStatus | undefined,
): ContainerState => {
  if (isTerminal(input.status)) return previous?.state ?? { waiting: {} };
  if (init && !isSidecar(container) && regularExists(input)) {
    return {
      terminated: {
        exitCode: 0,
        reason: 'Completed',
        message: 'Unable to get init container status from container runtime and pod has been initialized',
      },
    };
  }
  if (allAreRestarting(input)) return { waiting: { reason: 'RestartingAllContainers' } };
  return { waiting: { reason: (input.pod.spec.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating' } };
};

/** What never begins again (a container of a pod that is being removed, an ephemeral one) shows how it ended when its record has gone. */
const asItEnded = (previous: ContainerStatus): ContainerStatus =>
  previous.state?.running === undefined
    ? previous
    : { ...previous, state: lost(previous), ready: false, ...(previous.started !== undefined && { started: false }) };

/**
 * Between the stop and the start of one sync: an exit code by which the container would not run again is not its end, and an API server would take
 * no other state after it.
 */
const isBeingRestarted = (
  { pod, workerState, settled }: RunningPodInput & Pick<PodStatusInput, 'settled'>,
  container: Container,
  newest: ObservedContainer,
  previous: ContainerStatus,
): boolean =>
  settled === false &&
  newest.state === 'exited' &&
  workerState.restarting.get(container.name) === newest.id &&
  effectivePolicy(pod, container) !== 'Never' &&
  !restartsAfterExit(pod, container, newest.exitCode) &&
  previous.state?.running !== undefined &&
  previous.containerID === containerIdUrl(newest);

/**
 * Of a container of a pod that has ended for good its last status tells all there is to tell, once the runtime has forgotten it or has nothing to say of
 * its end: that one was made and never started, or that it does not know (a containerd that restarts).
 */
const staysAsItEnded = ({ status }: RunningPodInput, newest: ObservedContainer | undefined, { state }: ContainerStatus): boolean =>
  state?.terminated !== undefined &&
  isTerminal(status) &&
  (newest === undefined || newest.state === 'created' || newest.state === 'unknown');

/** An event told an earlier process of this end, and the runtime's records have not followed yet. */
const hadEnded = (newest: ObservedContainer, { state, lastState }: ContainerStatus): boolean =>
  newest.state === 'running' && [state, lastState].some((known) => known?.terminated?.containerID === containerIdUrl(newest));

/** The same of an init container once the pod's own containers are there. */
const staysInitialized = (input: RunningPodInput, container: Container, list: ContainerList, { state }: ContainerStatus): boolean =>
  state?.terminated !== undefined && list === 'init' && !isSidecar(container) && regularExists(input);

const regularExists = ({ pod, observed }: RunningPodInput): boolean =>
  pod.spec.containers.some(({ name }) => newestContainer(observed, name) !== undefined);

/** Whether RestartAllContainers is taking the pod down: as the last status said, until a container is there again. */
const allAreRestarting = ({ status, observed }: RunningPodInput): boolean =>
  (observed?.containers.length ?? 0) === 0 && isRestartingAll(status);

/** The instance before the newest one, from the runtime or, when its record has been collected, from the earlier status. */
const earlierState = (
  instances: readonly ObservedContainer[],
  previous: ContainerStatus | undefined,
  messageLimit: number,
): ContainerState | undefined => {
  const [newest, second] = instances;
  if (second !== undefined && second.state === 'exited') return { terminated: terminated(second, messageLimit) };
  // Of an instance that is gone the status may have kept nothing but its end (reconcileStoredStatus).
  const ended = previous?.state?.terminated;
  if (newest === undefined || ended === undefined) return undefined;
  return (previous?.containerID ?? ended.containerID) === containerIdUrl(newest) ? undefined : { terminated: ended };
};

/** What came before, where the runtime has nothing to say of it. */
const goneState = (
  { status }: RunningPodInput,
  newest: ObservedContainer | undefined,
  previous: ContainerStatus | undefined,
): ContainerState | undefined => {
  if (newest === undefined && previous?.state?.running !== undefined) return isRestartingAll(status) ? takenDown(previous) : lost(previous);
  if (newest === undefined && previous?.state?.terminated !== undefined) return { terminated: previous.state.terminated };
  return previous?.lastState?.terminated === undefined ? undefined : { terminated: previous.lastState.terminated };
};

/** Why a container that should run does not: only shown where the next thing to happen to it is a start. */
const waitingReason = (input: RunningPodInput, container: Container, list: ContainerList): ContainerState['waiting'] | undefined => {
  if (podEnding(input) !== undefined || !shouldStart(input, container, list)) return undefined;
  const failure = input.workerState.startFailures.get(container.name);
  if (failure !== undefined) {
    // As upstream, whose next status is of a look after the failure: never the reason without the container that it is of (PostStartHookError).
    const isUnseen = failure.containerId !== undefined && newestContainer(input.observed, container.name)?.id !== failure.containerId;
    return isUnseen ? undefined : { reason: failure.reason, message: failure.message };
  }
  const backoff = crashBackoff(input, container);
  return backoff === undefined ? undefined : { reason: backoff.reason, message: backoff.message };
};

const shouldStart = (input: RunningPodInput, container: Container, list: ContainerList): boolean => {
  const newest = newestContainer(input.observed, container.name);
  if (list === 'ephemeral') return newest === undefined;
  if (newest === undefined || newest.state === 'created') return true;
  if (isLive(newest)) return false;
  if (list === 'regular') return restartsAfterExit(input.pod, container, newest.exitCode);
  return isSidecar(container) || (!initSucceeded(newest) && failedInitRestarts(input.pod, container, newest));
};

/** Nothing before there is an instance, then what it was given, even if that is nothing in particular. */
const resourcesOf = (
  { workerState }: RunningPodInput,
  container: Container,
  observed: ObservedContainer | undefined,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> => {
  if (observed === undefined) return {};
  const { requests, limits } = container.resources ?? {};
  const isRunning = observed.state === 'running';
  const reported = isRunning ? observed.resources : undefined;
  const sent = isRunning ? workerState.actuated.get(container.name) : undefined;
  const merged = {
    ...(limits && { limits: { ...inForce(limits, sent && (sent.limits ?? {})), ...reported?.limits } }),
    ...(requests && { requests: { ...inForce(requests, sent && (sent.requests ?? {})), ...reported?.requests } }),
  };
  return { ...(requests && { allocatedResources: requests }), resources: merged };
};

type Amounts = Readonly<Record<string, string>>;

/** What the container itself names: of cpu and memory as it was sent, and not at all while it was not. */
const inForce = (named: Amounts, sent: Amounts | undefined): Amounts =>
  sent === undefined
    ? named
    : Object.fromEntries(
        Object.entries(named).flatMap(([name, amount]) => {
          const held = name === 'cpu' || name === 'memory' ? sent[name] : amount;
          return held === undefined ? [] : [[name, held]];
        }),
      );

/** What becomes of each mount. A container whose mounts are refused shows them as not recursive, as upstream does. */
const volumeMountsOf = (container: Container, recursive: boolean): Pick<ContainerStatus, 'volumeMounts'> => {
  if (container.volumeMounts === undefined || container.volumeMounts.length === 0) return {};
  const volumeMounts = container.volumeMounts.map((volumeMount): VolumeMountStatus => {
    const { name, mountPath, readOnly } = volumeMount;
    if (!readOnly) return { name, mountPath };
    return { name, mountPath, readOnly, recursiveReadOnly: recursive && asksForRecursive(volumeMount) ? 'Enabled' : 'Disabled' };
  });
  return { volumeMounts };
};

const asksForRecursive = ({ recursiveReadOnly = 'Disabled', mountPropagation = 'None' }: VolumeMount): boolean =>
  recursiveReadOnly !== 'Disabled' && mountPropagation === 'None';
