import type { Container, Pod } from '@solo-kubelet/pod-spec';
import { podUid } from '@solo-kubelet/reconciler';
import { container, fakeRuntime, nodeFacts, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { afterEach, describe, expect, it } from 'vitest';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const STOPS_AFTER_MS = 25_000;

/** A node of 24Gi and 4 CPUs on which every container takes 25 s to end. */
const machine = async () => {
  const time = virtualTime();
  const runtime = fakeRuntime({ scheduler: time.scheduler, script: () => ({ stopsAfterMs: STOPS_AFTER_MS }) });
  const boot = () => {
    const kubelet = testKubelet({ runtime, scheduler: time.scheduler });
    cleanups.push(() => kubelet.stop());
    kubelet.node(nodeFacts({ allocatable: { cpu: '4', memory: '24Gi', pods: '3', 'example.com/gpu': '1', 'ephemeral-storage': '10Gi' } }));
    return kubelet;
  };
  const kubelet = boot();
  kubelet.synced();
  await time.advance(10);
  const running = () =>
    [...runtime.pods.values()]
      .filter(({ containers }) => containers.some(({ state }) => state === 'running'))
      .map(({ name }) => name)
      .sort();
  return { time, runtime, kubelet, boot, running };
};

const asking = (name: string, requests: Record<string, string>, rest: Partial<Pod['metadata']> = {}): Pod =>
  pod(name, { containers: [container('app', { resources: { requests } })] }, rest);
const onPort = (name: string, ports: Container['ports'] = [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }]): Pod =>
  pod(name, { containers: [container('app', { ports })] });

it('only pods that were admitted count, also in the moment in which several are decided about', async () => {
  const { time, kubelet, running } = await machine();
  kubelet.apply(asking('ma', { memory: '20Gi' }));
  // All at once: what is refused must not stand in the way of what fits beside what runs.
  for (const [name, memory] of [
    ['mb', '20Gi'],
    ['mc', '20Gi'],
    ['md', '3Gi'],
  ] as const)
    kubelet.apply(asking(name, { memory }));
  await time.advance(1_000);
  expect(running()).toEqual(['ma', 'md']);
  for (const refused of ['uid-mb', 'uid-mc']) expect(kubelet.view(refused)?.pod.status).toMatchObject({ reason: 'OutOfmemory' });
});

it('a pod that ends and is wanted again counts with what is wanted where nobody has on record what it has', async () => {
  const { time, kubelet, boot, running } = await machine();
  kubelet.apply(asking('ma', { memory: '20Gi' }));
  await time.advance(1_000);
  kubelet.stop();
  const next = boot();
  next.synced(); // nobody wants it: it is told to end
  await time.advance(1_000);
  next.apply(asking('ma', { memory: '20Gi' }));
  next.apply(asking('mb', { memory: '20Gi' }));
  await time.advance(1_000);
  expect(running()).toEqual(['ma']);
  expect(next.view('uid-mb')?.pod.status).toMatchObject({ reason: 'OutOfmemory' });
});

it('pods that were refused are asked again only once something has changed that may let them in', async () => {
  const { time, kubelet, running } = await machine();
  let asked = 0;
  const objectRejection = (): undefined => {
    asked += 1;
  };
  const facts = { allocatable: { pods: '1' }, objectRejection };
  kubelet.node(nodeFacts(facts));
  kubelet.apply(pod('first'));
  await time.advance(1_000);
  const names = Array.from({ length: 5 }, (_, index) => `late-${index}`);
  for (const name of names) kubelet.apply(pod(name));
  await time.advance(1_000);
  expect(asked).toBeGreaterThanOrEqual(names.length);

  asked = 0;
  await time.advance(5_000); // looks at the runtime
  kubelet.command({ type: 'restart', podUid: podUid('uid-first') });
  await time.advance(STOPS_AFTER_MS + 5_000);
  expect(running()).toEqual(['first']);
  expect(asked).toBe(0);

  kubelet.node(nodeFacts(facts)); // what is told anew may be other than before
  await time.advance(1_000);
  expect(asked).toBe(names.length);
  kubelet.remove('/m/first.yaml');
  await time.advance(STOPS_AFTER_MS + 5_000);
  expect(running()).toEqual(['late-0']);
});

it('a pod that only waits is Pending with the reason, not rejected, and starts once it may', async () => {
  const { time, kubelet, running } = await machine();
  const waits = { reason: 'WaitingFor', message: 'Waiting for job/migrate=Complete', waits: 'Normal' as const };
  kubelet.node(nodeFacts({ objectRejection: () => waits }));
  kubelet.apply(pod('web'));
  await time.advance(1_000);
  expect(kubelet.view('uid-web')?.pod.status).toMatchObject({ phase: 'Pending', reason: 'WaitingFor', message: waits.message });
  expect(kubelet.view('uid-web')?.returns).toBeUndefined();
  expect(running()).toEqual([]);
  kubelet.node(nodeFacts({ objectRejection: () => undefined }));
  await time.advance(1_000);
  expect(running()).toEqual(['web']);
  expect(kubelet.view('uid-web')?.pod.status?.reason).toBeUndefined();
});

