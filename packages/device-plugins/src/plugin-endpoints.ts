import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { delay } from '@solo-kubelet/timers';
import { connectPlugin, type PluginConnection, type PluginLimits } from './connect-plugin.js';
import type { Device } from './core/device.js';

/** What becomes of the plugins that are connected. */
export interface EndpointEvents {
  /** A plugin serves the resource; its devices are still to come. */
  connected(resourceName: string): void;
  /** All devices of the resource. */
  listed(resourceName: string, devices: readonly Device[]): void;
  /** The last plugin of the resource is gone. */
  gone(resourceName: string): void;
}

export interface PluginEndpoints {
  /** Connects to the plugin on a socket, in place of one that was connected there. Rejects when it doesn't answer as it should. */
  connect(resourceName: string, socketPath: string, signal?: AbortSignal): Promise<void>;
  /** Lets go of the plugin on a socket; one that is not connected is fine. */
  disconnect(resourceName: string, socketPath: string): void;
  /** Whom to ask about a resource: of several plugins the one that came last. */
  of(resourceName: string): PluginConnection | undefined;
  /** Lets go of all of them, without telling. */
  close(): void;
}

interface Endpoint {
  readonly connection: PluginConnection;
  /** As last told. */
  devices: readonly Device[] | undefined;
}

export interface EndpointOptions {
  readonly limits: PluginLimits;
  readonly events: EndpointEvents;
  readonly logger: Logger;
}

/** The plugins that are connected. A plugin is known by its resource and socket; for a moment a resource may have two, an old and a new one. */
export const createPluginEndpoints = ({ limits, events, logger }: EndpointOptions): PluginEndpoints => {
  /** Oldest first. */
  const endpoints = new Map<string, readonly Endpoint[]>();
  let closed = false;

  const isPrimary = (resourceName: string, endpoint: Endpoint): boolean => endpoints.get(resourceName)?.at(-1) === endpoint;

  const remove = (resourceName: string, endpoint: Endpoint): void => {
    const before = endpoints.get(resourceName) ?? [];
    endpoint.connection.close();
    if (!before.includes(endpoint)) return;
    const left = before.filter((other) => other !== endpoint);
    logger.info({ resourceName, path: endpoint.connection.socketPath }, 'Device plugin disconnected');
    if (left.length === 0) {
      endpoints.delete(resourceName);
      events.gone(resourceName);
      return;
    }
    endpoints.set(resourceName, left);
    const heir = left.at(-1)?.devices;
    if (before.at(-1) === endpoint && heir !== undefined) events.listed(resourceName, heir);
  };

  const follow = async (resourceName: string, endpoint: Endpoint): Promise<void> => {
    try {
      for await (const devices of endpoint.connection.devices()) {
        const startedMs = performance.now();
        endpoint.devices = devices;
        if (isPrimary(resourceName, endpoint)) events.listed(resourceName, devices);
        // A plugin that sends long lists without end gets half of the time at most; meanwhile its stream is not read.
        await delay(performance.now() - startedMs);
      }
    } catch (error) {
      logger.debug({ resourceName, path: endpoint.connection.socketPath, err: describeError(error) }, 'The list of devices broke off');
    }
    remove(resourceName, endpoint);
  };

  return {
    async connect(resourceName, socketPath, signal) {
      const connection = await connectPlugin(socketPath, limits, signal);
      if (closed) {
        connection.close();
        return;
      }
      const endpoint: Endpoint = { connection, devices: undefined };
      const others = endpoints.get(resourceName) ?? [];
      const replaced = others.filter((other) => other.connection.socketPath === socketPath);
      endpoints.set(resourceName, [...others.filter((other) => !replaced.includes(other)), endpoint]);
      for (const { connection: old } of replaced) old.close();
      logger.info({ resourceName, path: socketPath }, 'Device plugin registered');
      events.connected(resourceName);
      void follow(resourceName, endpoint);
    },
    disconnect(resourceName, socketPath) {
      const endpoint = endpoints.get(resourceName)?.find(({ connection }) => connection.socketPath === socketPath);
      if (endpoint !== undefined) remove(resourceName, endpoint);
    },
    of: (resourceName) => endpoints.get(resourceName)?.at(-1)?.connection,
    close() {
      closed = true;
      for (const { connection } of [...endpoints.values()].flat()) connection.close();
      endpoints.clear();
    },
  };
};
