import type { Container, ContainerStatus, Pod, PodPhase } from '@solo-kubelet/pod-spec';
import { isSidecar, restartsAfterExit } from '../restart-decision.js';

interface Counts {
  pendingInit: number;
  initFailed: number;
  pendingSidecar: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
  restarting: number;
  unknown: number;
}

/** Phase of a pod from the statuses of its containers. Upstream: pkg/kubelet/kubelet_pods.go getPhase. */
export const derivePhase = (
  pod: Pod,
  initStatuses: readonly ContainerStatus[],
  statuses: readonly ContainerStatus[],
  regularEverCreated: boolean,
): PodPhase => {
  const counts: Counts = {
    pendingInit: 0,
    initFailed: 0,
    pendingSidecar: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    succeeded: 0,
    restarting: 0,
    unknown: 0,
  };
  for (const container of pod.spec.initContainers ?? []) countInit(counts, pod, container, find(initStatuses, container));
  for (const container of pod.spec.containers) countRegular(counts, pod, container, find(statuses, container));

  if (counts.initFailed > 0) return 'Failed';
  if (counts.pendingInit > 0 || (counts.pendingSidecar > 0 && !regularEverCreated) || counts.waiting > 0) return 'Pending';
  if (counts.unknown > 0) return 'Pending';
  if (counts.running > 0) return 'Running';
  if (counts.stopped === 0) return 'Pending';
  if (counts.restarting > 0) return 'Running';
  return counts.succeeded === counts.stopped ? 'Succeeded' : 'Failed';
};

const find = (statuses: readonly ContainerStatus[], { name }: Container): ContainerStatus | undefined =>
  statuses.find((status) => status.name === name);

const lastExit = (status: ContainerStatus): number | undefined => (status.state?.terminated ?? status.lastState?.terminated)?.exitCode;

const countInit = (counts: Counts, pod: Pod, container: Container, status: ContainerStatus | undefined): void => {
  const state = status?.state ?? {};
  if (isSidecar(container)) {
    if (status === undefined || (state.waiting !== undefined && status.lastState?.terminated === undefined)) counts.pendingSidecar += 1;
    else if (state.running !== undefined && status.started !== true) counts.pendingSidecar += 1;
    return;
  }
  const exitCode = state.terminated?.exitCode;
  // One that waits is about to be started, whatever its last end was: it may have been taken down with all others of its pod.
  if (status === undefined || exitCode === undefined) counts.pendingInit += 1;
  else if (exitCode !== 0 || !status.ready) {
    if (restartsAfterExit(pod, container, exitCode === 0 ? 137 : exitCode)) counts.pendingInit += 1;
    else counts.initFailed += 1;
  }
};

const countRegular = (counts: Counts, pod: Pod, container: Container, status: ContainerStatus | undefined): void => {
  if (status?.state?.running !== undefined) {
    counts.running += 1;
    return;
  }
  if (status?.state === undefined) {
    counts.unknown += 1;
    return;
  }
  const exitCode = lastExit(status);
  if (exitCode === undefined) {
    counts.waiting += 1;
    return;
  }
  counts.stopped += 1;
  if (status.state.waiting !== undefined || restartsAfterExit(pod, container, exitCode)) counts.restarting += 1;
  else if (status.state.terminated?.exitCode === 0) counts.succeeded += 1;
};
