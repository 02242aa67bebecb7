import { join } from 'node:path';
import { credentials, type ServerWritableStream } from '@grpc/grpc-js';
import {
  type AllocateRequest,
  type AllocateResponse,
  ContainerAllocateResponse,
  type ContainerPreferredAllocationRequest,
  DevicePluginService,
  type Empty,
  ListAndWatchResponse,
  type PreferredAllocationRequest,
  type PreStartContainerRequest,
  RegistrationClient,
} from '../gen/device-plugin.js';
import { RegistrationService, type RegistrationStatus } from '../gen/plugin-registration.js';
import { answer } from '../rpc/answer.js';
import { callUnary } from '../rpc/call-unary.js';
import { requireSocketPath } from '../rpc/require-socket-path.js';
import { serveSocket } from '../rpc/serve-socket.js';

export interface FakeDevice {
  readonly id: string;
  /** Default `Healthy`. */
  readonly health?: string;
  /** Default none. */
  readonly numaNodes?: readonly number[];
}

export type FakeDeviceResponse = Parameters<typeof ContainerAllocateResponse.fromPartial>[0];

export interface FakeDevicePluginOptions {
  /** Where kubelet.sock is, or the directory of plugin registration. */
  readonly directory: string;
  readonly resourceName: string;
  readonly devices: readonly FakeDevice[];
  /** Name of its socket. Default: the resource's name with `-` for `/`, and `.sock`. */
  readonly endpoint?: string;
  /** What Allocate says of these devices; it may throw. Default: nothing. */
  readonly allocate?: (devices: readonly string[]) => FakeDeviceResponse | Promise<FakeDeviceResponse>;
  /** Makes GetPreferredAllocation available. */
  readonly preferred?: (request: ContainerPreferredAllocationRequest) => readonly string[] | Promise<readonly string[]>;
  /** Makes PreStartContainer wanted; it may throw. */
  readonly preStart?: (devices: readonly string[]) => void | Promise<void>;
  /** Called at GetDevicePluginOptions; it may throw. */
  readonly askedForOptions?: () => void;
  /** API version. Default `v1beta1`. */
  readonly version?: string;
}

/** A device plugin that behaves as its script says, on a real socket. */
export interface FakeDevicePlugin extends AsyncDisposable {
  readonly socketPath: string;
  /** Devices of each Allocate call, in order. */
  readonly allocated: readonly (readonly string[])[];
  /** Devices of each PreStartContainer call, in order. */
  readonly preStarted: readonly (readonly string[])[];
  /** What the kubelet said by NotifyRegistrationStatus, in order. */
  readonly statuses: readonly RegistrationStatus[];
  /** Kubelets that follow its devices now. */
  readonly watchers: number;
  /** Registers at kubelet.sock in the directory; rejects when the kubelet refuses. Where plugins are found by themselves there is no need. */
  register(): Promise<void>;
  /** Tells of other devices from now on. */
  setDevices(devices: readonly FakeDevice[]): void;
}

/** Starts a plugin that serves its socket, and waits to be registered or found. Disposing ends it. */
export const createFakeDevicePlugin = async (options: FakeDevicePluginOptions): Promise<FakeDevicePlugin> => {
  const { directory, resourceName, preferred, preStart, version = 'v1beta1' } = options;
  const endpoint = options.endpoint ?? `${resourceName.replaceAll('/', '-')}.sock`;
  const socketPath = join(directory, endpoint);
  const wireOptions = { preStartRequired: preStart !== undefined, getPreferredAllocationAvailable: preferred !== undefined };
  const streams = new Set<ServerWritableStream<Empty, ListAndWatchResponse>>();
  const allocated: (readonly string[])[] = [];
  const preStarted: (readonly string[])[] = [];
  const statuses: RegistrationStatus[] = [];
  let { devices } = options;

  const listing = (): ListAndWatchResponse =>
    ListAndWatchResponse.fromPartial({
      devices: devices.map(({ id, health = 'Healthy', numaNodes = [] }) => ({
        ID: id,
        health,
        topology: { nodes: numaNodes.map((node) => ({ ID: BigInt(node) })) },
      })),
    });

  const plugin = {
    getDevicePluginOptions: answer(() => {
      options.askedForOptions?.();
      return wireOptions;
    }),
    listAndWatch: (stream: ServerWritableStream<Empty, ListAndWatchResponse>) => {
      streams.add(stream);
      stream.on('cancelled', () => streams.delete(stream));
      stream.write(listing());
    },
    getPreferredAllocation: answer(async ({ containerRequests }: PreferredAllocationRequest) => ({
      containerResponses: await Promise.all(
        containerRequests.map(async (request) => ({ deviceIDs: [...((await preferred?.(request)) ?? [])] })),
      ),
    })),
    allocate: answer(async ({ containerRequests }: AllocateRequest): Promise<AllocateResponse> => {
      const containerResponses: ContainerAllocateResponse[] = [];
      for (const { devicesIds } of containerRequests) {
        allocated.push(devicesIds);
        containerResponses.push(ContainerAllocateResponse.fromPartial((await options.allocate?.(devicesIds)) ?? {}));
      }
      return { containerResponses };
    }),
    preStartContainer: answer(async ({ devicesIds }: PreStartContainerRequest) => {
      preStarted.push(devicesIds);
      await preStart?.(devicesIds);
      return {};
    }),
  };
  const registration = {
    getInfo: answer(() => ({ type: 'DevicePlugin', name: resourceName, endpoint: '', supportedVersions: [version] })),
    notifyRegistrationStatus: answer((said: RegistrationStatus) => {
      statuses.push(said);
      return {};
    }),
  };
  const server = await serveSocket(socketPath, [
    { definition: DevicePluginService, implementation: plugin },
    { definition: RegistrationService, implementation: registration },
  ]);

  return {
    socketPath,
    allocated,
    preStarted,
    statuses,
    get watchers() {
      return streams.size;
    },
    async register() {
      requireSocketPath(join(directory, 'kubelet.sock'), 'connect');
      const kubelet = new RegistrationClient(`unix:${join(directory, 'kubelet.sock')}`, credentials.createInsecure(), {
        'grpc.default_authority': 'localhost',
        'grpc.use_local_subchannel_pool': 1,
      });
      try {
        await callUnary(kubelet.register.bind(kubelet), { version, endpoint, resourceName, options: wireOptions }, { timeoutMs: 20_000 });
      } finally {
        kubelet.close();
      }
    },
    setDevices(next) {
      devices = next;
      for (const stream of streams) stream.write(listing());
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
};
