import { backoffMs, nextBackoffMs } from '@solo-kubelet/timers/backoff';
import type { ObservedContainer } from './observed-pod.js';

/** How long a container waits before it may run again. */
export interface BackoffEntry {
  readonly delayMs: number;
  /** When the entry last grew: the moment of the restart it was counted for. */
  readonly updatedAtMs: number;
  /** The exited instance whose restart was counted: that restart is granted, only later exits wait. */
  readonly grantedTo?: string;
}

export interface BackoffPolicy {
  /** First delay, ms. Default 10 s, as kuberuntime; lowered to `maxMs` when that is less. */
  readonly initialMs: number;
  /** Longest delay, ms. `crashLoopBackOff.maxContainerRestartPeriod`, default 300 s. */
  readonly maxMs: number;
  /** Containers created before this moment are another kubelet process' work: their back-off is read from the runtime's records. */
  readonly kubeletStartMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { initialMs: 10_000, maxMs: 300_000, kubeletStartMs: 0 };

/** An entry no longer counts once a run outlived it by this much (client-go flowcontrol/backoff.go: 2 × 300 s, whatever the maximum). */
const RESET_AFTER_MS = 600_000;

export const growBackoff = (entry: BackoffEntry | undefined, policy: BackoffPolicy, nowMs: number, grantedTo?: string): BackoffEntry => ({
  delayMs: nextBackoffMs(policy, entry?.delayMs),
  updatedAtMs: nowMs,
  ...(grantedTo === undefined ? {} : { grantedTo }),
});

/**
 * The back-off that the runtime's own records imply, for a container that an earlier kubelet process started: on its n-th restart it has used n - 1
 * doublings, unless its last run was long enough to be forgiven.
 */
const impliedEntry = (container: ObservedContainer, policy: BackoffPolicy): BackoffEntry | undefined =>
  container.restartCount === 0 || container.createdAtMs >= policy.kubeletStartMs
    ? undefined
    : {
        delayMs: backoffMs(policy, container.restartCount),
        updatedAtMs: container.startedAtMs ?? container.createdAtMs,
      };

/** The entry that counts for a container whose newest exited instance is `exited`. */
export const currentBackoff = (
  remembered: BackoffEntry | undefined,
  exited: ObservedContainer | undefined,
  policy: BackoffPolicy,
): BackoffEntry | undefined => {
  if (exited === undefined) return undefined;
  const entry = remembered ?? impliedEntry(exited, policy);
  if (entry === undefined || entry.delayMs === 0) return undefined;
  return (exited.finishedAtMs ?? exited.createdAtMs) - entry.updatedAtMs > RESET_AFTER_MS ? undefined : entry;
};

/**
 * Until when an exited container has to wait; undefined when it may start now, when its restart has been granted and only is not seen yet, and when its
 * exit lies in the future: then the clock was set back.
 */
export const backoffUntilMs = (
  entry: BackoffEntry | undefined,
  exited: ObservedContainer | undefined,
  nowMs: number,
): number | undefined => {
  if (entry === undefined || exited === undefined || entry.grantedTo === exited.id) return undefined;
  const finishedAtMs = exited.finishedAtMs ?? exited.createdAtMs;
  const untilMs = finishedAtMs + entry.delayMs;
  return finishedAtMs <= nowMs && nowMs < untilMs ? untilMs : undefined;
};
