import { createMemoryStore, type StoredObject, startApiServer } from '@solo-kubelet/api-server';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimController } from './claims.js';
import { garbageCollector } from './collect-garbage.js';
import type { ControllerApi } from './controller-api.js';
import { createControllerApi } from './controller-api.js';
import { deploymentController } from './deployments.js';
import { endpointSliceController } from './endpoint-slices.js';
import { fitsNode } from './fits-node.js';
import { cronJobController, jobController } from './jobs.js';
import { namespaceController } from './namespaces.js';
import { runControllers } from './run-controllers.js';
import { scheduler } from './schedule-pods.js';
import { statefulSetController } from './stateful-sets.js';

// What each controller does to the objects of a server, without a kubelet: what Pods are like is said by the test.

const NOW = Date.parse('2026-05-01T10:00:30Z');
let api: ControllerApi;
let close: () => Promise<void>;
let troubles: string[];

beforeEach(async () => {
  const store = createMemoryStore();
  const server = await startApiServer({ store, now: () => NOW });
  troubles = [];
  const stop = runControllers({
    ...{ core: server.core, store, now: () => NOW },
    controllers: [
      ...[
        namespaceController('CA'),
        garbageCollector(),
        deploymentController(),
        statefulSetController(),
        jobController(),
        cronJobController(),
      ],
      ...[scheduler('n1'), endpointSliceController('n1'), claimController('/nowhere')],
    ],
    onTrouble: (key, error) => troubles.push(`${key}: ${error}`),
  });
  api = createControllerApi(server.core, store, () => NOW);
  close = async () => {
    stop();
    await server.close();
  };
});
afterEach(() => close());

const onNodes = (name: string): Readonly<Record<string, unknown>> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [name] }] }],
      },
    },
  },
});

/** Lets the controllers work until nothing is written any more. */
const settle = async (): Promise<void> => {
  for (let quiet = 0, version = api.store.version; quiet < 5; quiet++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (api.store.version === version) continue;
    [quiet, version] = [0, api.store.version];
  }
};

const node = (spec: object = {}) =>
  api.create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1', labels: { disk: 'fast' } }, spec });
const inDefault = (name: string, more: object = {}) => ({ name, namespace: 'default', ...more });
const template = (image = 'img:1') => ({
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'c', image, ports: [{ name: 'http', containerPort: 8080 }] }] },
});
const deployment = (replicas: number, image?: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: inDefault('web'),
  spec: { replicas, selector: { matchLabels: { app: 'x' } }, template: template(image) },
});
/** As a kubelet says of a Pod that runs. */
const run = (pod: StoredObject, ip = '10.0.0.9'): void =>
  api.setStatus(pod, { phase: 'Running', podIP: ip, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: 'True' }] });
const names = (kind: string, namespace?: string): readonly string[] => api.list(kind, namespace).map(({ metadata }) => metadata.name!);

