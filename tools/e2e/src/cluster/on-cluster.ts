import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect } from 'vitest';
import { podManifest } from '../kubelet/manifests.js';
import { isRunning, type TestNode } from '../kubelet/node.js';
import type { Cluster } from './cluster.js';

export const NODE = '/api/v1/nodes/node1';
export const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node1';
export const PODS = '/api/v1/namespaces/default/pods';

export interface Lease {
  readonly spec: { readonly holderIdentity: string; readonly renewTime: string };
}
export interface ApiNode {
  readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly resourceVersion: string };
  readonly spec: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly key: string; readonly effect: string }[] };
  readonly status: {
    readonly capacity: Readonly<Record<string, string>>;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly nodeInfo: { readonly bootID: string };
  };
}

export const isReady = ({ status }: ApiNode): boolean =>
  status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true;

/** What tests ask of a cluster and the node in it. */
export const onCluster = (cluster: () => Cluster, node: () => TestNode) => {
  /** What the API server holds, once it is as wanted; what it is instead stands in the message. */
  const inApi = async <T>(path: string, reached: (object: T) => boolean, timeoutMs = 60_000): Promise<T> => {
    let last: T | undefined;
    const look = async (): Promise<T | undefined> => {
      last = await cluster().get<T>(path);
      return last !== undefined && reached(last) ? last : undefined;
    };
    return waitFor(look, { what: path, timeoutMs, intervalMs: 200 }).catch((cause: unknown) => {
      const log = node().kubelet().log().slice(-6_000);
      throw new Error(`${path} is ${JSON.stringify(last ?? 'not there')}\nkubelet log:\n${log}`, { cause });
    });
  };
  return {
    inApi,
    goneFromApi: (path: string, timeoutMs = 60_000): Promise<boolean> =>
      waitFor(async () => (await cluster().get(path)) === undefined, { what: `end of ${path}`, timeoutMs, intervalMs: 200 }),
    /** A Pod as a scheduler has placed it on the node. */
    place: (name: string, spec: object): Promise<void> =>
      cluster().create(PODS, podManifest(name, { nodeName: 'node1', ...spec }, { namespace: 'default' })),
    app: (name: string): Promise<Pod> => inApi<Pod>(`${PODS}/${name}`, isRunning),
    /** Waits until the kubelet has renewed its lease once more. */
    heartbeat: async (): Promise<void> => {
      const { spec: before } = await inApi<Lease>(LEASE, () => true);
      await inApi<Lease>(LEASE, ({ spec }) => spec.renewTime !== before.renewTime);
    },
  };
};

/** Ends a node and then what it was joined to, whichever of them there is and whatever fails, and looks that nothing of the node stays. */
export const endAll = async (node: TestNode | undefined, ...others: readonly (AsyncDisposable | undefined)[]): Promise<void> => {
  const failures: unknown[] = [];
  for (const one of [node, ...others]) {
    try {
      await one?.[Symbol.asyncDispose]();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not everything has ended');
  expect((await node?.bed.leaks()) ?? []).toEqual([]);
};
