import type { ResourceAllocator } from '@solo-kubelet/reconciler';
import { container, fakeRuntime, nodeFacts, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { afterEach, describe, expect, it } from 'vitest';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** Slots of which each pod needs one. */
const slots = (count: number) => {
  const holders = new Set<string>();
  const calls: string[] = [];
  let failing = false;
  const resources: ResourceAllocator = {
    allocate: async ({ metadata: { uid } }) => {
      calls.push(`allocate ${uid}`);
      if (failing) throw new Error('disk full');
      if (!holders.has(uid) && holders.size >= count) return { reason: 'UnexpectedAdmissionError', message: 'no slot left' };
      holders.add(uid);
      return undefined;
    },
    release: async (uid) => {
      calls.push(`release ${uid}`);
      holders.delete(uid);
    },
    beforeStart: async () => {},
    holders: () => [...holders],
  };
  const asked = (uid: string) => calls.filter((call) => call === `allocate ${uid}`).length;
  return {
    resources,
    holders,
    calls,
    asked,
    fail: (on: boolean) => {
      failing = on;
    },
  };
};

const machine = async ({ resources, ...all }: ReturnType<typeof slots>) => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, script: ({ name }) => (name === 'once' ? { runsForMs: 5_000 } : {}) });
  const boot = () => {
    const kubelet = testKubelet({ runtime, scheduler, resources });
    cleanups.push(() => kubelet.stop());
    return kubelet;
  };
  const kubelet = boot();
  kubelet.synced();
  await time.advance(10);
  const count = (method: string) => runtime.calls.filter((call) => call.method === method).length;
  return { ...all, time, runtime, kubelet, boot, count };
};

const phase = (kubelet: ReturnType<typeof testKubelet>, uid: string) => kubelet.view(uid)?.pod.status?.phase;

