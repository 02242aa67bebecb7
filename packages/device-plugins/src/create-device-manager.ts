import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, silentLogger } from '@solo-kubelet/diagnostics';
import type { Pod } from '@solo-kubelet/pod-spec';
import { checkDuration } from '@solo-kubelet/timers';
import { createKeyedQueue } from '@solo-kubelet/timers/turns';
import { checkpointFile } from './checkpoint-file.js';
import { systemClock } from './clock.js';
import { DEFAULT_LIMITS } from './connect-plugin.js';
import { type AllocationBook, allocationsOf, deviceIds, withContainer, withoutPod } from './core/allocation-book.js';
import { mergeResponses } from './core/container-allocation.js';
import { byDeviceId, isHealthy } from './core/device.js';
import { containersInOrder, deviceRequests } from './core/device-requests.js';
import { deviceResources } from './core/device-resources.js';
import { hintsOfPod } from './core/hints-of-pod.js';
import { resourceHealth } from './core/resource-health.js';
import { type AllocatorState, allocateContainer as allocateDevices, NotNow } from './device-allocator.js';
import type { DeviceManager, DeviceRejection } from './device-manager.js';
import type { DeviceManagerOptions } from './device-manager-options.js';
import { DevicePluginError } from './device-plugin-error.js';
import { createDeviceState } from './device-state.js';
import { ContainerAllocateResponse } from './gen/device-plugin.js';
import { createPluginEndpoints } from './plugin-endpoints.js';
import { watchPluginRegistry } from './plugin-registry.js';
import { createRecent } from './recent.js';
import { serveRegistration } from './registration-server.js';
import { createRetryTimers } from './retry-timers.js';

const DEFAULT_DIRECTORY = '/var/lib/kubelet/device-plugins';
const DEFAULT_GRACE_PERIOD_MS = 300_000;
/** Pods whose former devices are remembered. */
const MAX_FORMER_PODS = 64;

