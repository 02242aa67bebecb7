import { type Pod, podLimits } from '@solo-kubelet/pod-spec';
import { type AllocationBook, deviceIds, takenDevices } from './allocation-book.js';
import { isHealthy } from './device.js';
import { containersInOrder, deviceRequests } from './device-requests.js';
import type { KnownDevices } from './device-resources.js';
import { reusableDevices } from './reusable-devices.js';
import { type TopologyHint, topologyHints } from './topology-hints.js';

export interface PodHintsRequest {
  readonly pod: Pod;
  /** Undefined: all containers of the pod together. */
  readonly containerName: string | undefined;
  readonly numaNodes: readonly number[];
  readonly known: KnownDevices;
  readonly book: AllocationBook;
}

/** Hints by resource. What is already given is hinted at again, so that it is kept. */
export const hintsOfPod = ({
  pod,
  containerName,
  numaNodes,
  known,
  book,
}: PodHintsRequest): ReadonlyMap<string, readonly TopologyHint[] | undefined> => {
  const podUid = pod.metadata.uid;
  const container = containersInOrder(pod).find(({ name }) => name === containerName);
  const requests = deviceRequests(containerName === undefined ? { resources: { limits: podLimits(pod) } } : (container ?? {}));
  return new Map(
    requests.map(({ resourceName, count }) => {
      const devices = known.get(resourceName) ?? new Map();
      const own = book
        .filter((entry) => entry.podUid === podUid && entry.resourceName === resourceName)
        .filter((entry) => containerName === undefined || entry.containerName === containerName)
        .flatMap(deviceIds);
      if (new Set(own).size === count) {
        return [resourceName, topologyHints({ count, known: devices, available: [...new Set(own)], reusable: [], numaNodes })];
      }
      const taken = takenDevices(book, resourceName, containerName === undefined ? podUid : undefined);
      const available = [...devices.values()].filter((device) => isHealthy(device) && !taken.has(device.id)).map(({ id }) => id);
      const reusable = containerName === undefined ? [] : reusableDevices(pod, containerName, resourceName, book);
      return [resourceName, topologyHints({ count, known: devices, available, reusable, numaNodes })];
    }),
  );
};
