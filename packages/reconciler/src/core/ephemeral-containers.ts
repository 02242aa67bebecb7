import type { EphemeralContainer, PodStatus } from '@solo-kubelet/pod-spec';
import { newestContainer } from './observed-pod.js';
import type { RunningPodInput } from './pod-sync-input.js';

/**
 * Ephemeral containers that have never been started. They may come before initialization is over, and none ever runs a second time, whatever became of
 * it, of its sandbox or of the runtime's records. Upstream: kuberuntime computePodActions.
 */
export const ephemeralContainersToStart = ({ pod, observed, status }: RunningPodInput): readonly EphemeralContainer[] =>
  (pod.spec.ephemeralContainers ?? []).filter(({ name }) => newestContainer(observed, name) === undefined && !hasRun(status, name));

/** Whether an earlier status tells of an instance: the runtime may have forgotten it. */
const hasRun = (status: PodStatus | undefined, name: string): boolean =>
  status?.ephemeralContainerStatuses?.some(
    (entry) => entry.name === name && (entry.containerID ?? entry.state?.terminated ?? entry.lastState?.terminated) !== undefined,
  ) === true;

/** The container whose processes an ephemeral one is to see: its name, and the id of its newest instance if there is any. */
export interface ContainerTarget {
  readonly name: string;
  readonly containerId: string | undefined;
}

export const targetOf = (
  { observed }: Pick<RunningPodInput, 'observed'>,
  { targetContainerName }: EphemeralContainer,
): ContainerTarget | undefined =>
  targetContainerName === undefined || targetContainerName === ''
    ? undefined
    : { name: targetContainerName, containerId: newestContainer(observed, targetContainerName)?.id };
