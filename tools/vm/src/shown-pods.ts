import { waitFor } from '@solo-kubelet-tools/testbed';
import type { Machine } from './machine.js';
import { patient } from './patience.js';

/** The kubelet's HTTP API by its socket: a start of the command line takes seconds in a machine that is emulated. */
export const SOCKET = 'curl --silent --unix-socket /run/solo-kubelet/kubelet.sock http://localhost';

/** How long is waited for anything inside, and how often is looked: every process costs there. */
export const PATIENCE = { timeoutMs: patient(10 * 60_000), intervalMs: 4_000 };

export interface ShownContainer {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
  readonly ready: boolean;
  readonly state?: { readonly running?: { readonly startedAt: string } };
  readonly volumeMounts?: readonly { readonly mountPath: string; readonly recursiveReadOnly?: string }[];
  readonly resources?: { readonly limits?: Readonly<Record<string, string>> };
}

export interface ShownStatus {
  readonly phase: string;
  readonly reason?: string;
  readonly conditions?: readonly { readonly type: string; readonly reason?: string; readonly message?: string }[];
  readonly containerStatuses?: readonly ShownContainer[];
}

export interface ShownPod {
  readonly metadata: { readonly name: string };
  readonly status: ShownStatus;
}

/** What the kubelet of a machine tells of its Pods, which are named as in their manifests, without the node's name. */
export interface ShownPods {
  statusOf(name: string): Promise<ShownStatus | undefined>;
  /** Of the Pod's first container. */
  containerOf(name: string): Promise<ShownContainer | undefined>;
  untilContainer(name: string, is: (container: ShownContainer) => boolean, what: string): Promise<ShownContainer>;
  untilReady(name: string): Promise<ShownContainer>;
  /** Puts the manifests away and waits for the end of their Pods. */
  remove(...names: readonly string[]): Promise<void>;
}

export const createShownPods = (machine: Machine): ShownPods => {
  /** Undefined while the kubelet does not answer. */
  const listPods = async (): Promise<readonly ShownPod[] | undefined> => {
    const { status, stdout } = await machine.run(`${SOCKET}/pods`);
    return status === 0 ? ((JSON.parse(stdout) as { readonly items: readonly ShownPod[] | null }).items ?? []) : undefined;
  };
  const isNamed = (name: string) => (pod: ShownPod) => pod.metadata.name.startsWith(`${name}-`);
  const statusOf: ShownPods['statusOf'] = async (name) => (await listPods())?.find(isNamed(name))?.status;
  const containerOf: ShownPods['containerOf'] = async (name) => (await statusOf(name))?.containerStatuses?.[0];
  const untilContainer: ShownPods['untilContainer'] = (name, is, what) =>
    waitFor(
      async () => {
        const container = await containerOf(name);
        return container !== undefined && is(container) ? container : undefined;
      },
      { what: `${name}: ${what}`, ...PATIENCE },
    );
  return {
    statusOf,
    containerOf,
    untilContainer,
    untilReady: (name) => untilContainer(name, ({ ready }) => ready, 'a container that is ready'),
    remove: async (...names) => {
      await machine.must(`rm ${names.map((name) => `/etc/kubernetes/manifests/${name}.yaml`).join(' ')}`);
      const areGone = async (): Promise<boolean> => {
        const listed = await listPods();
        return listed !== undefined && !names.some((name) => listed.some(isNamed(name)));
      };
      await waitFor(areGone, { what: `the end of ${names.join(' and ')}`, ...PATIENCE });
    },
  };
};
