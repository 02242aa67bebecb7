import type { Container, Pod, PodStatus, ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { PodRecord, StatusStore } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeRuntimeOptions,
  fakeRuntime,
  nodeFacts,
  pod,
  testKubelet,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { asKept } from './as-kept.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const MEBIBYTE = 2 ** 20;

/** A node of 2 CPUs and 24Gi. */
const machine = async (options: Partial<FakeRuntimeOptions> = {}, facts: Parameters<typeof nodeFacts>[0] = {}) => {
  const time = virtualTime();
  const runtime = fakeRuntime({ scheduler: time.scheduler, ...options });
  const records = new Map<string, PodRecord>();
  const store: { -readonly [K in keyof StatusStore]: StatusStore[K] } = {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.podUid, asKept(record)),
    remove: async (uid) => void records.delete(uid),
  };
  const boot = () => {
    const kubelet = testKubelet({ runtime, scheduler: time.scheduler, store });
    cleanups.push(() => kubelet.stop());
    kubelet.node(nodeFacts({ allocatable: { cpu: '2', memory: '24Gi', pods: '110' }, ...facts }));
    return kubelet;
  };
  const kubelet = boot();
  kubelet.synced();
  await time.advance(10);
  const observed = (name: string) => [...runtime.pods.values()].flatMap(({ containers }) => containers).find((one) => one.name === name);
  const cgroup = (name: string) => runtime.containerCgroups.get(observed(name)?.id ?? '');
  const podCgroup = (uid: string) => [...runtime.podCgroups].find(([podUid]) => podUid === uid)?.[1];
  return { time, runtime, kubelet, boot, observed, cgroup, podCgroup, records, store };
};

type Kubelet = ReturnType<typeof testKubelet>;
const statusOf = (kubelet: Kubelet, uid = 'uid-web'): PodStatus => kubelet.view(uid)?.pod.status ?? {};
const condition = (kubelet: Kubelet, type: string, uid?: string) => {
  const found = statusOf(kubelet, uid).conditions?.find((one) => one.type === type);
  return found && { status: found.status, reason: found.reason, message: found.message };
};
const reasons = (kubelet: Kubelet) => kubelet.events.map(({ reason }) => reason).filter((reason) => reason.startsWith('Resize'));

const sized = (resources: ResourceRequirements, rest: Partial<Pod['spec']> = {}, name = 'web'): Pod =>
  pod(name, { containers: [container('app', { resources })], ...rest });
const requests = (cpu: string, memory = '1Gi'): ResourceRequirements => ({ requests: { cpu, memory } });
const limited = (memory: string): ResourceRequirements => ({ requests: { memory }, limits: { memory } });
const sidecar = (resources: ResourceRequirements): Container => container('side', { restartPolicy: 'Always', resources });

