import type { Container, Pod } from '@solo-kubelet/pod-spec';
import type { PodActivity } from './activity.js';
import { allContainers } from './all-containers.js';
import { type BackoffPolicy, currentBackoff, growBackoff } from './crash-backoff.js';
import { newestContainer, type ObservedPod } from './observed-pod.js';
import type { PodAction, StopReason } from './pod-action.js';
import { type Admission, type PodWorkerState, withEntry, withoutKey } from './pod-worker-state.js';
import { heldTo, resourcesOfPod } from './resize/pod-resources.js';
import { isSidecar, restartsAfterExit } from './restart-decision.js';
import { setAsideMs } from './retry-delay.js';
import { newestExit, type SteadyTimes } from './steady-times.js';

interface WorkerStateContext {
  readonly observed: ObservedPod | undefined;
  readonly steadyTimes?: SteadyTimes | undefined;
  readonly policy: BackoffPolicy;
  readonly nowMs: number;
  /** The pod as the sync that tells of it knew it. Default: as it is now. */
  readonly pod?: Pod | undefined;
}

/** Takes in what a worker did. */
export const reducePodWorkerState = (workerState: PodWorkerState, activity: PodActivity, context: WorkerStateContext): PodWorkerState => {
  switch (activity.type) {
    case 'podEnding':
      // How often the node has ended it is kept, for the case that it starts anew.
      return workerState.removed ? workerState : { ...clearWaits(workerState), backoff: workerState.backoff, removed: true };
    case 'actionStarted':
      return started(workerState.inPass ? workerState : { ...workerState, inPass: true, restarting: new Map() }, activity.action, context);
    case 'actionSucceeded':
      return succeeded(workerState, activity.action, context.pod ?? workerState.pod);
    case 'actionFailed':
      return failed(workerState, activity);
    case 'allocationRefused': {
      const { reason, message, revision } = activity;
      return { ...workerState, admission: { state: 'refused', reason, message, atRevision: revision } };
    }
    case 'setAside':
      return { ...workerState, crashes: workerState.crashes + 1, retryAtMs: context.nowMs + setAsideMs(workerState.crashes) };
    case 'syncFinished':
      return {
        ...workerState,
        crashes: activity.actions > 0 ? workerState.crashes : 0,
        inPass: false,
        minGeneration: Math.max(workerState.minGeneration, activity.minGeneration),
        runningSyncs: activity.actions > 0 ? workerState.runningSyncs + 1 : 0,
      };
    default:
      return workerState;
  }
};

const started = (workerState: PodWorkerState, action: PodAction, context: WorkerStateContext): PodWorkerState => {
  if (action.type === 'startContainer')
    return withActuated(countRestart(workerState, action.container.name, context), action.container, context.pod ?? workerState.pod);
  if (action.type !== 'stopContainers') return workerState;
  const stopped = action.stops.filter(({ reason }) => STARTED_AGAIN.includes(reason));
  return stopped.length === 0
    ? workerState
    : { ...workerState, restarting: new Map(stopped.map(({ containerName, containerId }) => [containerName, containerId])) };
};

/** Why a container is stopped that the same sync starts again, if its policy lets it. */
const STARTED_AGAIN: readonly StopReason[] = [
  'SpecChanged',
  'ResizeRequired',
  'LivenessProbe',
  'StartupProbe',
  'ContainerUnknown',
  'RestartRequested',
];

/** An instance that is started has what it is started with, whatever is heard of it. */
const withActuated = (workerState: PodWorkerState, container: Container, pod: Pod | undefined): PodWorkerState =>
  pod === undefined
    ? workerState
    : {
        ...workerState,
        actuated: withEntry(workerState.actuated, container.name, heldTo(pod, container)),
        unconfirmed: withoutKey(workerState.unconfirmed, container.name),
      };

/** A start that follows an exit makes the next one wait longer, whether it succeeds or not. */
const countRestart = (
  workerState: PodWorkerState,
  name: string,
  { observed, steadyTimes, policy, nowMs }: WorkerStateContext,
): PodWorkerState => {
  const exited = newestExit(observed, name, steadyTimes);
  if (exited === undefined) return workerState;
  const entry = currentBackoff(workerState.backoff.get(name), exited, policy);
  return { ...workerState, backoff: withEntry(workerState.backoff, name, growBackoff(entry, policy, nowMs, exited.id)) };
};

