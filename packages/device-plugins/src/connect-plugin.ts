import { type ClientReadableStream, credentials } from '@grpc/grpc-js';
import { callDeadline, cancelCall, onAbort } from '@solo-kubelet/timers';
import type { Device } from './core/device.js';
import { DevicePluginError } from './device-plugin-error.js';
import {
  type ContainerAllocateResponse,
  DevicePluginClient,
  type DevicePluginOptions,
  type ListAndWatchResponse,
  type Device as WireDevice,
} from './gen/device-plugin.js';
import { callUnary, type UnaryLimits } from './rpc/call-unary.js';
import { requireSocketPath } from './rpc/require-socket-path.js';

export interface PluginLimits {
  /** To connect, ms. Default 10 000, as upstream. */
  readonly connectMs: number;
  /** GetDevicePluginOptions, GetPreferredAllocation and Allocate, ms. Default 60 000; upstream has none. */
  readonly callMs: number;
  /** PreStartContainer, ms. Default 30 000, as upstream. */
  readonly preStartMs: number;
}

export const DEFAULT_LIMITS: PluginLimits = { connectMs: 10_000, callMs: 60_000, preStartMs: 30_000 };

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A plugin that has been connected to and has told its options. */
export interface PluginConnection {
  readonly socketPath: string;
  readonly options: DevicePluginOptions;
  /** Every list of devices that the plugin sends; ends or throws when the plugin does. */
  devices(): AsyncIterable<readonly Device[]>;
  preferred(
    request: { readonly available: readonly string[]; readonly mustInclude: readonly string[]; readonly count: number },
    options: CallOptions,
  ): Promise<readonly string[]>;
  allocate(devices: readonly string[], options: CallOptions): Promise<ContainerAllocateResponse>;
  preStart(devices: readonly string[], options: CallOptions): Promise<void>;
  /** Ends all calls and the connection. */
  close(): void;
}

/** Connects to a device plugin's socket, or rejects within the limits and leaves nothing open. */
export const connectPlugin = async (socketPath: string, limits: PluginLimits, signal?: AbortSignal): Promise<PluginConnection> => {
  requireSocketPath(socketPath, 'connect');
  const client = new DevicePluginClient(`unix:${socketPath}`, credentials.createInsecure(), {
    'grpc.default_authority': 'localhost',
    // A connection of its own, so that closing it ends it, and a plugin that comes back on the same path is another.
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    // Some plugins register a moment before they serve.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.service_config_disable_resolution': 1,
  });
  const call = { timeoutMs: limits.callMs };
  const closing = new AbortController();
  try {
    await ready(client, socketPath, limits.connectMs, signal);
    const options = await optionsOf(client, { ...call, signal });
    return {
      socketPath,
      options,
      async *devices() {
        const stream: ClientReadableStream<ListAndWatchResponse> = client.listAndWatch({});
        const end = (): void => cancelCall(stream);
        const release = onAbort(closing.signal, end);
        try {
          for await (const { devices } of stream as AsyncIterable<ListAndWatchResponse>) yield devices.map(toDevice);
        } finally {
          release();
          end();
        }
      },
      preferred: async ({ available, mustInclude, count }, { signal }) => {
        const request = { availableDeviceIDs: [...available], mustIncludeDeviceIDs: [...mustInclude], allocationSize: count };
        const reply = await callUnary(client.getPreferredAllocation.bind(client), { containerRequests: [request] }, { ...call, signal });
        return reply.containerResponses[0]?.deviceIDs ?? [];
      },
      allocate: async (devices, { signal }) => {
        const request = { containerRequests: [{ devicesIds: [...devices] }] };
        const { containerResponses } = await callUnary(client.allocate.bind(client), request, { ...call, signal });
        if (containerResponses[0] !== undefined) return containerResponses[0];
        throw new DevicePluginError({ code: 'DEVICE_PLUGIN_CALL_FAILED', message: 'no containers return in allocation response' });
      },
      preStart: async (devices, { signal }) => {
        await callUnary(client.preStartContainer.bind(client), { devicesIds: [...devices] }, { timeoutMs: limits.preStartMs, signal });
      },
      close: () => {
        closing.abort(); // a client that is closed lets its streams go on
        client.close();
      },
    };
  } catch (error) {
    client.close();
    throw error;
  }
};

/** The plugin's options; an error says which call failed, as upstream does (devicemanager/manager.go PluginConnected). */
const optionsOf = async (client: DevicePluginClient, limits: UnaryLimits): Promise<DevicePluginOptions> => {
  try {
    return await callUnary(client.getDevicePluginOptions.bind(client), {}, limits);
  } catch (error) {
    if (!(error instanceof DevicePluginError)) throw error;
    const { code, retryable, message } = error;
    throw new DevicePluginError({ code, retryable, cause: error, message: `failed to get device plugin options: ${message}` });
  }
};

const ready = (client: DevicePluginClient, socketPath: string, timeoutMs: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const release = onAbort(signal, () => reject(signal?.reason));
    client.waitForReady(callDeadline(timeoutMs) ?? Number.POSITIVE_INFINITY, (error) => {
      release();
      if (error === undefined) resolve();
      else {
        reject(
          new DevicePluginError({
            code: 'DEVICE_PLUGIN_UNREACHABLE',
            retryable: true,
            cause: error,
            message: `failed to dial device plugin: nobody answers on ${socketPath}`,
            hint: 'A plugin must serve its socket before it registers.',
          }),
        );
      }
    });
  });

/** As many as Linux has (CONFIG_NODES_SHIFT is 10 at most). */
const MAX_NUMA_NODES = 1_024;

const toDevice = ({ ID, health, topology }: WireDevice): Device => ({
  id: ID,
  health: health === 'Healthy' ? health : 'Unhealthy',
  numaNodes: [...new Set((topology?.nodes ?? []).map((node) => Number(node.ID)))].slice(0, MAX_NUMA_NODES),
});