describe('an edit under a pinned UID', () => {
  it('that fits is carried out, and told as Kubernetes tells it', async () => {
    const { time, kubelet, cgroup } = await machine();
    kubelet.apply(sized(requests('200m')));
    await time.advance(1_000);
    kubelet.apply(sized(requests('500m', '2Gi')));
    await time.advance(2_000);
    expect(cgroup('app')).toEqual({ ...requests('500m', '2Gi'), limits: {} });
    expect(statusOf(kubelet).containerStatuses?.[0]).toMatchObject({
      restartCount: 0,
      allocatedResources: { cpu: '500m', memory: '2Gi' },
      resources: requests('500m', '2Gi'),
    });
    expect(statusOf(kubelet).allocatedResources).toEqual({ cpu: '500m', memory: '2Gi' });
    expect([condition(kubelet, 'PodResizePending'), condition(kubelet, 'PodResizeInProgress')]).toEqual([undefined, undefined]);
    expect(reasons(kubelet)).toEqual(['ResizeStarted', 'ResizeCompleted']);
    expect(kubelet.events.find(({ reason }) => reason === 'ResizeStarted')?.message).toBe(
      'Pod resize started: {"containers":[{"name":"app","resources":{"requests":{"cpu":"500m","memory":"2Gi"}}}],"generation":0}',
    );
  });

  it('that no node of this size can hold is infeasible: the old amounts stay and count, and nobody else is refused', async () => {
    const { time, kubelet, cgroup } = await machine();
    kubelet.apply(sized(requests('200m')));
    await time.advance(1_000);
    kubelet.apply(sized(requests('100')));
    kubelet.apply(sized(requests('1800m'), {}, 'other'));
    await time.advance(5_000);
    expect(condition(kubelet, 'PodResizePending')).toEqual({
      status: 'True',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 100000, capacity: 2000",
    });
    expect(cgroup('app')?.requests?.['cpu']).toBe('200m');
    expect(statusOf(kubelet).containerStatuses?.[0]).toMatchObject({ allocatedResources: { cpu: '200m' } });
    expect(kubelet.view('uid-web')?.pod.spec.containers[0]?.resources).toEqual(requests('100'));
    expect(statusOf(kubelet, 'uid-other').phase).toBe('Running');
    expect(reasons(kubelet)).toEqual(['ResizeInfeasible']);
    kubelet.apply(sized(requests('200m')));
    await time.advance(1_000);
    expect(condition(kubelet, 'PodResizePending')).toBeUndefined();
  });

  it('that does not fit beside the others is deferred until they leave room', async () => {
    const { time, kubelet, cgroup } = await machine();
    kubelet.apply(sized(requests('1')));
    kubelet.apply(sized(requests('800m'), {}, 'other'));
    await time.advance(1_000);
    kubelet.apply(sized(requests('1500m')));
    await time.advance(60_000);
    expect(condition(kubelet, 'PodResizePending')).toEqual({
      status: 'True',
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 1500, used: 800, capacity: 2000",
    });
    expect(cgroup('app')?.requests?.['cpu']).toBe('1');
    kubelet.remove('/m/other.yaml');
    await time.advance(5_000);
    expect(condition(kubelet, 'PodResizePending')).toBeUndefined();
    expect(cgroup('app')?.requests?.['cpu']).toBe('1500m');
    expect(reasons(kubelet)).toEqual(['ResizeDeferred', 'ResizeStarted', 'ResizeCompleted']);
  });

  it.each<[string, ResourceRequirements, ResourceRequirements, string]>([
    ['changes the QoS class', requests('200m'), {}, 'Pod QOS Class may not change as a result of resizing'],
    [
      'takes a limit away',
      { requests: { cpu: '100m' }, limits: { cpu: '1', memory: '1Gi' } },
      { requests: { cpu: '100m' }, limits: { cpu: '1' } },
      'resource limits cannot be removed',
    ],
    [
      'asks for a device',
      requests('100m'),
      { requests: { cpu: '100m', memory: '1Gi', 'example.com/gpu': '1' }, limits: { 'example.com/gpu': '1' } },
      'only cpu and memory resources are mutable',
    ],
  ])('that %s can not be carried out in place, and says so', async (_what, before, after, message) => {
    const { time, kubelet, cgroup } = await machine();
    kubelet.apply(sized(before));
    await time.advance(1_000);
    const had = cgroup('app');
    kubelet.apply(sized(after));
    await time.advance(5_000);
    expect(condition(kubelet, 'PodResizePending')).toEqual({ status: 'True', reason: 'Infeasible', message });
    expect(cgroup('app')).toEqual(had);
  });

  it('of exclusive CPUs is infeasible', async () => {
    const { time, kubelet } = await machine({}, { staticCpuPolicy: true });
    const guaranteed = (cpu: string) => ({ requests: { cpu, memory: '1Gi' }, limits: { cpu, memory: '1Gi' } });
    kubelet.apply(sized(guaranteed('1')));
    await time.advance(1_000);
    kubelet.apply(sized(guaranteed('2')));
    await time.advance(1_000);
    expect(condition(kubelet, 'PodResizePending')).toMatchObject({
      reason: 'Infeasible',
      message: 'Resize is infeasible for Guaranteed Pods alongside CPU Manager policy "static"',
    });
  });

  it.each<[string, ResourceRequirements, Partial<Container>, string | undefined]>([
    ['by its request', requests('100m', '2Gi'), {}, 'In-place resize of containers with swap is not supported.'],
    ['by nothing: its memory stays', requests('200m', '1Gi'), {}, undefined],
    [
      'by its request, but is restarted for it',
      requests('100m', '2Gi'),
      { resizePolicy: [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }] },
      undefined,
    ],
  ])('of a container that may swap %s', async (_what, resources, rest, message) => {
    const { time, kubelet } = await machine({}, { limitedSwap: true });
    const shaped = (its: ResourceRequirements): Pod => pod('web', { containers: [container('app', { ...rest, resources: its })] });
    kubelet.apply(shaped(requests('100m', '1Gi')));
    await time.advance(1_000);
    kubelet.apply(shaped(resources));
    await time.advance(2_000);
    expect(condition(kubelet, 'PodResizePending')).toEqual(message && { status: 'True', reason: 'Infeasible', message });
    expect(kubelet.activities).toContainEqual(
      message === undefined
        ? expect.objectContaining({ type: 'resizeCompleted' })
        : expect.objectContaining({ type: 'resizePending', detail: 'swap_limitation' }),
    );
  });

  it.each<[string, (kubelet: Kubelet) => void]>([
    ['pods_removed', (kubelet) => kubelet.remove('/m/other.yaml')],
    ['pod_resized', (kubelet) => kubelet.apply(sized(requests('100m'), {}, 'other'))],
    ['pod_updated', (kubelet) => kubelet.apply(sized(requests('1100m')))],
  ])('that was deferred counts as accepted by %s', async (trigger, makeRoom) => {
    const { time, kubelet } = await machine();
    kubelet.apply(sized(requests('1')));
    kubelet.apply(sized(requests('800m'), {}, 'other'));
    await time.advance(1_000);
    kubelet.apply(sized(requests('1500m')));
    await time.advance(2_000);
    makeRoom(kubelet);
    await time.advance(5_000);
    const told = kubelet.activities.flatMap((one) => (one.type === 'resizeAccepted' ? [one.trigger] : []));
    expect(told).toEqual([trigger === 'pods_removed' ? expect.stringMatching(/^pods_removed$|^pod_terminated$/) : trigger]);
    expect(kubelet.activities.filter(({ type }) => type === 'resizeRequested')[0]).toMatchObject({
      operations: [{ resource: 'cpu', requirement: 'requests', operation: 'increase' }],
    });
  });

  it('that adds a container or a host port which does not fit waits as a whole', async () => {
    const { time, kubelet, runtime } = await machine();
    const onPort = (hostPort: number) =>
      container('app', { ports: [{ containerPort: 80, hostPort, protocol: 'TCP' }], resources: requests('1') });
    kubelet.apply(pod('web', { containers: [onPort(80)] }));
    kubelet.apply(pod('other', { containers: [container('app', { ports: [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }] })] }));
    await time.advance(1_000);
    kubelet.apply(pod('web', { containers: [onPort(80), container('more', { resources: requests('1500m') })] }));
    await time.advance(2_000);
    expect(condition(kubelet, 'PodResizePending')?.reason).toBe('Infeasible');
    kubelet.apply(pod('web', { containers: [onPort(81)] }));
    await time.advance(2_000);
    expect(condition(kubelet, 'PodResizePending')).toMatchObject({ reason: 'Deferred', message: expect.stringContaining('NodePorts') });
    expect(runtime.calls.filter(({ method }) => method === 'startContainer')).toHaveLength(2);
  });

  it('resizes sidecars and what the pod as a whole is held to', async () => {
    const { time, kubelet, cgroup, podCgroup } = await machine();
    const shaped = (side: string, cpu: string): Pod =>
      pod('web', {
        resources: { requests: { cpu, memory: '1Gi' }, limits: { cpu, memory: '1Gi' } },
        initContainers: [sidecar({ requests: { cpu: side }, limits: { cpu: side } })],
      });
    kubelet.apply(shaped('50m', '1'));
    await time.advance(1_000);
    expect(cgroup('app')?.limits).toEqual({ cpu: '1', memory: '1Gi' });
    kubelet.apply(shaped('100m', '2'));
    await time.advance(2_000);
    expect(cgroup('side')).toMatchObject({ requests: { cpu: '100m' }, limits: { cpu: '100m' } });
    expect(cgroup('app')?.limits).toEqual({ cpu: '2', memory: '1Gi' });
    const whole = { requests: { cpu: '2', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } };
    expect(podCgroup('uid-web')?.pod).toEqual(whole);
    expect(statusOf(kubelet)).toMatchObject({ resources: whole, allocatedResources: { cpu: '2', memory: '1Gi' } });
    expect(statusOf(kubelet).initContainerStatuses?.[0]).toMatchObject({ restartCount: 0, allocatedResources: { cpu: '100m' } });
  });

  it('restarts a sidecar whose resizePolicy asks for that', async () => {
    const { time, kubelet, cgroup, observed } = await machine();
    const resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' as const }];
    const shaped = (cpu: string): Pod => pod('web', { initContainers: [{ ...sidecar({ requests: { cpu } }), resizePolicy }] });
    kubelet.apply(shaped('50m'));
    await time.advance(1_000);
    kubelet.apply(shaped('100m'));
    await time.advance(5_000);
    expect([observed('side')?.restartCount, observed('app')?.restartCount]).toEqual([1, 0]);
    expect(cgroup('side')?.requests).toEqual({ cpu: '100m' });
  });

  it('is carried out though it was made while no kubelet ran, and counts with its old amounts until then', async () => {
    const { time, kubelet, boot, cgroup } = await machine();
    kubelet.apply(sized(requests('200m', '1Gi')));
    kubelet.apply(sized(requests('100m', '22Gi'), {}, 'other'));
    await time.advance(1_000);
    kubelet.stop();
    const next = boot();
    next.apply(sized(requests('500m', '20Gi')));
    next.apply(sized(requests('100m', '22Gi'), {}, 'other'));
    next.synced();
    await time.advance(5_000);
    expect(condition(next, 'PodResizePending')?.reason).toBe('Deferred');
    expect(cgroup('app')).toMatchObject(requests('200m', '1Gi'));
    next.apply(sized(requests('500m', '1536Mi')));
    await time.advance(5_000);
    expect(condition(next, 'PodResizePending')).toBeUndefined();
    expect(cgroup('app')).toMatchObject(requests('500m', '1536Mi'));
  });
});

