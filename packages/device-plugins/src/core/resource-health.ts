import type { ResourceStatus } from '@solo-kubelet/pod-spec';
import { type AllocationBook, allocationsOf, deviceIds } from './allocation-book.js';
import { byDeviceId } from './device.js';
import type { KnownDevices } from './device-resources.js';

/**
 * `allocatedResourcesStatus` by container: the health of each of its devices; `Unknown` where nobody tells of it, as the API has it
 * (gate ResourceHealthStatus, on in 1.36; upstream's UpdateAllocatedResourcesStatus says Healthy there).
 */
export const resourceHealth = (
  book: AllocationBook,
  known: KnownDevices,
  podUid: string,
): ReadonlyMap<string, readonly ResourceStatus[]> => {
  const names = new Set(book.filter((entry) => entry.podUid === podUid).map(({ containerName }) => containerName));
  return new Map([...names].map((name) => [name, healthOf(allocationsOf(book, podUid, name), known)]));
};

const healthOf = (allocations: AllocationBook, known: KnownDevices): readonly ResourceStatus[] =>
  allocations
    .map((allocation) => ({
      name: allocation.resourceName,
      resources: [...deviceIds(allocation)].sort(byDeviceId).map((resourceID) => {
        const health = known.get(allocation.resourceName)?.get(resourceID)?.health ?? 'Unknown';
        return { resourceID, health };
      }),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
