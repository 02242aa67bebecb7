import { ContainerEventType } from '@solo-kubelet/cri-types';
import type { RuntimeEvent } from './runtime-event.js';

/** Whose ways a fake runtime has. */
export type Personality = 'containerd' | 'cri-o';

/** Whether GetContainerEvents tells it: CRI-O says nothing of a sandbox's creation and removal, nor of the containers that are removed with it. */
export const isCriEvent = (personality: Personality, { type, subject, phase, withSandbox = false }: RuntimeEvent): boolean => {
  if (phase === 'exiting') return false;
  if (personality === 'containerd') return true;
  if ('sandbox' in subject) return !withSandbox;
  return type === ContainerEventType.CONTAINER_STARTED_EVENT || type === ContainerEventType.CONTAINER_STOPPED_EVENT;
};