describe('room for one', () => {
  it.each<[string, (name: string) => Pod, string]>([
    ['memory', (name) => asking(name, { memory: '20Gi' }), 'OutOfmemory'],
    ['cpu', (name) => asking(name, { cpu: '3' }), 'OutOfcpu'],
    ['ephemeral-storage', (name) => asking(name, { 'ephemeral-storage': '6Gi' }), 'OutOfephemeral-storage'],
    ['a device', (name) => asking(name, { 'example.com/gpu': '1' }), 'OutOfexample.com/gpu'],
    ['a host port', (name) => onPort(name), 'NodePorts'],
  ])('of %s is given to one of three that wait, once its holder is gone', async (_what, make, reason) => {
    const { time, kubelet, running } = await machine();
    for (const name of ['ma', 'mb', 'mc', 'md']) {
      kubelet.apply(make(name));
      await time.advance(1_000);
    }
    expect(running()).toEqual(['ma']);
    kubelet.remove('/m/ma.yaml');
    await time.advance(STOPS_AFTER_MS - 1_000);
    expect(running()).toEqual(['ma']);
    await time.advance(5_000);
    expect(running()).toEqual(['mb']);
    for (const waiter of ['uid-mc', 'uid-md']) expect(kubelet.view(waiter)?.pod.status).toMatchObject({ phase: 'Failed', reason });
    kubelet.remove('/m/mb.yaml');
    await time.advance(STOPS_AFTER_MS + 5_000);
    expect(running()).toEqual(['mc']);
  });

  it('is a place when the node holds no more pods', async () => {
    const { time, kubelet, running } = await machine();
    for (const name of ['a', 'b', 'c', 'd', 'e']) kubelet.apply(pod(name));
    await time.advance(1_000);
    expect(running()).toEqual(['a', 'b', 'c']);
    kubelet.remove('/m/b.yaml');
    await time.advance(STOPS_AFTER_MS - 1_000);
    expect(running()).toEqual(['a', 'b', 'c']);
    await time.advance(5_000);
    expect(running()).toEqual(['a', 'c', 'd']);
  });
});

it('the predecessor of an edited pod counts for others until it is gone, and together they count as the larger', async () => {
  const { time, kubelet, running } = await machine();
  kubelet.apply(asking('web', { memory: '20Gi' }));
  await time.advance(1_000);
  kubelet.apply(asking('web', { memory: '10Gi' }, { uid: 'uid-edited' }));
  await time.advance(1_000);
  kubelet.apply(asking('big', { memory: '10Gi' }));
  kubelet.apply(asking('small', { memory: '4Gi' }));
  await time.advance(2_000);
  expect(running()).toEqual(['small', 'web']);
  await time.advance(STOPS_AFTER_MS + 5_000);
  expect(running()).toEqual(['big', 'small', 'web']);
  expect(kubelet.view('uid-edited')?.pod.status?.phase).toBe('Running');
});

it('a pod that ran before the kubelet started counts before its manifest has been read', async () => {
  const { time, kubelet, boot, running } = await machine();
  for (const name of ['a', 'b', 'c']) kubelet.apply(pod(name));
  await time.advance(1_000);
  kubelet.stop();
  const next = boot();
  next.apply(pod('new'));
  await time.advance(2_000);
  expect(running()).toEqual(['a', 'b', 'c']);
  for (const name of ['a', 'b']) next.apply(pod(name));
  next.synced();
  await time.advance(STOPS_AFTER_MS + 5_000);
  expect(running()).toEqual(['a', 'b', 'new']);
});

it('a pod that ran before the kubelet started keeps its host ports while its manifest can not be read', async () => {
  const { time, kubelet, boot, running } = await machine();
  kubelet.apply(onPort('a'));
  await time.advance(1_000);
  kubelet.stop();
  const next = boot();
  next.apply(onPort('b'));
  next.apply(onPort('c', [{ containerPort: 80, hostPort: 81, protocol: 'TCP' }]));
  await time.advance(2_000);
  expect(running()).toEqual(['a', 'c']);
  expect(next.view('uid-b')?.pod.status).toMatchObject({ phase: 'Failed', reason: 'NodePorts' });
  // Nobody wants it any more: it goes, and its port is free.
  next.synced();
  await time.advance(STOPS_AFTER_MS + 5_000);
  expect(running()).toEqual(['b', 'c']);
});

it('a sandbox keeps the host ports of its pod when all of its containers are gone, or have never been there', async () => {
  const { time, runtime, kubelet, boot, running } = await machine();
  kubelet.apply(onPort('a'));
  await time.advance(1_000);
  kubelet.stop();
  const { signal } = new AbortController();
  const a = [...runtime.pods.values()][0]!;
  runtime.exit(a.containers[0]!.id, 1);
  await Promise.all([runtime.removeContainer(a.containers[0]!.id, { signal }), time.advance(100)]);
  const next = boot();
  next.apply(onPort('b'));
  await time.advance(2_000);
  expect(running()).toEqual([]);
  expect(next.view('uid-b')?.pod.status).toMatchObject({ phase: 'Failed', reason: 'NodePorts' });
  next.apply(onPort('a'));
  next.synced();
  await time.advance(STOPS_AFTER_MS + 5_000);
  expect(running()).toEqual(['a']);
});

it('a pod that comes back after an eviction waits like any other while its place is taken', async () => {
  const { time, kubelet, running } = await machine();
  kubelet.apply(asking('evicted', { memory: '20Gi' }));
  await time.advance(1_000);
  const termination = { reason: 'Evicted', message: 'The node was low on resource: memory. ', gracePeriodSeconds: 30, disruption: true };
  kubelet.command({ type: 'terminate', podUid: kubelet.view('uid-evicted')!.podUid, termination });
  kubelet.apply(asking('other', { memory: '20Gi' }));
  await time.advance(STOPS_AFTER_MS - 1_000);
  expect(running()).toEqual(['evicted']);
  await time.advance(600_000);
  expect(running()).toEqual(['other']);
  kubelet.remove('/m/other.yaml');
  await time.advance(600_000);
  expect(running()).toEqual(['evicted']);
});