describe('an increase that was sent', () => {
  const other = sized(requests('100m', '10Gi'), {}, 'other');

  it('counts and is taken back though its reply was lost', async () => {
    let lost = true;
    const { time, kubelet, cgroup } = await machine({
      fault: (method) => (lost && method === 'updateResources' ? 'loseReply' : undefined),
    });
    kubelet.apply(sized(requests('100m', '1Gi')));
    await time.advance(1_000);
    kubelet.apply(sized(requests('100m', '20Gi')));
    await time.advance(1_000);
    kubelet.apply(sized(requests('100m', '1Gi')));
    await time.advance(0);
    kubelet.apply(other);
    await time.advance(5_000);
    expect(cgroup('app')).toMatchObject(requests('100m', '1Gi'));
    expect(condition(kubelet, 'PodResizeInProgress')).toMatchObject({ reason: 'Error', message: 'the reply of updateResources was lost' });
    expect(statusOf(kubelet, 'uid-other')).toMatchObject({ phase: 'Failed', reason: 'OutOfmemory' });
    lost = false;
    await time.advance(60_000);
    expect(condition(kubelet, 'PodResizeInProgress')).toBeUndefined();
    expect(statusOf(kubelet, 'uid-other').phase).toBe('Running');
  });

  it('is taken back though the kubelet ended before it knew', async () => {
    let slow = false;
    const { time, kubelet, boot, cgroup, records, store } = await machine();
    store.save = async (record) => {
      // The record that comes before the call is written, none after it.
      if (!slow || record.resources?.actuated['app']?.requests?.['memory'] === '1Gi') records.set(record.podUid, asKept(record));
    };
    kubelet.apply(sized(requests('100m', '1Gi')));
    await time.advance(1_000);
    slow = true;
    kubelet.apply(sized(requests('100m', '20Gi')));
    await time.advance(1_000);
    expect(cgroup('app')).toMatchObject(requests('100m', '20Gi'));
    kubelet.stop();
    slow = false;
    const next = boot();
    next.apply(sized(requests('100m', '1Gi')));
    next.synced();
    await time.advance(5_000);
    expect(cgroup('app')).toMatchObject(requests('100m', '1Gi'));
  });

  it('is not sent before it is on record, and says so', async () => {
    let full = false;
    const { time, kubelet, cgroup, records, store } = await machine();
    store.save = async (record) => {
      if (full) throw new Error('no space left on device');
      records.set(record.podUid, asKept(record));
    };
    kubelet.apply(sized(requests('100m', '1Gi')));
    await time.advance(1_000);
    full = true;
    kubelet.apply(sized(requests('100m', '2Gi')));
    await time.advance(5_000);
    expect(cgroup('app')).toMatchObject(requests('100m', '1Gi'));
    expect(condition(kubelet, 'PodResizeInProgress')).toEqual({
      status: 'True',
      reason: 'Error',
      message: 'cannot record the resize: no space left on device',
    });
    full = false;
    await time.advance(15_000);
    expect(cgroup('app')).toMatchObject(requests('100m', '2Gi'));
    expect(condition(kubelet, 'PodResizeInProgress')).toBeUndefined();
  });
});

