import { createApiClient, createCredentials, drainNode, loadKubeconfig } from '@solo-kubelet/cluster-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SLEEP, script, sleeper } from '../kubelet/manifests.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { type Cluster, startCluster } from './cluster.js';
import { type ApiNode, endAll, isReady, LEASE, type Lease, NODE, onCluster, PODS } from './on-cluster.js';
import { servers } from './servers.js';

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';

describe.each(servers)('joined to $name', ({ start, lacking: why }) => {
  if (why !== undefined) {
    it.skip(why);
    return;
  }
  let cluster: Cluster;
  let node: TestNode;
  beforeAll(async () => {
    cluster = await startCluster(start);
    const config = { nodeLeaseDurationSeconds: 4, nodeStatusUpdateFrequency: '1s' };
    node = await startNode({ config, flags: ['--kubeconfig', cluster.kubeconfigPath, '--node-labels', 'example.com/room=hall'] });
  });
  afterAll(() => endAll(node, cluster));

  const { inApi, goneFromApi, place, app, heartbeat } = onCluster(
    () => cluster,
    () => node,
  );
  const prints = (pod: string, command: string, wanted: string): Promise<string | false> =>
    waitFor(
      async () => {
        const text = await node.exec(pod, command).catch(() => '');
        return text.trim() === wanted && text;
      },
      { what: `"${wanted}" from "${command}" in ${pod}` },
    );

  it('the node is there, ready, with its labels and capacity, and renews its lease', async () => {
    const made = await inApi<ApiNode>(NODE, isReady);
    expect(made.metadata.labels).toMatchObject({ 'example.com/room': 'hall', 'kubernetes.io/hostname': 'node1' });
    expect(Number(made.status.capacity['cpu'])).toBeGreaterThan(0);
    expect((await inApi<Lease>(LEASE, () => true)).spec.holderIdentity).toBe('node1');
    await heartbeat();
    // The lease says that the node lives: its status, which everybody watches, stays as it is.
    const { resourceVersion } = (await inApi<ApiNode>(NODE, isReady)).metadata;
    for (let beat = 0; beat < 4; beat += 1) await heartbeat();
    expect((await inApi<ApiNode>(NODE, isReady)).metadata.resourceVersion).toBe(resourceVersion);
  });

  it('a Pod that is assigned runs with its ConfigMap, tells its status, and its volume follows a change', async () => {
    await cluster.create(CONFIG_MAPS, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'page' }, data: { text: 'one' } });
    await place('web', {
      containers: [
        script('app', SLEEP, {
          env: [{ name: 'TEXT', valueFrom: { configMapKeyRef: { name: 'page', key: 'text' } } }],
          volumeMounts: [{ name: 'page', mountPath: '/page' }],
        }),
      ],
      volumes: [{ name: 'page', configMap: { name: 'page' } }],
    });
    const { status } = await app('web');
    expect(status?.podIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(status?.containerStatuses?.[0]?.containerID).toBe(`containerd://${(await node.running()).get('web/app')}`);
    await prints('web', 'echo $TEXT; cat /page/text', 'one\none');
    await cluster.patch(`${CONFIG_MAPS}/page`, { data: { text: 'two' } });
    await prints('web', 'echo $TEXT; cat /page/text', 'one\ntwo');
  });

  it('a Pod that is deleted has its grace, and is gone from the API only when its container has ended', async () => {
    const lastWords = 'trap "sleep 1; exit 7" TERM; while :; do sleep 0.1; done';
    await place('ending', { terminationGracePeriodSeconds: 20, containers: [script('app', lastWords)] });
    await app('ending');
    await cluster.remove(`${PODS}/ending`);
    const path = `${PODS}/ending`;
    let last: Pod | undefined;
    await waitFor(
      async () => {
        const seen = await cluster.get<Pod>(path);
        last = seen ?? last;
        return seen === undefined;
      },
      { what: 'end of the Pod' },
    );
    expect((await node.running()).has('ending/app')).toBe(false);
    expect(last?.metadata.deletionTimestamp).toBeDefined();
    expect(last?.metadata.deletionGracePeriodSeconds).toBe(20);
    await waitFor(async () => !(await node.pods()).some(({ metadata }) => metadata.name === 'ending'), { what: 'end of it here' });
  });

  it('a Pod that somebody says has failed is ended with its grace, and says how its container did', async () => {
    await place('given-up', {
      terminationGracePeriodSeconds: 20,
      containers: [script('app', 'trap "exit 7" TERM; while :; do sleep 0.1; done')],
    });
    await app('given-up');
    const path = `${PODS}/given-up`;
    await cluster.patch(`${path}/status`, { status: { phase: 'Failed', reason: 'NodeLost', message: 'by the test' } });
    const ended = await inApi<Pod>(path, ({ status }) => status?.containerStatuses?.[0]?.state?.terminated !== undefined);
    expect(ended.status).toMatchObject({ phase: 'Failed', reason: 'NodeLost', message: 'by the test' });
    expect(ended.status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, state: { terminated: { exitCode: 7 } } });
    expect(ended.status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('False');
    // The runtime records an end after it has told it.
    await waitFor(async () => !(await node.running()).has('given-up/app'), { what: 'the record of the end' });
    await cluster.remove(path);
    await goneFromApi(path);
  });

  it('a static Pod is shown by a mirror Pod, which comes back when it is deleted and goes with the file', async () => {
    await node.drop('static.yaml', sleeper('static'));
    const path = `${PODS}/static-node1`;
    const mirror = await inApi<Pod>(path, isRunning);
    const id = (await node.running()).get('static/app');
    expect(mirror.status?.containerStatuses?.[0]?.containerID).toBe(`containerd://${id}`);
    expect(mirror.metadata.annotations).toHaveProperty(['kubernetes.io/config.mirror']);
    await cluster.remove(path);
    await inApi<Pod>(path, (pod) => pod.metadata.uid !== mirror.metadata.uid && isRunning(pod));
    expect((await node.running()).get('static/app')).toBe(id);
    await node.remove('static.yaml');
    await goneFromApi(path);
    await waitFor(async () => !(await node.running()).has('static/app'), { what: 'end of the container' });
  });

  it('a kubelet that is killed leaves containers as they are, and has made up for what it missed', async () => {
    await place('doomed', { containers: [script('app', SLEEP)] });
    await app('doomed');
    await node.drop('kept.yaml', sleeper('kept'));
    await inApi<Pod>(`${PODS}/kept-node1`, isRunning);
    const before = await node.running();
    await node.restartKubelet('SIGKILL', async () => {
      await cluster.remove(`${PODS}/doomed`);
      await place('late', { containers: [script('app', SLEEP)] });
    });
    await app('late');
    await goneFromApi(`${PODS}/doomed`);
    await heartbeat();
    const after = await node.running();
    expect([...after.keys()].sort()).toEqual(['kept/app', 'late/app', 'web/app']);
    for (const pod of ['kept', 'web']) expect(after.get(`${pod}/app`), pod).toBe(before.get(`${pod}/app`));
    const { status } = await app('web');
    expect(status?.containerStatuses?.[0]).toMatchObject({ restartCount: 0, containerID: `containerd://${before.get('web/app')}` });
  });

  it('an API server that is away disturbs nothing, and is told and asked when it is back', async () => {
    await place('fragile', { containers: [script('app', SLEEP)] });
    await app('fragile');
    const before = await node.running();
    cluster.cut();
    // What happens on either side meanwhile.
    await cluster.remove(`${PODS}/late`);
    await place('new', { containers: [script('app', SLEEP)] });
    await node.drop('alone.yaml', sleeper('alone'));
    await node.pod('alone', isRunning);
    await waitFor(async () => cluster.turnedAway() > 3, { what: 'attempts to reach the server' });
    await node.exec('fragile', 'kill 1').catch(() => '');
    const restarted = await waitFor(
      async () => {
        const id = (await node.running()).get('fragile/app');
        return id !== before.get('fragile/app') && id;
      },
      { what: 'restart of a container that ended' },
    );
    const during = await node.running();
    expect([...during.keys()].sort()).toEqual(['alone/app', 'fragile/app', 'kept/app', 'late/app', 'web/app']);
    for (const pod of ['kept', 'late', 'web']) expect(during.get(`${pod}/app`), pod).toBe(before.get(`${pod}/app`));
    cluster.mend();
    await app('new');
    await goneFromApi(`${PODS}/late`);
    await inApi<Pod>(`${PODS}/alone-node1`, isRunning);
    await inApi<Pod>(`${PODS}/fragile`, (pod) => {
      const [status] = pod.status?.containerStatuses ?? [];
      return isRunning(pod) && status?.restartCount === 1 && status.containerID === `containerd://${restarted}`;
    });
    await heartbeat();
    const after = await node.running();
    for (const pod of ['kept', 'web']) expect(after.get(`${pod}/app`), pod).toBe(before.get(`${pod}/app`));
    expect([...after.keys()].sort()).toEqual(['alone/app', 'fragile/app', 'kept/app', 'new/app', 'web/app']);
  });

  it('the rights of a node suffice to drain it; static Pods run on', async () => {
    const kubeconfig = await loadKubeconfig(cluster.kubeconfigPath);
    using api = createApiClient({ kubeconfig, credentials: createCredentials({ kubeconfig }), userAgent: 'test' });
    const evicted: string[] = [];
    await drainNode({ api, nodeName: 'node1', signal: AbortSignal.timeout(60_000), onEvicted: (pod) => evicted.push(pod) });
    expect(evicted.sort()).toEqual(['default/fragile', 'default/new', 'default/web']);
    expect((await cluster.get<{ spec: object }>(NODE))?.spec).toMatchObject({ unschedulable: true });
    await waitFor(async () => (await node.running()).size === 2, { what: 'end of the containers' });
    expect([...(await node.running()).keys()].sort()).toEqual(['alone/app', 'kept/app']);
  });
});
