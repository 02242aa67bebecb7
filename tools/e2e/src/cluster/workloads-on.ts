import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { SLEEP, script } from '../kubelet/manifests.js';
import type { TestNode } from '../kubelet/node.js';
import type { Cluster } from './cluster.js';
import { PODS } from './on-cluster.js';

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';

/** Deployments that the controllers of a cluster carry out on the node. */
export const workloadsOn = (cluster: () => Cluster, node: () => TestNode) => {
  const podsOf = async (name: string): Promise<readonly Pod[]> =>
    ((await cluster().get<{ items: readonly Pod[] }>(`${PODS}?labelSelector=app%3D${name}`))?.items ?? []).filter(
      ({ status }) => status?.phase !== 'Failed',
    );
  /** Ids of running containers by `POD/CONTAINER`: more than one is one too many. */
  const copies = async (): Promise<ReadonlyMap<string, readonly string[]>> => {
    const { containers } = await node().bed.cri.runtime.listContainers({ filter: { state: { state: 1 } } });
    const found = new Map<string, string[]>();
    for (const { id, labels } of containers) {
      const name = `${labels['io.kubernetes.pod.name']}/${labels['io.kubernetes.container.name']}`;
      found.set(name, [...(found.get(name) ?? []), id]);
    }
    return found;
  };
  return {
    podsOf,
    copies,
    /** Makes a Deployment, or changes it; its containers know `text` as $TEXT. */
    deploy: async (name: string, { replicas, text }: { readonly replicas: number; readonly text: string }): Promise<void> => {
      const containers = [script('app', SLEEP, { env: [{ name: 'TEXT', value: text }] })];
      const template = { metadata: { labels: { app: name } }, spec: { terminationGracePeriodSeconds: 5, containers } };
      const spec = { replicas, selector: { matchLabels: { app: name } }, template };
      const path = `${DEPLOYMENTS}/${name}`;
      if (await cluster().get(path)) await cluster().patch(path, { spec });
      else await cluster().create(DEPLOYMENTS, { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec });
    },
    /** Waits until a Deployment is as it was last asked to be, and nothing is left of what it was. */
    rolledOut: async (name: string, replicas: number): Promise<void> => {
      let last: unknown;
      const look = async (): Promise<boolean> => {
        const deployment = await cluster().get<Deployment>(`${DEPLOYMENTS}/${name}`);
        const pods = await podsOf(name);
        last = { status: deployment?.status, pods: pods.map(({ metadata, status }) => ({ name: metadata.name, status })) };
        const { observedGeneration, replicas: all = 0, updatedReplicas = 0, readyReplicas = 0 } = deployment?.status ?? {};
        const isSeen = observedGeneration === deployment?.metadata.generation;
        return isSeen && [all, updatedReplicas, readyReplicas, pods.length].every((count) => count === replicas);
      };
      await waitFor(look, { what: `${replicas} of ${name}`, timeoutMs: 240_000, intervalMs: 500 }).catch((cause: unknown) => {
        throw new Error(`${name} is ${JSON.stringify(last)}\nkubelet log:\n${node().kubelet().log().slice(-6_000)}`, { cause });
      });
    },
    /** Waits until no sandbox is left. */
    nothingRuns: async (): Promise<void> => {
      const isEmpty = async (): Promise<boolean> => (await node().bed.cri.runtime.listPodSandbox({})).items.length === 0;
      await waitFor(isEmpty, { what: 'the end of every Pod', timeoutMs: 120_000 });
    },
  };
};
