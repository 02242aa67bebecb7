import { createKeyedLocks } from '@solo-kubelet/timers/turns';

/**
 * Keeps operations apart as spec section 3 asks: one at a time on a container, and a GC alone on its network. Covers the callers of one
 * process; programs that share a cache directory must agree among themselves.
 */
export interface NetworkLocks {
  /** Runs work on one container of one network. Waiting ends with the signal. */
  withContainer<T>(network: string, containerId: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Runs work while nothing else touches the network. */
  withNetwork<T>(network: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

export const createNetworkLocks = (): NetworkLocks => {
  const networks = createKeyedLocks();
  const containers = createKeyedLocks();
  return {
    withContainer: (network, containerId, work, signal) =>
      networks.run(network, 'shared', () => containers.run(containerId, 'exclusive', work, signal), signal),
    withNetwork: (network, work, signal) => networks.run(network, 'exclusive', work, signal),
  };
};
