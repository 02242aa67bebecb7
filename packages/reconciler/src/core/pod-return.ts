import { DISRUPTION_TARGET } from '@solo-kubelet/pod-spec';
import { nextBackoffMs } from '@solo-kubelet/timers/backoff';
import type { BackoffEntry } from './crash-backoff.js';
import type { PodSyncInput } from './pod-sync-input.js';
import { WHOLE_POD } from './termination.js';

/**
 * Whether the pod was ended on the node's account and runs again when that is over. What ran once by intention does not: a pod that is never
 * restarted has had its run; for one of an API server its controller makes another.
 */
export const comesBack = ({ pod, status, ofCluster }: Pick<PodSyncInput, 'pod' | 'status' | 'ofCluster'>): boolean =>
  status?.phase === 'Failed' &&
  ofCluster !== true &&
  pod?.spec.restartPolicy !== 'Never' &&
  !isOfJob(pod) &&
  status.conditions?.some(({ type, status: value }) => type === DISRUPTION_TARGET && value === 'True') === true;

/** A Job counts what was evicted as failed, and makes a successor by itself. */
const isOfJob = (pod: PodSyncInput['pod']): boolean =>
  pod?.metadata.ownerReferences?.some(({ kind, controller }) => controller === true && kind === 'Job') === true;

/** When a pod that was ended on the node's account may start anew, the node willing; undefined when it does not come back. */
export const returnAtMs = (input: PodSyncInput): number | undefined => {
  if (!comesBack(input)) return undefined;
  const wait = input.workerState.backoff.get(WHOLE_POD);
  // A wait that began in the future says that the clock was set back.
  return wait === undefined || wait.updatedAtMs > input.nowMs ? input.nowMs : wait.updatedAtMs + wait.delayMs;
};

/** An entry this old, beyond its own delay, is forgiven, ms. As for containers. */
const FORGIVEN_AFTER_MS = 600_000;

/** The wait of a pod that is ended once more: doubled when it has not been well for long since the last time. */
export const growReturnDelay = (
  entry: BackoffEntry | undefined,
  policy: { readonly initialMs: number; readonly maxMs: number },
  nowMs: number,
  atLeastMs: number,
): BackoffEntry => {
  const counts = entry !== undefined && entry.delayMs > 0 && nowMs - (entry.updatedAtMs + entry.delayMs) <= FORGIVEN_AFTER_MS;
  const delayMs = nextBackoffMs(policy, counts ? entry.delayMs : 0);
  return { delayMs: Math.max(delayMs, atLeastMs), updatedAtMs: nowMs };
};
