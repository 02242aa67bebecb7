import type { CriClient } from '@solo-kubelet/cri-client';
import { isContainerRunning } from '@solo-kubelet/cri-client/logs';
import type { Pod } from '@solo-kubelet/pod-spec';
import { delay, joinSignals, timeoutSignal } from '@solo-kubelet/timers';

const POLL_MS = 20;
const LIMIT_MS = 5_000;

/**
 * Waits until the runtime's records follow the ends that a Pod's status tells of one of its containers, at most `limitMs` in all (default 5,000), however late the
 * runtime answers. containerd's own events tell an end before its log has been written to the end, and whoever waits for a Pod to end reads its log right after.
 * @throws (rejects) when the signal aborts
 */
export const untilEndsAreRecorded = async (
  cri: CriClient,
  pod: Pod,
  container: string,
  { signal, limitMs = LIMIT_MS }: { readonly signal: AbortSignal; readonly limitMs?: number },
): Promise<void> => {
  using limited = joinSignals([signal, timeoutSignal(limitMs)]);
  const either = limited.signal;
  for (const containerId of endedIds(pod, container)) {
    while (!either.aborted && (await isContainerRunning(cri, containerId, { signal: either })))
      await delay(POLL_MS, undefined, { signal: either }).catch(() => undefined);
  }
  signal.throwIfAborted();
};

const endedIds = ({ status = {} }: Pod, container: string): readonly string[] =>
  [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? []), ...(status.ephemeralContainerStatuses ?? [])]
    .filter(({ name }) => name === container)
    .flatMap(({ state, lastState }) => [state?.terminated?.containerID, lastState?.terminated?.containerID])
    .flatMap((id = '') => {
      const bare = id.slice(id.indexOf('://') + '://'.length);
      return id.includes('://') && bare !== '' ? [bare] : [];
    });
