import type { Container } from '@solo-kubelet/pod-spec';
import type { PodActivity } from './activity.js';
import { allContainers } from './container-stop.js';
import { type BackoffPolicy, currentBackoff, growBackoff } from './crash-backoff.js';
import { newestContainer, type ObservedPod } from './observed-pod.js';
import { resourcesText } from './plan-resize.js';
import type { PodAction } from './pod-action.js';
import { type Admission, type PodLedger, withEntry, withoutKey } from './pod-ledger.js';
import { isSidecar, restartsAfterExit } from './restart-decision.js';

interface LedgerContext {
  readonly observed: ObservedPod | undefined;
  readonly policy: BackoffPolicy;
  readonly nowMs: number;
}

/** Takes in what a worker did. */
export const reducePodLedger = (ledger: PodLedger, activity: PodActivity, context: LedgerContext): PodLedger => {
  switch (activity.type) {
    case 'podEnding':
      // How often the node has ended it is kept, for the case that it starts anew.
      return ledger.removed ? ledger : { ...clearWaits(ledger), backoff: ledger.backoff, removed: true };
    case 'actionStarted':
      return started(ledger.inPass ? ledger : { ...ledger, inPass: true }, activity.action, context);
    case 'actionSucceeded':
      return succeeded(ledger, activity.action);
    case 'actionFailed':
      return failed(ledger, activity);
    case 'allocationRefused': {
      const { reason, message, revision } = activity;
      return { ...ledger, admission: { state: 'refused', reason, message, atRevision: revision } };
    }
    case 'passEnded':
      return {
        ...ledger,
        inPass: false,
        minGeneration: Math.max(ledger.minGeneration, activity.minGeneration),
        busyPasses: activity.actions > 0 ? ledger.busyPasses + 1 : 0,
      };
    default:
      return ledger;
  }
};

const started = (ledger: PodLedger, action: PodAction, context: LedgerContext): PodLedger =>
  action.type === 'startContainer' ? countRestart(ledger, action.container.name, context) : ledger;

/** A start that follows an exit makes the next one wait longer, whether it succeeds or not. */
const countRestart = (ledger: PodLedger, name: string, { observed, policy, nowMs }: LedgerContext): PodLedger => {
  const exited = observed?.containers.find((container) => container.name === name && container.state === 'exited');
  if (exited === undefined) return ledger;
  const entry = currentBackoff(ledger.backoff.get(name), exited, policy);
  return { ...ledger, backoff: withEntry(ledger.backoff, name, growBackoff(entry, policy, nowMs, exited.id)) };
};

const succeeded = (ledger: PodLedger, action: PodAction): PodLedger => {
  switch (action.type) {
    case 'startContainer':
      return {
        ...ledger,
        startFailures: withoutKey(ledger.startFailures, action.container.name),
        actuated: withEntry(ledger.actuated, action.container.name, resourcesText(action.container)),
      };
    case 'updateResources':
      return { ...ledger, actuated: withEntry(ledger.actuated, action.container.name, resourcesText(action.container)) };
    case 'allocateResources':
      return { ...ledger, resources: 'held', failures: 0, retryAtMs: 0 };
    case 'releaseResources':
      return { ...ledger, resources: 'released', failures: 0, retryAtMs: 0 };
    case 'pullImages':
      return { ...ledger, imagesPulled: true };
    case 'createSandbox':
    case 'refreshVolumes':
      return { ...ledger, volumesOf: ledger.pod, failures: 0, retryAtMs: 0 };
    case 'cleanPod':
      return { ...ledger, cleaned: true, failures: 0, retryAtMs: 0 };
    default:
      return ledger.failures === 0 ? ledger : { ...ledger, failures: 0, retryAtMs: 0 };
  }
};

const failed = (ledger: PodLedger, { action, reason, message, retryAtMs }: PodActivity & { type: 'actionFailed' }): PodLedger => {
  if (action.type !== 'startContainer') return { ...ledger, failures: ledger.failures + 1, retryAtMs };
  const { name } = action.container;
  const failures = (ledger.startFailures.get(name)?.failures ?? 0) + 1;
  return { ...ledger, startFailures: withEntry(ledger.startFailures, name, { reason, message, retryAtMs, failures }) };
};

/** Ends every wait but keeps what is shown of it. */
export const clearWaits = (ledger: PodLedger): PodLedger => ({
  ...ledger,
  failures: 0,
  retryAtMs: 0,
  busyPasses: 0,
  admission: askedAgain(ledger.admission),
  backoff: new Map([...ledger.backoff].map(([name, entry]) => [name, { ...entry, delayMs: 0 }])),
  startFailures: new Map([...ledger.startFailures].map(([name, failure]) => [name, { ...failure, retryAtMs: 0, failures: 0 }])),
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
