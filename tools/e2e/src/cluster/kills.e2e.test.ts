import { setTimeout as delay } from 'node:timers/promises';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { startNode, type TestNode } from '../kubelet/node.js';
import { randomFrom } from '../lifecycle/random-from.js';
import { type Cluster, startCluster } from './cluster.js';
import { leftBehind } from './left-behind.js';
import { type ApiNode, endAll, isReady, NODE, onCluster, PODS } from './on-cluster.js';
import { lacksRealServer, startRealServer } from './real-server.js';
import { workloadsOn } from './workloads-on.js';

const lacking = lacksRealServer();
const KILLS = Number(process.env['SOLO_KUBELET_KILLS'] ?? 10);
const SEED = Number(process.env['SOLO_KUBELET_SEED'] ?? Date.now() % 1_000_000);

describe('a kubelet of a whole control plane that is killed', () => {
  if (lacking !== undefined) {
    it.skip(lacking);
    return;
  }
  let cluster: Cluster;
  let node: TestNode;
  beforeAll(async () => {
    cluster = await startCluster(() => startRealServer({ controllers: [] }));
    const config = { nodeLeaseDurationSeconds: 40, nodeStatusUpdateFrequency: '1s' };
    node = await startNode({ config, flags: ['--kubeconfig', cluster.kubeconfigPath] });
  }, 300_000);
  afterAll(() => endAll(node, cluster));

  const { inApi, place } = onCluster(
    () => cluster,
    () => node,
  );
  const { deploy, rolledOut, copies } = workloadsOn(
    () => cluster,
    () => node,
  );

  it(`${KILLS} times at random moments of churn loses no Pod, doubles none and leaves none ending`, {
    timeout: 600_000 + KILLS * 60_000,
  }, async () => {
    console.log(`churn: ${KILLS} kills, SOLO_KUBELET_SEED=${SEED}`);
    const random = randomFrom(SEED);
    const below = (count: number): number => Math.floor(random() * count);
    await inApi<ApiNode>(NODE, isReady);
    const bare = new Set<string>();
    const files = new Set<string>();
    let made = 0;
    const changes: readonly (() => Promise<void>)[] = [
      () => deploy('web', { replicas: below(5), text: String(below(3)) }),
      () => deploy('shop', { replicas: below(4), text: String(below(2)) }),
      async () => {
        made += 1;
        const name = `bare-${made}`;
        bare.add(name);
        await place(name, { containers: [script('app', SLEEP)] });
      },
      async () => {
        const name = [...bare][below(bare.size)];
        if (name === undefined) return;
        bare.delete(name);
        await cluster.remove(`${PODS}/${name}`);
      },
      async () => {
        const name = `file-${below(3)}`;
        files.add(name);
        await node.drop(`${name}.yaml`, sleeper(name, { env: [{ name: 'TEXT', value: String(below(3)) }] }));
      },
      async () => {
        const name = [...files][below(files.size)];
        if (name === undefined) return;
        files.delete(name);
        await node.remove(`${name}.yaml`);
      },
    ];
    const churn = (): Promise<void> => changes[below(changes.length)]!();
    const doubled: string[] = [];
    const look = async (): Promise<void> => {
      for (const [name, ids] of await copies()) if (ids.length > 1) doubled.push(name);
    };
    for (let kill = 1; kill <= KILLS; kill += 1) {
      await churn();
      await churn();
      await node.restartKubelet('SIGKILL', churn);
      // The moment of the kill is what is random here. A kubelet takes some two seconds to start: half of the kills are to come well after that.
      await delay(random() * 8_000);
      await look();
    }
    await deploy('web', { replicas: 3, text: 'last' });
    await deploy('shop', { replicas: 2, text: 'last' });
    await rolledOut('web', 3);
    await rolledOut('shop', 2);
    interface Pods {
      readonly items: readonly Pod[];
    }
    const wanted = new Set([...bare, ...[...files].map((name) => `${name}-node1`)]);
    /** What of the API is not as the runtime has it, and what killed kubelets left on the disk. */
    const differences = async (): Promise<readonly string[]> => {
      const { items } = (await cluster.get<Pods>(PODS))!;
      const running = await copies();
      const told = new Map(items.map((pod) => [pod.metadata.name, pod]));
      const { items: sandboxes } = await node.bed.cri.runtime.listPodSandbox({ filter: { state: { state: 0 } } });
      return [
        ...items.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).map(({ metadata }) => `${metadata.name} is ending`),
        ...[...wanted].filter((name) => !told.has(name)).map((name) => `${name} is lost`),
        ...[...told.keys()].filter((name) => !wanted.has(name) && !/^(web|shop)-/.test(name)).map((name) => `${name} is left`),
        ...items
          .filter(({ metadata, status }) => {
            const [id, ...more] = running.get(`${metadata.name}/app`) ?? [];
            return more.length > 0 || id === undefined || status?.containerStatuses?.[0]?.containerID !== `containerd://${id}`;
          })
          .map(({ metadata }) => `${metadata.name} is not told as it is`),
        ...(running.size === items.length ? [] : [`${running.size} containers for ${items.length} Pods`]),
        ...(sandboxes.length === items.length ? [] : [`${sandboxes.length} sandboxes for ${items.length} Pods`]),
        ...(await leftBehind(node.bed.rootDirectory)).map((path) => `${path} is left`),
      ];
    };
    let different: readonly string[] = [];
    const isSame = async (): Promise<boolean> => {
      different = await differences();
      return different.length === 0;
    };
    await waitFor(isSame, { what: 'Pods as the API has them', timeoutMs: 120_000, intervalMs: 500 }).catch(() => undefined);
    expect(different).toEqual([]);
    expect(doubled).toEqual([]);
    const { items } = (await cluster.get<Pods>(PODS))!;
    expect(items.length).toBe(5 + wanted.size);
  });
});