/** Makes the kubelet's side of device plugins. */
export const createDeviceManager = (options: DeviceManagerOptions = {}): DeviceManager => {
  const { directory = DEFAULT_DIRECTORY, registryDirectory, clock = systemClock, logger = silentLogger } = options;
  const state = createDeviceState({ gracePeriodMs: checkDuration('gracePeriodMs', options.gracePeriodMs, DEFAULT_GRACE_PERIOD_MS), clock });
  const file = checkpointFile(join(directory, 'kubelet_internal_checkpoint'), { logger });
  const queue = createKeyedQueue();
  const servers: AsyncDisposable[] = [];
  /** By pod and container: requests, as text, that were served by this process. */
  const settled = new Map<string, Map<string, string>>();
  /** Pods that run without what they ask for, because it is not known any more: asked for again when a container of theirs starts. */
  const unserved = new Map<string, Pod>();
  /** What pods had before they gave it back, latest last: a pod that was made to wait prefers it when it is asked about again. */
  const former = createRecent<AllocationBook>(MAX_FORMER_PODS);
  const retries = createRetryTimers(clock, state.retry);

  const save = (): Promise<void> => file.write(state.checkpoint());
  const saveLater = (): void =>
    void save().catch((error: unknown) =>
      logger.warn({ path: directory, err: describeError(error) }, 'Cannot write the checkpoint of devices'),
    );
  const endpoints = createPluginEndpoints({
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    logger,
    events: {
      connected: (resourceName) => state.hold(resourceName),
      listed: (resourceName, devices) => state.list(resourceName, devices),
      gone: (resourceName) => state.lose(resourceName),
    },
  });
  const allocatorState: AllocatorState = { known: state.known, book: state.book, pluginOf: endpoints.of };
  state.onChange(saveLater);

  const allocateContainer: DeviceManager['allocateContainer'] = (pod, containerName, how = {}) => {
    const podUid = pod.metadata.uid;
    const container = containersInOrder(pod).find(({ name }) => name === containerName);
    const requests = container === undefined ? [] : deviceRequests(container);
    const had = allocationsOf(state.book(), podUid, containerName);
    const served = settled.get(podUid) ?? new Map<string, string>();
    const text = JSON.stringify(requests);
    if ((requests.length === 0 && had.length === 0) || served.get(containerName) === text) return Promise.resolve(undefined);
    const serve = async (): Promise<DeviceRejection | undefined> => {
      how.signal?.throwIfAborted();
      try {
        const preferred = had.length > 0 || how.running ? had : allocationsOf(former.get(podUid) ?? [], podUid, containerName);
        const mine = state.book().filter((entry) => entry.podUid === podUid && served.has(entry.containerName));
        const given = await allocateDevices({ pod, containerName, requests, had: preferred, mine }, how, allocatorState);
        state.setBook(withContainer(state.book(), { podUid, containerName }, given));
        await save().catch((error: unknown) => {
          state.setBook(withContainer(state.book(), { podUid, containerName }, had));
          throw error;
        });
        settled.set(podUid, served.set(containerName, text));
        retries.succeeded(podUid);
        return undefined;
      } catch (error) {
        how.signal?.throwIfAborted();
        if (DevicePluginError.is(error) && error.code === 'DEVICE_PLUGIN_CALL_FAILED') retries.failed(podUid);
        else if (!(error instanceof NotNow)) throw error;
        if (how.running) unserved.set(podUid, pod);
        return { reason: 'UnexpectedAdmissionError', message: `Allocate failed due to ${(error as Error).message}, which is unexpected` };
      }
    };
    return queue(
      requests.map(({ resourceName }) => resourceName),
      serve,
    );
  };

  const allocate: DeviceManager['allocate'] = async (pod, how = {}) => {
    const podUid = pod.metadata.uid;
    const before = state.book().filter((entry) => entry.podUid === podUid);
    const servedBefore = new Map(settled.get(podUid));
    const undo = (): void => {
      if (state.book().some((entry) => entry.podUid === podUid && !before.includes(entry))) {
        state.setBook([...withoutPod(state.book(), podUid), ...before]);
      }
      if (servedBefore.size > 0) settled.set(podUid, servedBefore);
      else settled.delete(podUid);
    };
    try {
      for (const { name } of containersInOrder(pod)) {
        const rejection = await allocateContainer(pod, name, how);
        if (rejection === undefined) continue;
        undo();
        return rejection;
      }
    } catch (error) {
      undo();
      throw error;
    }
    unserved.delete(podUid);
    return undefined;
  };

  return {
    async start() {
      await mkdir(directory, { recursive: true, mode: 0o750 });
      const checkpoint = await file.read();
      if (checkpoint !== undefined) state.restore(checkpoint);
      servers.push(await serveRegistration({ directory, endpoints }));
      if (registryDirectory !== undefined)
        servers.push(await watchPluginRegistry({ directory: registryDirectory, endpoints, clock, logger }));
    },

    allocate,
    allocateContainer,

    async release(podUid) {
      settled.delete(podUid);
      unserved.delete(podUid);
      const had = state.book().filter((entry) => entry.podUid === podUid);
      if (had.length === 0) return;
      former.set(podUid, had);
      state.setBook(withoutPod(state.book(), podUid));
      await save();
    },

    async beforeStart(podUid, containerName, how = {}) {
      const pod = unserved.get(podUid);
      if (pod !== undefined) {
        const rejection = await allocate(pod, { ...how, running: true });
        if (rejection !== undefined)
          throw new DevicePluginError({ code: 'DEVICE_PLUGIN_NO_DEVICES', retryable: true, message: rejection.message });
      }
      for (const allocation of allocationsOf(state.book(), podUid, containerName)) {
        const plugin = endpoints.of(allocation.resourceName);
        if (plugin?.options.preStartRequired !== true) continue;
        try {
          await plugin.preStart([...deviceIds(allocation)].sort(byDeviceId), how);
        } catch (error) {
          how.signal?.throwIfAborted();
          const message = `device plugin PreStartContainer rpc failed with err: ${describeError(error)}`;
          throw new DevicePluginError({ code: 'DEVICE_PLUGIN_CALL_FAILED', retryable: true, cause: error, message });
        }
      }
    },

    holders: () => [...new Set(state.book().map(({ podUid }) => podUid))],

    allocations(podUid, containerName) {
      const given = allocationsOf(state.book(), podUid, containerName);
      return given.length === 0 ? undefined : mergeResponses(given.map(({ response }) => ContainerAllocateResponse.decode(response)));
    },

    resources: () => deviceResources(state.known(), state.book()),

    health: (podUid) => resourceHealth(state.book(), state.known(), podUid),

    devices: (podUid, containerName) =>
      allocationsOf(state.book(), podUid, containerName).flatMap((allocation) =>
        [...deviceIds(allocation)].sort(byDeviceId).map((deviceId) => ({
          resourceName: allocation.resourceName,
          deviceId,
          numaNodes: [...allocation.devices].filter(([node, ids]) => node >= 0 && ids.includes(deviceId)).map(([node]) => node),
        })),
      ),

    allocatableDevices: () =>
      [...state.known()].flatMap(([resourceName, devices]) =>
        [...devices.values()].filter(isHealthy).map(({ id, numaNodes }) => ({ resourceName, deviceId: id, numaNodes })),
      ),

    topologyHints: (pod, containerName, numaNodes) =>
      hintsOfPod({ pod, containerName, numaNodes, known: state.known(), book: state.book() }),

    onChange: state.onChange,

    async [Symbol.asyncDispose]() {
      state.close();
      retries.close();
      for (const server of servers.reverse()) await server[Symbol.asyncDispose]();
      endpoints.close();
      await save().catch(() => {}); // has been told of when it failed first
    },
  };
};
