import { join } from 'node:path';
import { createDeviceManager, type DeviceManager, deviceRequests } from '@solo-kubelet/device-plugins';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from '@solo-kubelet/reconciler';
import { nodesOf, numaMask, type ResourceHints, type ResourceProvider } from '@solo-kubelet/resource-managers';
import { Observable } from 'rxjs';

export interface DevicePluginsOptions {
  /** Where plugins register. */
  readonly directory: string;
  readonly rootDirectory: string;
  readonly logger: Logger;
}

/** The devices of this machine. Where plugins can't register the kubelet goes on all the same: pods that want devices wait. */
export const devicePlugins = async ({ directory, rootDirectory, logger }: DevicePluginsOptions): Promise<DeviceManager> => {
  const devices = createDeviceManager({ directory, registryDirectory: join(rootDirectory, 'plugins_registry'), logger });
  await devices.start().catch((error: unknown) => {
    logger.warn({ path: directory, err: describeError(error) }, 'Device plugins cannot register');
  });
  return devices;
};

/** Devices as one of the things that containers are given. `numaNodes`: those of the machine. */
export const deviceProvider = (devices: DeviceManager, numaNodes: readonly number[]): ResourceProvider => {
  const hints = (pod: Pod, containerName: string | undefined): ResourceHints =>
    Object.fromEntries(
      [...devices.topologyHints(pod, containerName, numaNodes)].map(([resourceName, list]) => [
        resourceName,
        list?.map(({ numaNodes: nodes, preferred }) => ({ affinity: numaMask(nodes), preferred })),
      ]),
    );
  return {
    concerns: ({ spec }) => [...(spec.initContainers ?? []), ...spec.containers].some((container) => deviceRequests(container).length > 0),
    hints: (pod, { name }) => hints(pod, name),
    podHints: (pod) => hints(pod, undefined),
    allocate: (pod, { name }, { affinity }, options) =>
      devices.allocateContainer(pod, name, { ...options, affinity: affinity && new Set(nodesOf(affinity)) }),
    release: (podUid) => devices.release(podUid),
    containerAllocation: (podUid, containerName) => devices.allocations(podUid, containerName),
    beforeStart: (podUid, containerName, options) => devices.beforeStart(podUid, containerName, options),
    holders: () => devices.holders(),
    nodeResources: () => devices.resources(),
  };
};

/** What devices change about the node's facts, whenever they do. `allocatable`: that of everything else. */
export const deviceFacts = (
  devices: DeviceManager,
  allocatable: NodeAdmissionFacts['allocatable'],
): Observable<Partial<NodeAdmissionFacts>> =>
  new Observable((subscriber) => {
    let offer = 0;
    const tell = (): void =>
      subscriber.next({
        allocatable: { ...allocatable, ...devices.resources().admissible },
        allocatedResources: new Map(devices.holders().map((podUid) => [podUid, devices.health(podUid)])),
        offer,
      });
    subscriber.add(
      devices.onChange((change) => {
        if (change === 'devices') offer += 1;
        tell();
      }),
    );
    tell();
  });
