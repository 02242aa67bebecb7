import { newestContainer } from './observed-pod.js';
import type { RunningPodInput } from './pod-sync-input.js';

/**
 * Restart count of a container's next instance: one more than the newest instance's, or than the last status knew when the runtime has no record
 * left. Upstream looks at the names of log files instead.
 */
export const nextRestartCount = ({ observed, status }: Pick<RunningPodInput, 'observed' | 'status'>, name: string): number => {
  const newest = newestContainer(observed, name);
  const remembered = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find((entry) => entry.name === name);
  const hadInstance = (remembered?.containerID ?? remembered?.state?.terminated ?? remembered?.lastState?.terminated) !== undefined;
  return Math.max(
    newest === undefined ? 0 : newest.restartCount + 1,
    remembered !== undefined && hadInstance ? remembered.restartCount + 1 : 0,
  );
};
