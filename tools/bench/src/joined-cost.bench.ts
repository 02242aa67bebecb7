import { imageNames } from '@solo-kubelet-tools/images';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { expect, it } from 'vitest';
import { type Cluster, startCluster, startMemoryServer } from '../../e2e/src/cluster/cluster.js';
import { PODS } from '../../e2e/src/cluster/on-cluster.js';
import { lacksRealServer, startRealServer } from '../../e2e/src/cluster/real-server.js';
import { podManifest } from '../../e2e/src/kubelet/manifests.js';
import { startNode, type TestNode } from '../../e2e/src/kubelet/node.js';
import { type Figure, report, spread } from './figures.js';
import { cpuSeconds, pssMiB } from './process-cost.js';

const MANY = 30;
const OTHERS = Number(process.env['OTHERS'] ?? 1_000);
const REST_SECONDS = Number(process.env['REST_SECONDS'] ?? 60);
const STARTS = Number(process.env['STARTS'] ?? 15);
/** Rests in turns: a busy machine makes both equally slow. */
const ROUNDS = Number(process.env['ROUNDS'] ?? 3);

const POD = {
  terminationGracePeriodSeconds: 1,
  automountServiceAccountToken: false,
  containers: [{ name: 'app', image: imageNames.busybox, command: ['sleep', '100000'] }],
};

/** Created, or renamed into place, → the container's startedAt, ms. */
const startedAfterMs = async (node: TestNode, name: string, begin: () => Promise<void>): Promise<number> => {
  const beganMs = Date.now();
  await begin();
  const startedAt = await waitFor(
    async () => {
      const { containers } = await node.bed.cri.runtime.listContainers({ filter: { labelSelector: { 'io.kubernetes.pod.name': name } } });
      const [container] = containers;
      // 0: made, and not started yet.
      return container && ((await node.bed.cri.runtime.containerStatus({ containerId: container.id })).status?.startedAt || undefined);
    },
    { what: name, timeoutMs: 60_000, intervalMs: 25 },
  );
  return Number(startedAt) / 1e6 - beganMs;
};

/** CPU of several processes over the same stretch of time, as per cent of a core. */
const restOf = async (pids: readonly number[]): Promise<readonly number[]> => {
  const before = await Promise.all(pids.map(cpuSeconds));
  const beganMs = performance.now();
  await waitFor(async () => performance.now() - beganMs >= REST_SECONDS * 1_000, {
    what: 'rest',
    timeoutMs: REST_SECONDS * 2_000,
    intervalMs: 1_000,
  });
  const seconds = (performance.now() - beganMs) / 1_000;
  return (await Promise.all(pids.map(cpuSeconds))).map((now, index) => ((now - before[index]!) / seconds) * 100);
};

/** What a cluster costs a node: beside each other, one kubelet that has joined and one that has not. */
it('measures what being joined costs', { timeout: 3_600_000 }, async () => {
  await using cluster: Cluster = await startCluster(lacksRealServer() === undefined ? () => startRealServer() : startMemoryServer);
  await using joined = await startNode({ flags: ['--kubeconfig', cluster.kubeconfigPath] });
  await using alone = await startNode();
  const place = (name: string, nodeName = 'node1'): Promise<void> =>
    cluster.create(PODS, podManifest(name, { ...POD, nodeName }, { namespace: 'default' }));

  const byApi: number[] = [];
  const byFile: number[] = [];
  for (let index = 0; index < STARTS; index += 1) {
    const ways = [
      async () => byApi.push(await startedAfterMs(joined, `api-${index}`, () => place(`api-${index}`))),
      async () =>
        byFile.push(
          await startedAfterMs(joined, `file-${index}-node1`, () => joined.drop(`file-${index}.yaml`, podManifest(`file-${index}`, POD))),
        ),
    ];
    // Whichever is second starts beside the first.
    for (const way of index % 2 === 0 ? ways : ways.toReversed()) await way();
    await cluster.remove(`${PODS}/api-${index}`);
    await joined.remove(`file-${index}.yaml`);
    // Nor is the next one to start beside their end.
    await waitFor(async () => (await joined.bed.cri.runtime.listPodSandbox({})).items.length === 0, { what: 'ends', timeoutMs: 60_000 });
  }
  const figures: Figure[] = [
    { name: 'created in the API → started', unit: 'ms', spread: spread(byApi), goal: 'a file + 50' },
    { name: 'file in place → started', unit: 'ms', spread: spread(byFile), goal: '' },
  ];

  for (let index = 0; index < MANY; index += 1) {
    await place(`idle-${index}`);
    await alone.drop(`idle-${index}.yaml`, podManifest(`idle-${index}`, POD));
  }
  for (const node of [joined, alone])
    await waitFor(async () => (await node.running()).size === MANY, { what: 'all Pods', timeoutMs: 300_000 });
  const isTold = async (): Promise<boolean> => {
    const { items } = (await cluster.get<{ readonly items: readonly { readonly status?: { readonly phase?: string } }[] }>(PODS))!;
    return items.every(({ status }) => status?.phase === 'Running');
  };
  await waitFor(isTold, { what: 'all statuses', timeoutMs: 60_000 });
  const pids = [joined, alone].map((node) => node.kubelet().pid);
  const measure = async (when: string): Promise<void> => {
    const rests: (readonly number[])[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rests.push(await restOf(pids));
    const more = rests.map(([a = 0, b = 0]) => a - b);
    const pss = await Promise.all(pids.map(pssMiB));
    figures.push(
      { name: `CPU of the joined one ${when}`, unit: '% of a core', spread: spread(rests.map(([a = 0]) => a)), goal: '' },
      { name: `CPU more than alone ${when}`, unit: '% of a core', spread: spread(more), goal: '0.1' },
      { name: `PSS of the joined one ${when}`, unit: 'MiB', spread: spread([pss[0]!]), goal: '' },
      { name: `PSS more than alone ${when}`, unit: 'MiB', spread: spread([pss[0]! - pss[1]!]), goal: '8' },
    );
  };
  await measure('at rest, 30 Pods');
  const before = await cpuSeconds(pids[0]!);
  for (let index = 0; index < OTHERS; index += 1) await place(`other-${index}`, 'node2');
  figures.push({
    name: `CPU while ${OTHERS} Pods of another node are made`,
    unit: 'ms',
    spread: spread([((await cpuSeconds(pids[0]!)) - before) * 1_000]),
    goal: '',
  });
  await measure(`at rest, beside ${OTHERS} Pods of another node`);
  process.stdout.write(`${report(figures)}\n`);
  expect((await joined.running()).size).toBe(MANY);
});
