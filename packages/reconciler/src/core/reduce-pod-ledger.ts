import type { PodActivity } from './activity.js';
import { allContainers } from './container-stop.js';
import { type BackoffPolicy, currentBackoff, growBackoff } from './crash-backoff.js';
import type { ObservedPod } from './observed-pod.js';
import { resourcesText } from './plan-resize.js';
import type { PodAction } from './pod-action.js';
import { type PodLedger, withEntry, withoutKey } from './pod-ledger.js';

interface LedgerContext {
  readonly observed: ObservedPod | undefined;
  readonly policy: BackoffPolicy;
  readonly nowMs: number;
}

/** Takes in what a worker did. */
export const reducePodLedger = (ledger: PodLedger, activity: PodActivity, context: LedgerContext): PodLedger => {
  switch (activity.type) {
    case 'podEnding':
      return ledger.removed ? ledger : { ...clearWaits(ledger), removed: true };
    case 'actionStarted':
      return activity.action.type === 'startContainer' ? countRestart(ledger, activity.action.container.name, context) : ledger;
    case 'actionSucceeded':
      return succeeded(ledger, activity.action);
    case 'actionFailed':
      return failed(ledger, activity);
    case 'passEnded':
      return {
        ...ledger,
        minGeneration: Math.max(ledger.minGeneration, activity.minGeneration),
        busyPasses: activity.actions > 0 ? ledger.busyPasses + 1 : 0,
      };
    default:
      return ledger;
  }
};

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
  backoff: new Map([...ledger.backoff].map(([name, entry]) => [name, { ...entry, delayMs: 0 }])),
  startFailures: new Map([...ledger.startFailures].map(([name, failure]) => [name, { ...failure, retryAtMs: 0, failures: 0 }])),
});

/** By hand: what waits goes ahead now; if nothing waits, what runs is restarted. */
export const requestRestart = (ledger: PodLedger, observed: ObservedPod | undefined, nowMs: number): PodLedger => {
  const running = (observed?.containers ?? []).filter(({ state }) => state === 'running');
  const names = allContainers(ledger.pod).map(({ name }) => name);
  const allRun = names.every((name) => running.some((container) => container.name === name) || !waits(ledger, observed, name));
  const cleared = clearWaits(ledger);
  const forgiven = new Map([...names.map((name) => [name, { delayMs: 0, updatedAtMs: nowMs }] as const)]);
  return {
    ...cleared,
    backoff: forgiven,
    restartRequested: allRun && running.length > 0 ? new Set(running.map(({ id }) => id)) : ledger.restartRequested,
  };
};

const waits = (ledger: PodLedger, observed: ObservedPod | undefined, name: string): boolean =>
  ledger.startFailures.has(name) || observed?.containers.find((container) => container.name === name)?.state === 'exited';
