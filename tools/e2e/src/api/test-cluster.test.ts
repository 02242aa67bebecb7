import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppsV1Api, BatchV1Api, CoreV1Api, DiscoveryV1Api, KubeConfig } from '@kubernetes/client-node';
import { startTestCluster } from '@solo-kubelet/test-cluster';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterEach, beforeEach, expect, it } from 'vitest';

// The example of docs/api-server-for-tests.md: a test of an operator, against Pods that run.

const LIMIT = { timeoutMs: 60_000 };
const TEST = { timeout: 180_000 };
const namespace = 'shop';
let directory: string;
let tmp: string | undefined;
/** What the cluster leaves where it makes its directories: nobody else makes any there. */
const left = (): Promise<readonly string[]> => readdir(join(directory, 't'));
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cluster-'));
  tmp = process.env['TMPDIR'];
  process.env['TMPDIR'] = join(directory, 't');
  await mkdir(join(directory, 't'));
});
afterEach(async () => {
  if (tmp === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = tmp;
  await rm(directory, { recursive: true, force: true });
});

const clientsOf = ({ kubeconfig }: { readonly kubeconfig: string }) => {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  return {
    core: config.makeApiClient(CoreV1Api),
    apps: config.makeApiClient(AppsV1Api),
    batch: config.makeApiClient(BatchV1Api),
    discovery: config.makeApiClient(DiscoveryV1Api),
  };
};

const SHOP = `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec: { containers: [{ name: app, image: nginx, ports: [{ name: http, containerPort: 80 }] }] }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: http }] }
---
apiVersion: batch/v1
kind: Job
metadata: { name: seed, namespace: shop }
spec: { template: { spec: { restartPolicy: Never, containers: [{ name: seed, image: busybox }] } } }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db, namespace: shop }
spec:
  serviceName: db
  replicas: 2
  selector: { matchLabels: { app: db } }
  template:
    metadata: { labels: { app: db } }
    spec: { containers: [{ name: db, image: postgres, volumeMounts: [{ name: data, mountPath: /data }] }] }
  volumeClaimTemplates:
    - metadata: { name: data }
      spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
`;

it('workloads get Pods that run and go with their owners, and nothing is left of the cluster', TEST, async () => {
  const path = join(directory, 'shop.yaml');
  await writeFile(path, SHOP);
  {
    await using cluster = await startTestCluster({
      files: [path],
      containers: ({ containerName }) => ({ output: [{ atMs: 0, text: `hello from ${containerName}\n` }] }),
    });
    const { core, apps, batch, discovery } = clientsOf(cluster);

    const deployment = await waitFor(
      async () => {
        const { status } = await apps.readNamespacedDeployment({ namespace, name: 'web' });
        return status?.availableReplicas === 3 ? status : undefined;
      },
      { ...LIMIT, what: 'the Deployment to be available' },
    );
    expect(deployment.conditions?.find(({ type }) => type === 'Available')?.status).toBe('True');
    const { items: pods } = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
    expect(pods.map(({ status }) => status?.phase)).toEqual(['Running', 'Running', 'Running']);
    for (const { spec, status } of pods) {
      expect(spec?.nodeName).toBe(cluster.nodeName);
      expect(status?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
      expect(status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0, image: expect.stringContaining('nginx') });
    }
    expect(await core.readNamespacedPodLog({ namespace, name: pods[0]?.metadata?.name ?? '' })).toBe('hello from app\n');

    const { items: slices } = await waitFor(
      async () => {
        const found = await discovery.listNamespacedEndpointSlice({ namespace, labelSelector: 'kubernetes.io/service-name=web' });
        return found.items.flatMap(({ endpoints }) => endpoints).filter((each) => each.conditions?.ready).length === 3 ? found : undefined;
      },
      { ...LIMIT, what: 'endpoints of the Service' },
    );
    expect(slices[0]?.ports).toMatchObject([{ port: 80, protocol: 'TCP' }]);

    const job = await waitFor(
      async () => {
        const { status } = await batch.readNamespacedJob({ namespace, name: 'seed' });
        return status?.conditions?.some(({ type, status: state }) => type === 'Complete' && state === 'True') ? status : undefined;
      },
      { ...LIMIT, what: 'the Job to complete' },
    );
    expect(job.succeeded).toBe(1);

    await waitFor(
      async () => ((await apps.readNamespacedStatefulSet({ namespace, name: 'db' })).status?.readyReplicas === 2 ? true : undefined),
      {
        ...LIMIT,
        what: 'the StatefulSet to be ready',
      },
    );
    const { items: claims } = await core.listNamespacedPersistentVolumeClaim({ namespace });
    expect(claims.map(({ metadata, status }) => [metadata?.name, status?.phase])).toEqual([
      ['data-db-0', 'Bound'],
      ['data-db-1', 'Bound'],
    ]);

    // A new image is rolled out through a second ReplicaSet.
    await apps.patchNamespacedDeployment({
      namespace,
      name: 'web',
      body: [{ op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'nginx:2' }],
    });
    await waitFor(
      async () => {
        const { metadata, status } = await apps.readNamespacedDeployment({ namespace, name: 'web' });
        const isDone = status?.updatedReplicas === 3 && status.availableReplicas === 3 && status.replicas === 3;
        return isDone && metadata?.annotations?.['deployment.kubernetes.io/revision'] === '2' ? true : undefined;
      },
      { ...LIMIT, what: 'the rollout' },
    );

    await apps.deleteNamespacedDeployment({ namespace, name: 'web' });
    await waitFor(
      async () => {
        const found = await core.listNamespacedPod({ namespace, labelSelector: 'app=web' });
        const sets = await apps.listNamespacedReplicaSet({ namespace });
        return found.items.length + sets.items.length === 0 ? true : undefined;
      },
      { ...LIMIT, what: 'the end of the Pods' },
    );
    await core.deleteNamespace({ name: namespace });
    await waitFor(
      async () => ((await core.listNamespace()).items.some(({ metadata }) => metadata?.name === namespace) ? undefined : true),
      {
        ...LIMIT,
        what: 'the end of the namespace',
      },
    );
  }
  expect(await left()).toEqual([]);
});

it(
  'a container that crashes is restarted with the back-off of the kubelet, in a second cluster of the process, with RBAC',
  TEST,
  async () => {
    await using first = await startTestCluster({ nodeName: 'one' });
    await using second = await startTestCluster({
      nodeName: 'two',
      authorizationMode: 'RBAC',
      containers: ({ podName }) => (podName === 'bad' ? { runsForMs: 10, exitCode: 3 } : {}),
    });
    expect(second.url).not.toBe(first.url);
    const { core } = clientsOf(second);
    const spec = { containers: [{ name: 'app', image: 'nginx' }] };
    await core.createNamespacedPod({ namespace: 'default', body: { metadata: { name: 'bad' }, spec } });
    await core.createNamespacedPod({
      namespace: 'default',
      body: { metadata: { name: 'far' }, spec: { ...spec, nodeSelector: { disk: 'fast' } } },
    });
    const crashed = await waitFor(
      async () => {
        const { status } = await core.readNamespacedPod({ namespace: 'default', name: 'bad' });
        const [container] = status?.containerStatuses ?? [];
        return container?.state?.waiting?.reason === 'CrashLoopBackOff' ? container : undefined;
      },
      { ...LIMIT, what: 'the back-off' },
    );
    expect(crashed.lastState?.terminated?.exitCode).toBe(3);
    const far = await core.readNamespacedPod({ namespace: 'default', name: 'far' });
    expect(far.status?.conditions?.find(({ type }) => type === 'PodScheduled')).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    expect(await clientsOf(first).core.listNamespacedPod({ namespace: 'default' })).toMatchObject({ items: [] });
  },
);

it('a node that cannot become ready in time is an error, and nothing is left of it', TEST, async () => {
  await expect(startTestCluster({ readyTimeoutMs: 1 })).rejects.toThrow('the node memory was not ready within 1 ms');
  await expect(startTestCluster({ files: [join(directory, 'none.yaml')] })).rejects.toThrow('none.yaml');
  expect(await left()).toEqual([]);
});