const succeeded = (workerState: PodWorkerState, action: PodAction, pod: Pod | undefined): PodWorkerState => {
  switch (action.type) {
    case 'startContainer':
      return { ...workerState, startFailures: withoutKey(workerState.startFailures, action.container.name) };
    case 'updateResources':
      return withActuated(workerState, action.container, pod);
    case 'checkMemory':
      return workerState;
    case 'resizePod':
      return {
        ...workerState,
        podCgroup: resourcesOfPod(action.limits),
        podUnconfirmed: undefined,
        resizeFailure: action.final ? undefined : workerState.resizeFailure,
      };
    case 'allocateResources':
      return { ...workerState, resources: 'held', failures: 0, retryAtMs: 0 };
    case 'releaseResources':
      return { ...workerState, resources: 'released', failures: 0, retryAtMs: 0 };
    case 'pullImages':
      return { ...workerState, imagesPulled: true };
    case 'createSandbox':
      return {
        ...workerState,
        volumesOf: pod,
        volumesReleased: false,
        podCgroup: pod && resourcesOfPod(pod),
        podUnconfirmed: undefined,
        failures: 0,
        retryAtMs: 0,
      };
    case 'refreshVolumes':
      return { ...workerState, volumesOf: pod, failures: 0, retryAtMs: 0 };
    case 'releaseVolumes':
      return { ...workerState, volumesReleased: true, failures: 0, retryAtMs: 0 };
    case 'cleanPod':
      return { ...workerState, cleaned: true, failures: 0, retryAtMs: 0 };
    default:
      return workerState.failures === 0 ? workerState : { ...workerState, failures: 0, retryAtMs: 0 };
  }
};

const failed = (
  workerState: PodWorkerState,
  { action, reason, message, retryAtMs, containerId }: PodActivity & { type: 'actionFailed' },
): PodWorkerState => {
  if (isResizeStep(action))
    return { ...workerState, resizeFailure: { message, retryAtMs, failures: (workerState.resizeFailure?.failures ?? 0) + 1 } };
  if (action.type !== 'startContainer') return { ...workerState, failures: workerState.failures + 1, retryAtMs, restarting: new Map() };
  const { name } = action.container;
  const failures = (workerState.startFailures.get(name)?.failures ?? 0) + 1;
  return {
    ...workerState,
    restarting: withoutKey(workerState.restarting, name),
    startFailures: withEntry(workerState.startFailures, name, {
      reason,
      message,
      retryAtMs,
      failures,
      ...(containerId !== undefined && { containerId }),
    }),
  };
};

/** A step whose failure holds up nothing but the resize. */
export const isResizeStep = ({ type }: PodAction): boolean => type === 'checkMemory' || type === 'updateResources' || type === 'resizePod';

/** Ends every wait but keeps what is shown of it. */
export const clearWaits = (workerState: PodWorkerState): PodWorkerState => ({
  ...workerState,
  failures: 0,
  retryAtMs: 0,
  crashes: 0,
  runningSyncs: 0,
  resizeFailure: workerState.resizeFailure && { ...workerState.resizeFailure, retryAtMs: 0 },
  admission: askedAgain(workerState.admission),
  backoff: new Map([...workerState.backoff].map(([name, entry]) => [name, { ...entry, delayMs: 0 }])),
  startFailures: new Map([...workerState.startFailures].map(([name, failure]) => [name, { ...failure, retryAtMs: 0, failures: 0 }])),
});

/** What may have failed for the lack of an object is tried again at once; crash and pull back-offs stay. */
export const refreshWorkerState = (workerState: PodWorkerState): PodWorkerState => ({
  ...workerState,
  refreshes: workerState.refreshes + 1,
  failures: 0,
  retryAtMs: workerState.crashes > 0 ? workerState.retryAtMs : 0,
  volumesOf: undefined,
  startFailures: new Map(
    [...workerState.startFailures].map(([name, failure]) => [
      name,
      failure.reason === 'CreateContainerConfigError' ? { ...failure, retryAtMs: 0, failures: 0 } : failure,
    ]),
  ),
});

/** A refusal of resources that stands no longer, however little has changed. */
const askedAgain = (admission: Admission): Admission =>
  admission.state === 'refused' && admission.atRevision !== undefined ? { ...admission, atRevision: -1 } : admission;

/** By hand: what waits goes ahead now; if nothing waits, what runs is restarted. */
export const requestRestart = (workerState: PodWorkerState, observed: ObservedPod | undefined, nowMs: number): PodWorkerState => {
  const names = allContainers(workerState.pod).map(({ name }) => name);
  const lasting = [...(workerState.pod?.spec.initContainers ?? []).filter(isSidecar), ...(workerState.pod?.spec.containers ?? [])];
  const running = (observed?.containers ?? []).filter(({ state, name }) => state === 'running' && lasting.some((one) => one.name === name));
  const someWait = lasting.some((container) => waits(workerState, observed, container));
  return {
    ...clearWaits(workerState),
    backoff: new Map(names.map((name) => [name, { delayMs: 0, updatedAtMs: nowMs }])),
    restartRequested: someWait ? workerState.restartRequested : new Set(running.map(({ id }) => id)),
  };
};

const waits = (workerState: PodWorkerState, observed: ObservedPod | undefined, container: Container): boolean => {
  const newest = newestContainer(observed, container.name);
  const ended =
    newest?.state === 'exited' && workerState.pod !== undefined && restartsAfterExit(workerState.pod, container, newest.exitCode);
  return workerState.startFailures.has(container.name) || newest === undefined || ended;
};