describe('a pod that needs what only one can have', () => {
  it('is given it before its sandbox is made, once', async () => {
    const { kubelet, time, calls, runtime } = await machine(slots(1));
    kubelet.apply(pod('web'));
    await time.advance(200_000);
    expect(calls).toEqual(['allocate uid-web']);
    expect(runtime.calls.find(({ method }) => method === 'startContainer')).toBeDefined();
  });

  it('is refused while another has it, and runs when that one has gone', async () => {
    const { kubelet, time, asked, count } = await machine(slots(1));
    kubelet.apply(pod('web'));
    await time.advance(1_000);
    kubelet.apply(pod('two'));
    await time.advance(120_000);
    expect(kubelet.view('uid-two')?.pod.status).toMatchObject({
      phase: 'Failed',
      reason: 'UnexpectedAdmissionError',
      message: 'Pod was rejected: no slot left',
    });
    expect([asked('uid-two'), count('createSandbox')]).toEqual([1, 1]);
    expect(kubelet.events.filter(({ reason }) => reason === 'UnexpectedAdmissionError')).toHaveLength(1);
    kubelet.remove('/m/web.yaml');
    await time.advance(5_000);
    expect([phase(kubelet, 'uid-two'), asked('uid-two')]).toEqual(['Running', 2]);
  });

  it('gives it back when it has run to its end, not only when its manifest goes', async () => {
    const { kubelet, time, holders } = await machine(slots(1));
    kubelet.apply(pod('job', { restartPolicy: 'Never', containers: [container('once')] }));
    await time.advance(1_000);
    expect([...holders]).toEqual(['uid-job']);
    kubelet.apply(pod('two'));
    await time.advance(10_000);
    expect([phase(kubelet, 'uid-job'), phase(kubelet, 'uid-two'), ...holders]).toEqual(['Succeeded', 'Running', 'uid-two']);
  });

  it('asks again when the node has something else to offer or its manifest is written again', async () => {
    const { kubelet, time, asked } = await machine(slots(0));
    kubelet.apply(pod('web'));
    await time.advance(60_000);
    expect(asked('uid-web')).toBe(1);
    kubelet.node(nodeFacts({ shuttingDown: false }));
    await time.advance(1_000);
    expect(asked('uid-web')).toBe(1);
    kubelet.node(nodeFacts({ allocatable: { ...nodeFacts().allocatable, 'example.com/slot': '1' } }));
    await time.advance(1_000);
    expect(asked('uid-web')).toBe(2);
    kubelet.node(nodeFacts({ allocatable: { ...nodeFacts().allocatable, 'example.com/slot': '1' }, offer: 1 }));
    await time.advance(1_000);
    expect(asked('uid-web')).toBe(3);
    kubelet.touch('/m/web.yaml');
    await time.advance(1_000);
    expect(asked('uid-web')).toBe(4);
  });

  it('shows how what it was given is doing, and only with its app containers', async () => {
    const { kubelet, time } = await machine(slots(1));
    kubelet.apply(pod('web', { initContainers: [container('once')] }));
    await time.advance(20_000);
    const health = [{ name: 'example.com/slot', resources: [{ resourceID: 'slot1', health: 'Unhealthy' as const }] }];
    const allocatedResources = new Map([['uid-web', new Map(['once', 'app'].map((name) => [name, health]))]]);
    kubelet.node(nodeFacts({ allocatedResources }));
    await time.advance(1_000);
    const status = kubelet.view('uid-web')?.pod.status;
    expect(status?.containerStatuses?.[0]).toMatchObject({ name: 'app', allocatedResourcesStatus: health });
    expect(status?.initContainerStatuses?.[0]).not.toHaveProperty('allocatedResourcesStatus');
  });

  it('is asked about again when it is edited under a pinned UID', async () => {
    const { kubelet, time, asked } = await machine(slots(1));
    kubelet.apply(pod('web'));
    await time.advance(1_000);
    kubelet.apply(pod('web', { containers: [container('app', { resources: { limits: { cpu: '2' } } })] }));
    await time.advance(1_000);
    expect(asked('uid-web')).toBe(2);
  });

  it('hands it over to its successor without a refusal between', async () => {
    const { kubelet, time, holders } = await machine(slots(1));
    kubelet.apply(pod('web'));
    await time.advance(1_000);
    const edited = { ...pod('web'), metadata: { ...pod('web').metadata, uid: 'uid-edited' } };
    kubelet.apply(edited);
    await time.advance(10_000);
    expect([phase(kubelet, 'uid-edited'), ...holders]).toEqual(['Running', 'uid-edited']);
    expect(kubelet.events.filter(({ reason }) => reason === 'UnexpectedAdmissionError')).toEqual([]);
  });

  it('keeps running when a new kubelet can no longer give it what it needs', async () => {
    const all = slots(1);
    const { kubelet, time, boot, count, holders } = await machine(all);
    kubelet.apply(pod('web'));
    await time.advance(1_000);
    kubelet.stop();
    holders.clear();
    holders.add('uid-other');
    const next = boot();
    next.apply(pod('web'));
    await time.advance(120_000);
    expect([phase(next, 'uid-web'), count('stopContainer')]).toEqual(['Running', 0]);
  });

  it('leaves nothing held by a pod that went while no kubelet ran', async () => {
    const all = slots(1);
    all.holders.add('uid-gone');
    const { kubelet, time } = await machine(all);
    kubelet.apply(pod('web'));
    await time.advance(70_000);
    expect([...all.holders]).toEqual(['uid-web']);
    expect(phase(kubelet, 'uid-web')).toBe('Running');
  });

  it('is tried again when giving itself fails', async () => {
    const all = slots(1);
    const { kubelet, time } = await machine(all);
    all.fail(true);
    kubelet.apply(pod('web'));
    await time.advance(1_000);
    expect(phase(kubelet, 'uid-web')).toBe('Pending');
    all.fail(false);
    await time.advance(60_000);
    expect(phase(kubelet, 'uid-web')).toBe('Running');
  });
});