it('counts a pod without a running container with the cgroup that it has', async () => {
  const { time, kubelet, podCgroup } = await machine({ fault: (method) => (method === 'startContainer' ? 'fail' : undefined) });
  const whole = (memory: string): Pod => sized(requests('100m', '1Gi'), { resources: requests('200m', memory) });
  kubelet.apply(whole('20Gi'));
  await time.advance(1_000);
  kubelet.apply(whole('2Gi'));
  await time.advance(5_000);
  expect(podCgroup('uid-web')?.pod).toEqual(requests('200m', '2Gi'));
});

describe('a resize that can not be carried out yet', () => {
  it('of memory below what is used leaves the container running, says why, and is tried again', async () => {
    let used = 42 * MEBIBYTE;
    const { time, runtime, kubelet, cgroup, observed } = await machine({ memoryBytes: () => used });
    kubelet.apply(sized(limited('80Mi')));
    await time.advance(1_000);
    kubelet.apply(sized(limited('10Mi')));
    await time.advance(60_000);
    expect(condition(kubelet, 'PodResizeInProgress')).toEqual({
      status: 'True',
      reason: 'Error',
      message:
        'cannot decrease memory limits: [attempting to set pod memory limit (10485760) below current usage (44040192), attempting to set container "app" memory limit (10485760) below current usage (44040192)]',
    });
    expect(observed('app')).toMatchObject({ state: 'running', restartCount: 0 });
    expect(cgroup('app')).toEqual(limited('80Mi'));
    expect(statusOf(kubelet).containerStatuses?.[0]).toMatchObject({ allocatedResources: { memory: '10Mi' }, resources: limited('80Mi') });
    expect(reasons(kubelet)).toEqual(['ResizeStarted', 'ResizeError']);
    used = 4 * MEBIBYTE;
    await time.advance(15_000);
    expect(cgroup('app')).toEqual(limited('10Mi'));
    expect(condition(kubelet, 'PodResizeInProgress')).toBeUndefined();
    expect(reasons(kubelet).at(-1)).toBe('ResizeCompleted');
    expect(runtime.violations).toEqual([]);
  });

  it('of which nothing was sent shows no limit that is not in force', async () => {
    let used = 3 * 1_024 * MEBIBYTE;
    const { time, kubelet, cgroup } = await machine({ memoryBytes: () => used });
    kubelet.apply(sized(requests('200m')));
    await time.advance(1_000);
    const wished = { ...requests('200m'), limits: { cpu: '1', memory: '2Gi' } };
    kubelet.apply(sized(wished));
    await time.advance(5_000);
    expect(condition(kubelet, 'PodResizeInProgress')).toMatchObject({ reason: 'Error' });
    expect(cgroup('app')?.limits ?? {}).toEqual({});
    expect(statusOf(kubelet).containerStatuses?.[0]?.resources).toEqual({ ...requests('200m'), limits: {} });
    used = 0;
    await time.advance(60_000);
    expect(statusOf(kubelet).containerStatuses?.[0]?.resources).toEqual(wished);
  });

  it('holds nothing else up: what ends meanwhile is started again', async () => {
    const { time, runtime, kubelet, observed } = await machine({ memoryBytes: (name) => (name === 'app' ? 42 * MEBIBYTE : 0) });
    const shaped = (memory: string): Pod => pod('web', { containers: [container('app', { resources: limited(memory) }), container('b')] });
    kubelet.apply(shaped('80Mi'));
    await time.advance(1_000);
    kubelet.apply(shaped('10Mi'));
    await time.advance(20_000);
    runtime.exit(observed('b')!.id, 1);
    await time.advance(1_500);
    expect(observed('b')).toMatchObject({ state: 'running', restartCount: 1 });
  });

  it('counts with the larger of what the pod has and what it is allocated', async () => {
    const { time, kubelet } = await machine({ fault: (method) => (method === 'updateResources' ? 'fail' : undefined) });
    kubelet.apply(sized(requests('100m', '20Gi')));
    await time.advance(1_000);
    kubelet.apply(sized(requests('100m', '10Mi')));
    await time.advance(5_000);
    expect(condition(kubelet, 'PodResizeInProgress')).toMatchObject({ reason: 'Error', message: 'updateResources was made to fail' });
    kubelet.apply(sized(requests('100m', '10Gi'), {}, 'other'));
    await time.advance(5_000);
    expect(statusOf(kubelet, 'uid-other')).toMatchObject({ phase: 'Failed', reason: 'OutOfmemory' });
  });

  it.each([
    ['the pod', 'resizePod', (memory: string): Pod => sized(requests('100m', '1Gi'), { resources: requests('200m', memory) })],
    ['a container', 'updateResources', (memory: string): Pod => sized(requests('100m', memory))],
  ])('counts so after a restart of the kubelet too, for %s', async (_, method, shaped) => {
    const { time, kubelet, boot } = await machine({ fault: (called) => (called === method ? 'fail' : undefined) });
    kubelet.apply(shaped('6Gi'));
    await time.advance(1_000);
    kubelet.apply(shaped('1Gi'));
    await time.advance(5_000);
    kubelet.stop();
    const next = boot();
    next.apply(shaped('1Gi'));
    next.apply(sized(requests('100m', '20Gi'), {}, 'other'));
    next.synced();
    await time.advance(5_000);
    expect(statusOf(next).phase).toBe('Running');
    expect(statusOf(next, 'uid-other')).toMatchObject({ phase: 'Failed', reason: 'OutOfmemory' });
  });

  it('counts what its containers add up to while the pod as a whole is given less', async () => {
    const { time, kubelet } = await machine({ fault: (method) => (method === 'resizePod' ? 'fail' : undefined) });
    kubelet.apply(sized(requests('100m', '6Gi')));
    await time.advance(1_000);
    kubelet.apply(sized(requests('100m', '1Gi'), { resources: requests('100m', '1Gi') }));
    await time.advance(5_000);
    kubelet.apply(sized(requests('100m', '20Gi'), {}, 'other'));
    await time.advance(5_000);
    expect(statusOf(kubelet, 'uid-other')).toMatchObject({ phase: 'Failed', reason: 'OutOfmemory' });
  });
});
