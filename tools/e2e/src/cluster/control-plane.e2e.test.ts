import type { Pod } from '@solo-kubelet/pod-spec';
import { type LoginManager, startLoginManager, waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { type Cluster, startCluster } from './cluster.js';
import { type ApiNode, endAll, isReady, NODE, onCluster, PODS } from './on-cluster.js';
import { lacksRealServer, type RealServer, startRealServer } from './real-server.js';
import { workloadsOn } from './workloads-on.js';

const lacking = lacksRealServer();
/** How long the API server is away, s: 600 is Kubernetes' own measure for a node that nothing may happen to. */
const OUTAGE_SECONDS = Number(process.env['SOLO_KUBELET_OUTAGE_SECONDS'] ?? 20);

describe('a node of a whole control plane', () => {
  if (lacking !== undefined) {
    it.skip(lacking);
    return;
  }
  let server: RealServer;
  let cluster: Cluster;
  let login: LoginManager;
  let node: TestNode;
  beforeAll(async () => {
    server = await startRealServer({ controllers: ['--node-monitor-period=1s', '--node-monitor-grace-period=12s'] });
    cluster = await startCluster(async () => server);
    login = await startLoginManager({ delaySeconds: 200 });
    const config = {
      nodeLeaseDurationSeconds: 4,
      nodeStatusUpdateFrequency: '1s',
      shutdownGracePeriod: '180s',
      shutdownGracePeriodCriticalPods: '10s',
    };
    node = await startNode({ config, env: login.env, flags: ['--kubeconfig', cluster.kubeconfigPath] });
  }, 300_000);
  afterAll(() => endAll(node, login, cluster));

  const { inApi, goneFromApi, place, app, heartbeat } = onCluster(
    () => cluster,
    () => node,
  );
  const { deploy, rolledOut, podsOf, copies, nothingRuns } = workloadsOn(
    () => cluster,
    () => node,
  );

  it('a Deployment of ten replicas rolls, scales and is deleted', { timeout: 600_000 }, async () => {
    await deploy('web', { replicas: 10, text: 'one' });
    await rolledOut('web', 10);
    const first = (await podsOf('web')).map(({ metadata }) => metadata.uid);
    await deploy('web', { replicas: 10, text: 'two' });
    await rolledOut('web', 10);
    const second = await podsOf('web');
    expect(second.filter(({ metadata }) => first.includes(metadata.uid))).toEqual([]);
    expect(await node.exec(second[0]!.metadata.name, 'echo $TEXT')).toBe('two\n');
    await deploy('web', { replicas: 3, text: 'two' });
    await rolledOut('web', 3);
    await waitFor(async () => (await copies()).size === 3, { what: 'three containers', timeoutMs: 60_000 });
    await deploy('web', { replicas: 0, text: 'two' });
    await rolledOut('web', 0);
    await nothingRuns();
  });

  it('a static Pod is shown by a mirror through edits, a removal, and all of that while the kubelet is away', async () => {
    const path = `${PODS}/static-node1`;
    const textOf = (text: string) => sleeper('static', { env: [{ name: 'TEXT', value: text }] });
    const shown = (text: string): Promise<Pod> =>
      inApi<Pod>(path, (pod) => isRunning(pod) && pod.spec.containers[0]?.env?.[0]?.value === text);
    const hasMirrorOf = async (mirror: Pod): Promise<void> => {
      expect(mirror.status?.containerStatuses?.[0]?.containerID).toBe(`containerd://${(await node.running()).get('static/app')}`);
      expect(mirror.status?.containerStatuses?.[0]?.restartCount).toBe(0);
    };
    await node.drop('static.yaml', textOf('one'));
    const first = await shown('one');
    await hasMirrorOf(first);
    await node.drop('static.yaml', textOf('two'));
    const second = await shown('two');
    await hasMirrorOf(second);
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    await node.restartKubelet('SIGTERM');
    await heartbeat();
    expect((await shown('two')).metadata.uid).toBe(second.metadata.uid);
    await hasMirrorOf(await shown('two'));
    await node.restartKubelet('SIGKILL', () => node.drop('static.yaml', textOf('three')));
    await hasMirrorOf(await shown('three'));
    await node.restartKubelet('SIGKILL', () => node.remove('static.yaml'));
    await goneFromApi(path);
    await nothingRuns();
  });

  const title = `an API server that is away for ${OUTAGE_SECONDS} s in the middle of everything disturbs no container`;
  it(title, { timeout: 600_000 + OUTAGE_SECONDS * 1_000 }, async () => {
    await deploy('steady', { replicas: 3, text: 'one' });
    await deploy('rolling', { replicas: 4, text: 'one' });
    await rolledOut('steady', 3);
    await rolledOut('rolling', 4);
    await place('ending', { terminationGracePeriodSeconds: 10, containers: [script('app', 'trap "" TERM; while :; do sleep 0.1; done')] });
    await place('fragile', { containers: [script('app', SLEEP)] });
    await place('once', { restartPolicy: 'Never', containers: [script('app', 'until test -e /tmp/end; do sleep 0.1; done; exit 3')] });
    await node.drop('edited.yaml', sleeper('edited'));
    await node.drop('leaving.yaml', sleeper('leaving'));
    for (const pod of ['ending', 'fragile', 'once', 'edited-node1', 'leaving-node1']) await app(pod);
    const before = await copies();

    await cluster.remove(`${PODS}/ending`);
    await deploy('rolling', { replicas: 4, text: 'two' });
    await server.stopApi();
    const backAt = performance.now() + OUTAGE_SECONDS * 1_000;
    await node.exec('fragile', 'kill 1').catch(() => '');
    await node.exec('once', 'touch /tmp/end');
    await node.drop('edited.yaml', sleeper('edited', { env: [{ name: 'TEXT', value: 'two' }] }));
    await node.remove('leaving.yaml');
    await node.drop('arriving.yaml', sleeper('arriving'));
    await node.pod('arriving', isRunning);
    await waitFor(async () => !(await node.running()).has('ending/app') && !(await node.running()).has('leaving/app'), {
      what: 'ends that need no server',
    });
    // A kubelet that is killed now knows of the cluster's Pods by their containers alone.
    await node.restartKubelet('SIGKILL');
    await waitFor(async () => performance.now() > backAt, { what: 'the end of the outage', timeoutMs: OUTAGE_SECONDS * 1_000 + 60_000 });
    const during = await copies();
    const steady = [...before.keys()].filter((name) => name.startsWith('steady-'));
    for (const name of steady) expect(during.get(name), name).toEqual(before.get(name));

    await server.startApi();
    await inApi<ApiNode>(NODE, isReady, 120_000);
    await rolledOut('rolling', 4);
    await rolledOut('steady', 3);
    await goneFromApi(`${PODS}/ending`);
    await goneFromApi(`${PODS}/leaving-node1`);
    await app('arriving-node1');
    await inApi<Pod>(`${PODS}/edited-node1`, (pod) => isRunning(pod) && pod.spec.containers[0]?.env?.[0]?.value === 'two');
    await inApi<Pod>(`${PODS}/fragile`, (pod) => isRunning(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1);
    const { status } = await inApi<Pod>(`${PODS}/once`, (pod) => pod.status?.phase === 'Failed');
    expect(status?.containerStatuses?.[0]?.state?.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
    const after = await copies();
    for (const name of steady) expect(after.get(name), name).toEqual(before.get(name));
    for (const { metadata, status: told } of await podsOf('steady')) {
      expect(told?.containerStatuses?.[0], metadata.name).toMatchObject({ restartCount: 0 });
      expect(told?.containerStatuses?.[0]?.containerID).toBe(`containerd://${after.get(`${metadata.name}/app`)?.[0]}`);
    }
    expect([...after.values()].every((ids) => ids.length === 1)).toBe(true);
    expect(after.size).toBe(3 + 4 + 3);
  });

  it('a node that starts anew says so, and its Pods run again under their own names', { timeout: 300_000 }, async () => {
    const steady = (await podsOf('steady')).map(({ metadata }) => metadata.uid).sort();
    const { status: was } = await inApi<ApiNode>(NODE, isReady);
    await node.restartKubelet('SIGKILL', async () => {
      const { runtime } = node.bed.cri;
      for (const id of (await node.running()).values()) await runtime.stopContainer({ containerId: id, timeout: 0n });
      for (const { id } of (await runtime.listPodSandbox({})).items) await runtime.stopPodSandbox({ podSandboxId: id });
      await cluster.patch(`${NODE}/status`, { status: { nodeInfo: { ...was.nodeInfo, bootID: 'before-the-reboot' } } });
    });
    await inApi<ApiNode>(NODE, (each) => each.status.nodeInfo.bootID === was.nodeInfo.bootID);
    interface Events {
      readonly items: readonly { readonly reason: string }[];
    }
    await inApi<Events>('/api/v1/namespaces/default/events', ({ items }) => items.some(({ reason }) => reason === 'Rebooted'));
    await rolledOut('steady', 3);
    const restarted = await waitFor(
      async () => {
        const pods = await podsOf('steady');
        return pods.every((pod) => isRunning(pod) && pod.status?.containerStatuses?.[0]?.restartCount === 1) && pods;
      },
      { what: 'Pods that have started again', timeoutMs: 120_000 },
    );
    expect(restarted.map(({ metadata }) => metadata.uid).sort()).toEqual(steady);
    await app('fragile');
    await app('edited-node1');
    // What had ended before stays ended.
    expect((await inApi<Pod>(`${PODS}/once`, () => true)).status).toMatchObject({ phase: 'Failed' });
  });

  it('a shutdown of the machine ends Pods as the cluster is told, and replacements wait for its return', { timeout: 300_000 }, async () => {
    const released = login.happened.filter((word) => word === 'released').length;
    expect(login.happened.filter((word) => word === 'held').length).toBe(released + 1);
    const steady = (await podsOf('steady')).map(({ metadata }) => metadata.name);
    login.announce('shutdown');
    const isReleased = async (): Promise<boolean> => login.happened.filter((word) => word === 'released').length > released;
    await waitFor(isReleased, { what: 'the end of the delay', timeoutMs: 190_000 });
    expect(await copies()).toEqual(new Map());
    const { status } = await inApi<ApiNode>(NODE, (each) => !isReady(each));
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      reason: 'KubeletNotReady',
      message: 'node is shutting down',
    });
    for (const name of steady) {
      const { status: ended } = await inApi<Pod>(`${PODS}/${name}`, (pod) => pod.status?.phase === 'Failed');
      expect(ended).toMatchObject({ reason: 'Terminated', message: 'Pod was terminated in response to imminent node shutdown.' });
      const condition = { type: 'DisruptionTarget', status: 'True', reason: 'TerminationByKubelet' };
      expect(ended?.conditions).toContainEqual(expect.objectContaining(condition));
    }
    await node.restartKubelet('SIGKILL', () => login.restart());
    await inApi<ApiNode>(NODE, isReady);
    await rolledOut('steady', 3);
    await rolledOut('rolling', 4);
    expect([...(await copies()).values()].every((ids) => ids.length === 1)).toBe(true);
  });
});
