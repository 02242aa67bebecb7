import type { Container, Pod } from '@solo-kubelet/pod-spec';
import type { PodActivity } from './activity.js';
import { allContainers } from './all-containers.js';
import { type BackoffPolicy, currentBackoff, growBackoff } from './crash-backoff.js';
import { newestContainer, type ObservedPod } from './observed-pod.js';
import type { PodAction, StopReason } from './pod-action.js';
import { type Admission, type PodLedger, withEntry, withoutKey } from './pod-ledger.js';
import { heldTo, resourcesOfPod } from './resize/pod-resources.js';
import { isSidecar, restartsAfterExit } from './restart-decision.js';
import { setAsideMs } from './retry-delay.js';
import { newestExit, type SteadyTimes } from './steady-times.js';

interface LedgerContext {
  readonly observed: ObservedPod | undefined;
  readonly steadyTimes?: SteadyTimes | undefined;
  readonly policy: BackoffPolicy;
  readonly nowMs: number;
  /** The pod as the sync that tells of it knew it. Default: as it is now. */
  readonly pod?: Pod | undefined;
}

/** Takes in what a worker did. */
export const reducePodLedger = (ledger: PodLedger, activity: PodActivity, context: LedgerContext): PodLedger => {
  switch (activity.type) {
    case 'podEnding':
      // How often the node has ended it is kept, for the case that it starts anew.
      return ledger.removed ? ledger : { ...clearWaits(ledger), backoff: ledger.backoff, removed: true };
    case 'actionStarted':
      return started(ledger.inPass ? ledger : { ...ledger, inPass: true, restarting: new Map() }, activity.action, context);
    case 'actionSucceeded':
      return succeeded(ledger, activity.action, context.pod ?? ledger.pod);
    case 'actionFailed':
      return failed(ledger, activity);
    case 'allocationRefused': {
      const { reason, message, revision } = activity;
      return { ...ledger, admission: { state: 'refused', reason, message, atRevision: revision } };
    }
    case 'setAside':
      return { ...ledger, crashes: ledger.crashes + 1, retryAtMs: context.nowMs + setAsideMs(ledger.crashes) };
    case 'passEnded':
      return {
        ...ledger,
        crashes: activity.actions > 0 ? ledger.crashes : 0,
        inPass: false,
        minGeneration: Math.max(ledger.minGeneration, activity.minGeneration),
        busyPasses: activity.actions > 0 ? ledger.busyPasses + 1 : 0,
      };
    default:
      return ledger;
  }
};

const started = (ledger: PodLedger, action: PodAction, context: LedgerContext): PodLedger => {
  if (action.type === 'startContainer')
    return withActuated(countRestart(ledger, action.container.name, context), action.container, context.pod ?? ledger.pod);
  if (action.type !== 'stopContainers') return ledger;
  const stopped = action.stops.filter(({ reason }) => STARTED_AGAIN.includes(reason));
  return stopped.length === 0
    ? ledger
    : { ...ledger, restarting: new Map(stopped.map(({ containerName, containerId }) => [containerName, containerId])) };
};

/** Why a container is stopped that the same pass starts again, if its policy lets it. */
const STARTED_AGAIN: readonly StopReason[] = ['SpecChanged', 'LivenessProbe', 'StartupProbe', 'ContainerUnknown', 'RestartRequested'];

/** An instance that is started has what it is started with, whatever is heard of it. */
const withActuated = (ledger: PodLedger, container: Container, pod: Pod | undefined): PodLedger =>
  pod === undefined
    ? ledger
    : {
        ...ledger,
        actuated: withEntry(ledger.actuated, container.name, heldTo(pod, container)),
        unconfirmed: withoutKey(ledger.unconfirmed, container.name),
      };

/** A start that follows an exit makes the next one wait longer, whether it succeeds or not. */
const countRestart = (ledger: PodLedger, name: string, { observed, steadyTimes, policy, nowMs }: LedgerContext): PodLedger => {
  const exited = newestExit(observed, name, steadyTimes);
  if (exited === undefined) return ledger;
  const entry = currentBackoff(ledger.backoff.get(name), exited, policy);
  return { ...ledger, backoff: withEntry(ledger.backoff, name, growBackoff(entry, policy, nowMs, exited.id)) };
};

