import { CgroupDriver } from '@solo-kubelet/cri-types';
import type { RuntimeServiceDefinition } from '../gen/cri-v1.js';
import type { CriEventMode, EventHub } from './event-hub.js';
import { RpcError } from './rpc-error.js';
import type { ServiceImplementation } from './rpc-server.js';

type Node = Pick<
  ServiceImplementation<typeof RuntimeServiceDefinition>,
  'version' | 'status' | 'runtimeConfig' | 'updateRuntimeConfig' | 'getContainerEvents'
>;

/** What RuntimeConfig answers. `empty` is a reply without its `linux` part. */
export type RuntimeConfigMode = 'unimplemented' | 'empty' | 'systemd' | 'cgroupfs';

/** What can be changed while the fake runs. */
export interface NodeConditions {
  networkReady: boolean;
  runtimeReady: boolean;
  runtimeConfig: RuntimeConfigMode;
  /** The driver that the configuration in a verbose Status tells, as containerd's does; undefined: it tells none. */
  infoCgroupDriver: 'systemd' | 'cgroupfs' | undefined;
  podCidr: string;
  /** The image of sandboxes that a verbose Status tells, as containerd's does; undefined: it tells none. */
  sandboxImage: string | undefined;
  /** Where a verbose Status says that network files and plugins lie, as containerd's does; undefined: it tells nothing. */
  cniDirectories: { readonly configuration: string; readonly plugins: readonly string[] } | undefined;
  /** Whether it says that mounts may have options, as runtimes of 1.37's time can. */
  mountOptions: boolean;
}

export interface NodeRpcsOptions {
  readonly runtimeName: string;
  readonly runtimeVersion: string;
  readonly runtimeHandlers: readonly string[];
  readonly conditions: NodeConditions;
  readonly events: EventHub;
  readonly eventMode: CriEventMode;
}

export const nodeRpcs = ({ runtimeName, runtimeVersion, runtimeHandlers, conditions, events, eventMode }: NodeRpcsOptions): Node => ({
  version: () => ({ version: '0.1.0', runtimeName, runtimeVersion, runtimeApiVersion: 'v1' }),
  status: ({ verbose }) => ({
    status: {
      conditions: [
        { type: 'RuntimeReady', status: conditions.runtimeReady },
        conditions.networkReady
          ? { type: 'NetworkReady', status: true }
          : {
              type: 'NetworkReady',
              status: false,
              reason: 'NetworkPluginNotReady',
              message: 'Network plugin returns error: cni plugin not initialized',
            },
      ],
    },
    info: verbose
      ? {
          config: JSON.stringify({
            runtimeName,
            podCidr: conditions.podCidr,
            sandboxImage: conditions.sandboxImage,
            ...handlersOf(conditions),
          }),
          ...(conditions.cniDirectories && {
            cniconfig: JSON.stringify({
              PluginDirs: conditions.cniDirectories.plugins,
              PluginConfDir: conditions.cniDirectories.configuration,
              Networks: null,
            }),
          }),
        }
      : {},
    runtimeHandlers: ['', ...runtimeHandlers].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: true, userNamespaces: true },
    })),
    features: { supplementalGroupsPolicy: true, userNamespacesHostNetwork: false, mountOptions: conditions.mountOptions },
  }),
  runtimeConfig: () => {
    if (conditions.runtimeConfig === 'unimplemented') throw new RpcError('UNIMPLEMENTED', 'unknown method RuntimeConfig');
    if (conditions.runtimeConfig === 'empty') return {};
    return { linux: { cgroupDriver: conditions.runtimeConfig === 'systemd' ? CgroupDriver.SYSTEMD : CgroupDriver.CGROUPFS } };
  },
  updateRuntimeConfig: ({ runtimeConfig }) => {
    conditions.podCidr = runtimeConfig?.networkConfig?.podCidr ?? conditions.podCidr;
    return {};
  },
  getContainerEvents: async function* (_, { signal }) {
    if (eventMode === 'unimplemented') throw new RpcError('UNIMPLEMENTED', 'method GetContainerEvents not implemented');
    if (eventMode === 'immediateEof') return;
    yield* events.subscribeCri(eventMode, signal);
  },
});

const handlersOf = ({ infoCgroupDriver }: NodeConditions): object =>
  infoCgroupDriver === undefined
    ? {}
    : {
        containerd: {
          defaultRuntimeName: 'runc',
          runtimes: { runc: { runtimeType: 'io.containerd.runc.v2', options: { SystemdCgroup: infoCgroupDriver === 'systemd' } } },
        },
      };
