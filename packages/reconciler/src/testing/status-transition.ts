import type { Container, ContainerStatus, Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { isSidecar, restartsAfterExit } from '../core/restart-decision.js';

export interface StatusTransition {
  /** With the spec that both statuses are of. */
  readonly pod: Pod;
  readonly previous: PodStatus;
  readonly next: PodStatus;
  /** Whether the pod is being removed, so that nothing of it begins any more. Default: false. */
  readonly removing?: boolean;
  /** Containers that are being started now. Default: none. */
  readonly starting?: ReadonlySet<string>;
  /** `containerID`s of a sandbox that the pod has lost since. Default: none. */
  readonly lost?: ReadonlySet<string>;
}

const BEGINNING = ['ContainerCreating', 'PodInitializing'];

/**
 * What is wrong with a change of one pod's status: what an API server refuses (pkg/apis/core/validation ValidatePodStatusUpdate) and what upstream's
 * kubelet never shows (pkg/kubelet/status/status_manager.go, pkg/kubelet/kubelet_pods.go). Empty when nothing is.
 */
export const statusTransitionErrors = (transition: StatusTransition): readonly string[] => {
  const { pod, previous, next, removing = false } = transition;
  const final = previous.phase === 'Succeeded' || previous.phase === 'Failed';
  return [
    ...(final && next.phase !== previous.phase ? [`phase ${previous.phase} became ${next.phase}`] : []),
    ...(previous.phase === 'Running' && next.phase === 'Pending' && (removing || !initializes(pod))
      ? ['phase Running became Pending']
      : []),
    ...(previous.startTime !== undefined && next.startTime !== previous.startTime ? ['startTime changed'] : []),
    ...(previous.qosClass !== undefined && next.qosClass !== previous.qosClass ? ['qosClass changed'] : []),
    ...(pod.spec.initContainers ?? []).flatMap((container) => containerErrors(transition, container, 'initContainerStatuses')),
    ...pod.spec.containers.flatMap((container) => containerErrors(transition, container, 'containerStatuses')),
  ];
};

const containerErrors = (
  { pod, previous, next, removing = false, starting = new Set(), lost = new Set() }: StatusTransition,
  container: Container,
  list: 'containerStatuses' | 'initContainerStatuses',
): readonly string[] => {
  const before = previous[list]?.find(({ name }) => name === container.name);
  const after = next[list]?.find(({ name }) => name === container.name);
  if (before === undefined) return [];
  if (after === undefined) return [`${container.name}: its status vanished`];
  const errors: string[] = [];
  const wrong = (isWrong: boolean, text: string): void => {
    if (isWrong) errors.push(`${container.name}: ${text}`);
  };
  const [was, is] = [before.state ?? {}, after.state ?? {}];
  wrong(Object.keys(is).length !== 1, `has ${Object.keys(is).length} states`);
  wrong(after.restartCount < before.restartCount, `restartCount fell from ${before.restartCount} to ${after.restartCount}`);
  wrong(hasRun(before) && is.waiting !== undefined && !endedBefore(after), 'waits and shows no earlier end, though it has run');
  wrong(endedBefore(before) && !endedBefore(after), 'lastState vanished');
  wrong(was.terminated !== undefined && is.terminated === undefined && !endedBefore(after), 'left terminated without a lastState');
  wrong(isAnother(before, after) && after.restartCount <= before.restartCount, 'another instance runs with the same restartCount');
  wrong(
    removing && hasRun(before) && is.waiting !== undefined && was.waiting === undefined,
    `waits (${is.waiting?.reason}) though its pod goes`,
  );
  wrong(removing && was.waiting === undefined && BEGINNING.includes(is.waiting?.reason ?? ''), 'begins though its pod goes');
  wrong(starting.has(container.name) && is.waiting?.reason === 'CrashLoopBackOff', 'is in CrashLoopBackOff while it is started');
  wrong(
    was.terminated !== undefined &&
      is.terminated === undefined &&
      !mayRunAgain(pod, container, before, list, { statuses: [previous, next], lost }),
    `left terminated{${was.terminated?.exitCode}}, after which it may not run again`,
  );
  return errors;
};

/** Whether a new sandbox makes the pod Pending again, while its init containers run another time. */
const initializes = ({ spec }: Pod): boolean => spec.initContainers?.some((container) => !isSidecar(container)) === true;

const endedBefore = ({ lastState }: ContainerStatus): boolean => lastState?.terminated !== undefined;

const hasRun = (status: ContainerStatus): boolean =>
  status.state?.running !== undefined || status.state?.terminated !== undefined || endedBefore(status);

const isAnother = (before: ContainerStatus, after: ContainerStatus): boolean =>
  before.state?.running !== undefined && after.state?.running !== undefined && before.containerID !== after.containerID;

/** As validation has it: by the pod's policy, by the container's own, and where all containers are restarted in place. */
const mayRunAgain = (
  pod: Pod,
  container: Container,
  { state, containerID = '' }: ContainerStatus,
  list: 'containerStatuses' | 'initContainerStatuses',
  { statuses, lost }: { readonly statuses: readonly PodStatus[]; readonly lost: ReadonlySet<string> },
): boolean => {
  if (statuses.some(isRestartingAll)) return true;
  if (list === 'initContainerStatuses') {
    // In a new sandbox they run once more, whatever they came to in the old one, as upstream has it.
    if (isSidecar(container) || pod.spec.restartPolicy === 'Always' || statuses.some(lacksSandbox) || lost.has(containerID)) return true;
  }
  return restartsAfterExit(pod, container, state?.terminated?.exitCode ?? 0);
};

const lacksSandbox = ({ conditions }: PodStatus): boolean =>
  conditions?.some(({ type, status }) => type === 'PodReadyToStartContainers' && status === 'False') === true;

const isRestartingAll = ({ conditions }: PodStatus): boolean =>
  conditions?.some(({ type, status }) => type === 'AllContainersRestarting' && status === 'True') === true;

/** Remembers the containers whose sandbox their pod has lost, of every status that it is shown. */
export const lostContainers = (): { readonly lost: ReadonlySet<string>; see(status: PodStatus): void } => {
  const lost = new Set<string>();
  return {
    lost,
    see: (status) => {
      if (!lacksSandbox(status)) return;
      for (const { containerID } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
        if (containerID !== undefined) lost.add(containerID);
    },
  };
};
