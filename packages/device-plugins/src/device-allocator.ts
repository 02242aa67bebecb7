import type { Pod } from '@solo-kubelet/pod-spec';
import type { PluginConnection } from './connect-plugin.js';
import { type Allocation, type AllocationBook, deviceIds, devicesByNode, takenDevices } from './core/allocation-book.js';
import { chooseDevices, type DeviceChoice, type DeviceChoiceRequest } from './core/choose-devices.js';
import { type Device, isHealthy } from './core/device.js';
import type { DeviceRequest } from './core/device-requests.js';
import type { KnownDevices } from './core/device-resources.js';
import { reusableDevices } from './core/reusable-devices.js';
import type { ContainerAllocateOptions } from './device-manager.js';
import { DevicePluginError } from './device-plugin-error.js';
import { ContainerAllocateResponse } from './gen/device-plugin.js';

/** What an allocation is made from; asked anew at every step, because plugins change it meanwhile. */
export interface AllocatorState {
  known(): KnownDevices;
  book(): AllocationBook;
  pluginOf(resourceName: string): PluginConnection | undefined;
}

/** Thrown where the pod has to wait: nothing was wrong with any call. */
export class NotNow extends Error {}

export interface ContainerRequest {
  readonly pod: Pod;
  readonly containerName: string;
  readonly requests: readonly DeviceRequest[];
  /** What the container has, or once had, from an earlier kubelet or manifest. */
  readonly had: AllocationBook;
  /** What the pod's containers before this one have got. */
  readonly mine: AllocationBook;
}

/** All that a container asks for, made by asking the plugins. Throws when it can't be served; the book is not touched. */
export const allocateContainer = async (
  container: ContainerRequest,
  options: ContainerAllocateOptions,
  state: AllocatorState,
): Promise<AllocationBook> => {
  const given: Allocation[] = [];
  for (const request of container.requests) {
    const had = container.had.find(({ resourceName }) => resourceName === request.resourceName);
    const keeps = options.running === true && had !== undefined && deviceIds(had).length === request.count;
    given.push(keeps ? had : await allocateOne(container, request, had, options, state));
  }
  return given;
};

const allocateOne = async (
  { pod, containerName, mine }: ContainerRequest,
  { resourceName, count }: DeviceRequest,
  had: Allocation | undefined,
  options: ContainerAllocateOptions,
  state: AllocatorState,
): Promise<Allocation> => {
  const podUid = pod.metadata.uid;
  const devices = healthyDevices(state.known(), resourceName);
  const taken = new Set([...takenDevices(state.book(), resourceName, podUid), ...takenDevices(mine, resourceName)]);
  const available = devices.filter(({ id }) => !taken.has(id));
  const free = new Set(available.map(({ id }) => id));
  const own = had === undefined ? [] : deviceIds(had).filter((id) => free.has(id));
  const reusable = reusableDevices(pod, containerName, resourceName, mine);
  const choice = { count, first: [...own, ...reusable], available, affinity: options.affinity };
  const plugin = state.pluginOf(resourceName);
  if (plugin === undefined) throw new NotNow(`no healthy devices present; cannot allocate unhealthy devices ${resourceName}`);
  const chosen = chosenOrThrow(resourceName, await choose(choice, plugin, options));
  const response = await plugin.allocate(chosen, options);
  return {
    podUid,
    containerName,
    resourceName,
    devices: devicesByNode(chosen, state.known().get(resourceName) ?? new Map()),
    response: ContainerAllocateResponse.encode(response).finish(),
  };
};

const choose = async (request: DeviceChoiceRequest, plugin: PluginConnection, options: ContainerAllocateOptions): Promise<DeviceChoice> => {
  const choice = chooseDevices(request);
  if (choice.type !== 'ask') return choice;
  if (!plugin.options.getPreferredAllocationAvailable) return chooseDevices({ ...request, preferred: [] });
  try {
    return chooseDevices({ ...request, preferred: await plugin.preferred(choice, options) });
  } catch (error) {
    options.signal?.throwIfAborted();
    const message = `device plugin GetPreferredAllocation rpc failed with err: ${(error as Error).message}`;
    throw new DevicePluginError({ code: 'DEVICE_PLUGIN_CALL_FAILED', retryable: true, cause: error, message });
  }
};

/** In upstream's words. */
const healthyDevices = (known: KnownDevices, resourceName: string): readonly Device[] => {
  const devices = known.get(resourceName);
  if (devices === undefined) throw new NotNow(`cannot allocate unregistered device ${resourceName}`);
  const healthy = [...devices.values()].filter(isHealthy);
  if (healthy.length === 0) throw new NotNow(`no healthy devices present; cannot allocate unhealthy devices ${resourceName}`);
  return healthy;
};

const chosenOrThrow = (resourceName: string, choice: DeviceChoice): readonly string[] => {
  if (choice.type === 'chosen') return choice.devices;
  const { missing, available } = choice.type === 'short' ? choice : { missing: choice.count, available: choice.available.length };
  throw new NotNow(`requested number of devices unavailable for ${resourceName}. Requested: ${missing}, Available: ${available}`);
};
