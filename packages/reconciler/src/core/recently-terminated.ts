import { metaTime } from '@solo-kubelet/diagnostics/text';
import { firstEntry, mapWith, mapWithout } from '@solo-kubelet/manifest-source/versioned-map';
import type { ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import type { PodUid } from './pod-identity.js';
import type { Moment } from './steady-times.js';
import { isTerminal } from './termination.js';

/** A pod that has ended and been cleaned away, and when. */
export interface Departed {
  readonly status: PodStatus;
  readonly atMs: number;
}

/** How long a pod that returns under its UID is known again, ms: as long as upstream's records of a removed pod stay at most (container GC period). */
const REMEMBERED_MS = 60_000;

export type RecentlyTerminatedPods = ReadonlyMap<PodUid, Departed>;

/** With one more, without those that are remembered no longer: the oldest come first. */
export const withTerminated = (
  recentlyTerminated: RecentlyTerminatedPods,
  uid: PodUid,
  status: PodStatus | undefined,
  nowMs: number,
): RecentlyTerminatedPods => {
  let recent = recentlyTerminated;
  for (let oldest = firstEntry(recent); oldest !== undefined && nowMs - oldest[1].atMs >= REMEMBERED_MS; oldest = firstEntry(recent))
    recent = mapWithout(recent, oldest[0]);
  return status === undefined ? recent : mapWith(mapWithout(recent, uid), uid, { status, atMs: nowMs });
};

/**
 * The status with which a pod begins its life. One that was removed and put back goes on counting the restarts of its containers, as upstream does from
 * their records; one that had run to its end runs anew (docs/decisions/111).
 */
export const restoreRestartCounts = (
  recentlyTerminated: RecentlyTerminatedPods,
  uid: PodUid,
  { steadyMs, wallMs }: Moment,
): PodStatus | undefined => {
  const last = recentlyTerminated.get(uid);
  if (last === undefined || steadyMs - last.atMs >= REMEMBERED_MS || isTerminal(last.status)) return undefined;
  const { initContainerStatuses, containerStatuses } = last.status;
  return {
    phase: 'Pending',
    startTime: metaTime(wallMs),
    ...(initContainerStatuses && { initContainerStatuses: initContainerStatuses.map(asPast) }),
    ...(containerStatuses && { containerStatuses: containerStatuses.map(asPast) }),
  };
};

/** What is left of a container of the earlier life: how it ended, and how often it had been started again. */
const asPast = ({ containerID, state, lastState, ...status }: ContainerStatus): ContainerStatus => {
  const terminated = state?.terminated ?? lastState?.terminated;
  return { ...status, state: { waiting: {} }, lastState: terminated === undefined ? {} : { terminated }, ready: false, started: false };
};