const succeeded = (ledger: PodLedger, action: PodAction, pod: Pod | undefined): PodLedger => {
  switch (action.type) {
    case 'startContainer':
      return { ...ledger, startFailures: withoutKey(ledger.startFailures, action.container.name) };
    case 'updateResources':
      return withActuated(ledger, action.container, pod);
    case 'checkMemory':
      return ledger;
    case 'resizePod':
      return {
        ...ledger,
        podCgroup: resourcesOfPod(action.limits),
        podUnconfirmed: undefined,
        resizeFailure: action.final ? undefined : ledger.resizeFailure,
      };
    case 'allocateResources':
      return { ...ledger, resources: 'held', failures: 0, retryAtMs: 0 };
    case 'releaseResources':
      return { ...ledger, resources: 'released', failures: 0, retryAtMs: 0 };
    case 'pullImages':
      return { ...ledger, imagesPulled: true };
    case 'createSandbox':
      return {
        ...ledger,
        volumesOf: pod,
        volumesReleased: false,
        podCgroup: pod && resourcesOfPod(pod),
        podUnconfirmed: undefined,
        failures: 0,
        retryAtMs: 0,
      };
    case 'refreshVolumes':
      return { ...ledger, volumesOf: pod, failures: 0, retryAtMs: 0 };
    case 'releaseVolumes':
      return { ...ledger, volumesReleased: true, failures: 0, retryAtMs: 0 };
    case 'cleanPod':
      return { ...ledger, cleaned: true, failures: 0, retryAtMs: 0 };
    default:
      return ledger.failures === 0 ? ledger : { ...ledger, failures: 0, retryAtMs: 0 };
  }
};

const failed = (
  ledger: PodLedger,
  { action, reason, message, retryAtMs, containerId }: PodActivity & { type: 'actionFailed' },
): PodLedger => {
  if (isResizeStep(action))
    return { ...ledger, resizeFailure: { message, retryAtMs, failures: (ledger.resizeFailure?.failures ?? 0) + 1 } };
  if (action.type !== 'startContainer') return { ...ledger, failures: ledger.failures + 1, retryAtMs, restarting: new Map() };
  const { name } = action.container;
  const failures = (ledger.startFailures.get(name)?.failures ?? 0) + 1;
  return {
    ...ledger,
    restarting: withoutKey(ledger.restarting, name),
    startFailures: withEntry(ledger.startFailures, name, {
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
export const clearWaits = (ledger: PodLedger): PodLedger => ({
  ...ledger,
  failures: 0,
  retryAtMs: 0,
  crashes: 0,
  busyPasses: 0,
  resizeFailure: ledger.resizeFailure && { ...ledger.resizeFailure, retryAtMs: 0 },
  admission: askedAgain(ledger.admission),
  backoff: new Map([...ledger.backoff].map(([name, entry]) => [name, { ...entry, delayMs: 0 }])),
  startFailures: new Map([...ledger.startFailures].map(([name, failure]) => [name, { ...failure, retryAtMs: 0, failures: 0 }])),
});

/** What may have failed for the lack of an object is tried again at once; crash and pull back-offs stay. */
export const refreshLedger = (ledger: PodLedger): PodLedger => ({
  ...ledger,
  refreshes: ledger.refreshes + 1,
  failures: 0,
  retryAtMs: ledger.crashes > 0 ? ledger.retryAtMs : 0,
  volumesOf: undefined,
  startFailures: new Map(
    [...ledger.startFailures].map(([name, failure]) => [
      name,
      failure.reason === 'CreateContainerConfigError' ? { ...failure, retryAtMs: 0, failures: 0 } : failure,
    ]),
  ),
});

/** A refusal of resources that stands no longer, however little has changed. */
const askedAgain = (admission: Admission): Admission =>
  admission.state === 'refused' && admission.atRevision !== undefined ? { ...admission, atRevision: -1 } : admission;

/** By hand: what waits goes ahead now; if nothing waits, what runs is restarted. */
export const requestRestart = (ledger: PodLedger, observed: ObservedPod | undefined, nowMs: number): PodLedger => {
  const names = allContainers(ledger.pod).map(({ name }) => name);
  const lasting = [...(ledger.pod?.spec.initContainers ?? []).filter(isSidecar), ...(ledger.pod?.spec.containers ?? [])];
  const running = (observed?.containers ?? []).filter(({ state, name }) => state === 'running' && lasting.some((one) => one.name === name));
  const someWait = lasting.some((container) => waits(ledger, observed, container));
  return {
    ...clearWaits(ledger),
    backoff: new Map(names.map((name) => [name, { delayMs: 0, updatedAtMs: nowMs }])),
    restartRequested: someWait ? ledger.restartRequested : new Set(running.map(({ id }) => id)),
  };
};

const waits = (ledger: PodLedger, observed: ObservedPod | undefined, container: Container): boolean => {
  const newest = newestContainer(observed, container.name);
  const ended = newest?.state === 'exited' && ledger.pod !== undefined && restartsAfterExit(ledger.pod, container, newest.exitCode);
  return ledger.startFailures.has(container.name) || newest === undefined || ended;
};
