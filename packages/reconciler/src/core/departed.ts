import type { ContainerStatus, PodStatus } from '@solo-kubelet/pod-spec';
import type { PodUid } from './pod-identity.js';
import { kubernetesTime } from './status/kubernetes-time.js';
import type { Moment } from './steady-times.js';
import { isTerminal } from './termination.js';

/** A pod that has ended and been cleaned away, and when. */
export interface Departed {
  readonly status: PodStatus;
  readonly atMs: number;
}

/** How long a pod that returns under its UID is known again, ms: as long as upstream's records of a removed pod stay at most (container GC period). */
const REMEMBERED_MS = 60_000;

interface Known {
  readonly statuses: ReadonlyMap<PodUid, PodStatus>;
  readonly departed: ReadonlyMap<PodUid, Departed>;
}

export const withDeparted = ({ statuses, departed }: Known, uid: PodUid, nowMs: number): Known['departed'] => {
  const recent = new Map([...departed].filter(([, { atMs }]) => nowMs - atMs < REMEMBERED_MS));
  const status = statuses.get(uid);
  if (status !== undefined) recent.set(uid, { status, atMs: nowMs });
  return recent;
};

/**
 * A pod begins its life. One that was removed and put back goes on counting the restarts of its containers, as upstream does from their records; one
 * that had run to its end runs anew (docs/decisions/111).
 */
export const welcome = (world: Known, uid: PodUid, { steadyMs, wallMs }: Moment): Pick<Known, 'statuses' | 'departed'> => {
  const last = world.departed.get(uid);
  const departed = new Map([...world.departed].filter(([other]) => other !== uid));
  if (last === undefined || steadyMs - last.atMs >= REMEMBERED_MS || world.statuses.has(uid)) return { statuses: world.statuses, departed };
  const { initContainerStatuses, containerStatuses } = last.status;
  if (isTerminal(last.status)) return { statuses: world.statuses, departed };
  const status: PodStatus = {
    phase: 'Pending',
    startTime: kubernetesTime(wallMs),
    ...(initContainerStatuses && { initContainerStatuses: initContainerStatuses.map(asPast) }),
    ...(containerStatuses && { containerStatuses: containerStatuses.map(asPast) }),
  };
  return { statuses: new Map(world.statuses).set(uid, status), departed };
};

/** What is left of a container of the earlier life: how it ended, and how often it had been started again. */
const asPast = ({ containerID, state, lastState, ...status }: ContainerStatus): ContainerStatus => {
  const terminated = state?.terminated ?? lastState?.terminated;
  return { ...status, state: { waiting: {} }, lastState: terminated === undefined ? {} : { terminated }, ready: false, started: false };
};