describe('a Deployment', () => {
  it('gets a ReplicaSet and Pods, is available once they run, and rolls to a new template', async () => {
    api.create(deployment(2));
    await settle();
    const [set] = api.list('ReplicaSet', 'default');
    expect(set?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('1');
    expect(api.list('Pod', 'default').map((pod) => pod.metadata.ownerReferences?.[0]?.name)).toEqual([
      set?.metadata.name,
      set?.metadata.name,
    ]);
    for (const pod of api.list('Pod', 'default')) run(pod);
    await settle();
    expect(api.get('Deployment', 'default', 'web')?.status).toMatchObject({ availableReplicas: 2, updatedReplicas: 2 });
    expect(api.get('ReplicaSet', 'default', set!.metadata.name!)?.status).toMatchObject({ replicas: 2, readyReplicas: 2 });
    const now = api.get('Deployment', 'default', 'web')!;
    api.replace({ ...now, spec: { ...now.spec, template: template('img:2') } });
    for (let i = 0; i < 5; i++) {
      await settle();
      for (const pod of api.list('Pod', 'default')) if (pod.status?.['phase'] !== 'Running') run(pod);
    }
    expect(api.list('Pod', 'default')).toMatchObject([
      { spec: { containers: [{ image: 'img:2' }] } },
      { spec: { containers: [{ image: 'img:2' }] } },
    ]);
    expect(api.list('ReplicaSet', 'default').map(({ spec }) => spec?.['replicas'])).toEqual(expect.arrayContaining([0, 2]));
    expect(api.get('Deployment', 'default', 'web')?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision': '2' });
    expect(troubles).toEqual([]);
  });

  it('says why it gets no Pods', async () => {
    const now = api.get('Namespace', undefined, 'default')!;
    const labels = { ...now.metadata.labels, 'pod-security.kubernetes.io/enforce': 'restricted' };
    api.replace({ ...now, metadata: { ...now.metadata, labels } });
    api.create(deployment(1));
    await settle();
    expect(names('Pod')).toEqual([]);
    expect(troubles.length).toBeGreaterThan(0);
    expect(api.list('Event', 'default')).toContainEqual(expect.objectContaining({ reason: 'FailedCreate', type: 'Warning' }));
  });
});

describe('what has owners', () => {
  it.each(['Background', 'Foreground'])('goes with them: %s', async (propagationPolicy) => {
    api.create(deployment(2));
    await settle();
    const now = api.get('Deployment', 'default', 'web')!;
    if (propagationPolicy === 'Foreground') api.replace({ ...now, metadata: { ...now.metadata, finalizers: ['foregroundDeletion'] } });
    api.remove(api.get('Deployment', 'default', 'web')!);
    await settle();
    expect([...names('Deployment'), ...names('ReplicaSet'), ...names('Pod')]).toEqual([]);
  });

  it('stays where it is to be orphaned', async () => {
    api.create(deployment(1));
    await settle();
    const now = api.get('Deployment', 'default', 'web')!;
    api.replace({ ...now, metadata: { ...now.metadata, finalizers: ['orphan'] } });
    const { metadata } = api.get('Deployment', 'default', 'web')!;
    // As `kubectl delete --cascade=orphan`: the finalizer stays as long as the policy is not another one.
    api.store.put(
      'deployments.apps',
      'default/web',
      { ...api.get('Deployment', 'default', 'web')!, metadata: { ...metadata, deletionTimestamp: '2026-05-01T10:00:30Z' } },
      NOW,
    );
    await settle();
    expect(names('Deployment')).toEqual([]);
    expect(api.list('ReplicaSet').map((set) => set.metadata.ownerReferences ?? [])).toEqual([[]]);
    expect(names('Pod')).toHaveLength(1);
  });
});

it('a namespace gets what each has, and is emptied when it is deleted', async () => {
  api.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await settle();
  expect([names('ServiceAccount', 'shop'), names('ConfigMap', 'shop')]).toEqual([['default'], ['kube-root-ca.crt']]);
  api.create({ ...deployment(1), metadata: { name: 'web', namespace: 'shop' } });
  api.create({
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'c', namespace: 'shop' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  });
  await settle();
  expect(api.get('PersistentVolumeClaim', 'shop', 'c')?.status).toMatchObject({ phase: 'Bound' });
  api.remove(api.get('Namespace', undefined, 'shop')!);
  await settle();
  expect(names('Namespace')).not.toContain('shop');
  expect(names('PersistentVolume')).toEqual([]);
  expect(troubles).toEqual([]);
});

describe('the scheduler', () => {
  const pod = (name: string, spec: object = {}) =>
    api.create({ apiVersion: 'v1', kind: 'Pod', metadata: inDefault(name), spec: { ...template().spec, ...spec } });

  it('places what fits, and tells of what does not, until it does', async () => {
    node();
    pod('a', { nodeSelector: { disk: 'fast' } });
    pod('b', { nodeSelector: { disk: 'slow' } });
    pod('c', { schedulerName: 'mine' });
    await settle();
    expect(api.list('Pod').map(({ spec }) => spec?.['nodeName'])).toEqual(['n1', undefined, undefined]);
    expect(api.get('Pod', 'default', 'b')?.status?.['conditions']).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable' },
    ]);
    const now = api.get('Node', undefined, 'n1')!;
    api.replace({ ...now, metadata: { ...now.metadata, labels: { disk: 'slow' } } });
    await settle();
    expect(api.get('Pod', 'default', 'b')?.spec?.['nodeName']).toBe('n1');
  });

  it.each([
    [{}, {}, undefined],
    [{ nodeSelector: { a: 'b' } }, {}, "node(s) didn't match Pod's node affinity/selector"],
    [{}, { unschedulable: true }, 'node(s) were unschedulable'],
    [{}, { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }, 'node(s) had untolerated taint {k: v}'],
    [{ tolerations: [{ key: 'k', operator: 'Exists' }] }, { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }, undefined],
    [
      { tolerations: [{ key: 'k', value: 'w' }] },
      { taints: [{ key: 'k', value: 'v', effect: 'NoExecute' }] },
      'node(s) had untolerated taint {k: v}',
    ],
    [{}, { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }, undefined],
    [onNodes('n1'), {}, undefined],
    [onNodes('n2'), {}, "node(s) didn't match Pod's node affinity/selector"],
  ])('judges %j on a node of %j', (spec, nodeSpec, why) => {
    expect(fitsNode(spec, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: nodeSpec })).toBe(why);
  });
});

it('a Service has a slice of the Pods that it selects, with the numbers of their ports', async () => {
  node();
  api.create(deployment(2));
  api.create({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: inDefault('web'),
    spec: { selector: { app: 'x' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }] },
  });
  await settle();
  expect(api.list('EndpointSlice', 'default').map((slice) => slice['endpoints'] ?? [])).toEqual([[]]);
  const [one] = api.list('Pod', 'default');
  run(one!, '10.0.0.1');
  await settle();
  const [slice] = api.list('EndpointSlice', 'default');
  expect(slice).toMatchObject({
    metadata: { labels: { 'kubernetes.io/service-name': 'web' } },
    ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
    endpoints: [
      { addresses: ['10.0.0.1'], conditions: { ready: true, serving: true, terminating: false }, targetRef: { name: one!.metadata.name } },
    ],
  });
  api.remove(api.get('Service', 'default', 'web')!);
  await settle();
  expect(names('EndpointSlice')).toEqual([]);
});

it('a CronJob makes Jobs in its time, and a Job is complete once its Pod has ended well', async () => {
  const jobTemplate = { spec: { template: { spec: { ...template().spec, restartPolicy: 'Never' } } } };
  const cronJob = api.create({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: inDefault('c'),
    spec: { schedule: '* * * * *', jobTemplate },
  });
  // It was made a while ago.
  api.store.put(
    'cronjobs.batch',
    'default/c',
    { ...cronJob, metadata: { ...cronJob.metadata, creationTimestamp: '2026-05-01T09:59:30Z' } },
    NOW,
  );
  await settle();
  expect(names('Job')).toHaveLength(1);
  expect(api.get('CronJob', 'default', 'c')?.status).toMatchObject({ active: [{ name: names('Job')[0] }] });
  for (const pod of api.list('Pod', 'default')) api.setStatus(pod, { phase: 'Succeeded' });
  await settle();
  expect(api.list('Job')[0]?.status).toMatchObject({ succeeded: 1 });
  expect(api.list('Job')[0]?.status?.['conditions']).toContainEqual(expect.objectContaining({ type: 'Complete', status: 'True' }));
  expect(troubles).toEqual([]);
});
