import type { ResourceStatus } from '@solo-kubelet/pod-spec';
import { type AllocationBook, allocationsOf, deviceIds } from './allocation-book.js';
import { byDeviceId } from './device.js';
import type { KnownDevices } from './device-resources.js';

/**
 * `allocatedResourcesStatus` of a container: the health of each of its devices; `Unknown` where nobody tells of it, as the API has it
 * (gate ResourceHealthStatus, on in 1.36; upstream's UpdateAllocatedResourcesStatus says Healthy there).
 */
export const resourceHealth = (
  book: AllocationBook,
  known: KnownDevices,
  podUid: string,
  containerName: string,
): readonly ResourceStatus[] =>
  allocationsOf(book, podUid, containerName)
    .map((allocation) => ({
      name: allocation.resourceName,
      resources: [...deviceIds(allocation)].sort(byDeviceId).map((resourceID) => {
        const health = known.get(allocation.resourceName)?.get(resourceID)?.health ?? 'Unknown';
        return { resourceID, health };
      }),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
