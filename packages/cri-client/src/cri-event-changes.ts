import { ContainerEventType } from '@solo-kubelet/cri-types';
import type { ContainerEventResponse } from './gen/cri-v1.js';
import type { PodChange } from './pod-change.js';

type Change = (PodChange & { type: 'podChanged' })['change'];

const changes: Readonly<Partial<Record<number, Change>>> = {
  [ContainerEventType.CONTAINER_CREATED_EVENT]: 'created',
  [ContainerEventType.CONTAINER_STARTED_EVENT]: 'started',
  [ContainerEventType.CONTAINER_STOPPED_EVENT]: 'stopped',
  [ContainerEventType.CONTAINER_DELETED_EVENT]: 'deleted',
};

/** What an event of GetContainerEvents means for pods. The sandbox's status may be missing; a type may be newer than this client. */
export const criEventChange = ({ containerId, containerEventType, podSandboxStatus }: ContainerEventResponse): PodChange => ({
  type: 'podChanged',
  containerId,
  change: changes[containerEventType] ?? 'other',
  ...(podSandboxStatus?.id ? { podSandboxId: podSandboxStatus.id } : {}),
  ...(podSandboxStatus?.metadata?.uid ? { podUid: podSandboxStatus.metadata.uid } : {}),
});
