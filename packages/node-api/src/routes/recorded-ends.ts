import type { CriClient } from '@solo-kubelet/cri-client';
import { isContainerRunning } from '@solo-kubelet/cri-client/logs';
import type { Pod } from '@solo-kubelet/pod-spec';
import { delay } from '@solo-kubelet/timers';

const POLL_MS = 20;
const LIMIT_MS = 5_000;

/**
 * Waits until the runtime's records follow the ends that a Pod's status tells of one of its containers. containerd's own events tell an end before its log has
 * been written to the end, and whoever waits for a Pod to end reads its log right after.
 */
export const untilEndsAreRecorded = async (cri: CriClient, pod: Pod, container: string, signal: AbortSignal): Promise<void> => {
  for (const containerId of endedIds(pod, container)) {
    for (let waitedMs = 0; waitedMs < LIMIT_MS && (await isContainerRunning(cri, containerId, { signal })); waitedMs += POLL_MS)
      await delay(POLL_MS, undefined, { signal });
  }
};

const endedIds = ({ status = {} }: Pod, container: string): readonly string[] =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])]
    .filter(({ name }) => name === container)
    .flatMap(({ state, lastState }) => [state?.terminated?.containerID, lastState?.terminated?.containerID])
    .flatMap((id = '') => {
      const bare = id.slice(id.indexOf('://') + '://'.length);
      return id.includes('://') && bare !== '' ? [bare] : [];
    });
