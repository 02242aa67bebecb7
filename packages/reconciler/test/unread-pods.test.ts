import { type FakeRuntimeOptions, fakeRuntime, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { afterEach, expect, it } from 'vitest';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** Hints are promised, so that relists are 10 s apart, and none comes. */
async function* onlyFeed({ signal }: { readonly signal: AbortSignal }) {
  yield { type: 'resync', reason: 'started', events: true } as const;
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

/** A kubelet in virtual time on a runtime that can't tell of some pods. `boot` starts another process on it. */
const machine = async (options: Partial<FakeRuntimeOptions> = {}) => {
  const time = virtualTime();
  const { scheduler } = time;
  const broken = new Set<string>();
  const runtime = fakeRuntime({ scheduler, unreadable: (uid) => broken.has(uid), ...options });
  const boot = () => {
    const kubelet = testKubelet({ runtime: { ...runtime, changes: onlyFeed }, scheduler });
    cleanups.push(() => kubelet.stop());
    return kubelet;
  };
  const kubelet = boot();
  kubelet.synced();
  await time.advance(10);
  const starts = (name: string) =>
    runtime.calls.filter(({ method, podUid }) => method === 'startContainer' && podUid === `uid-${name}`).length;
  const running = (name: string) =>
    [...runtime.pods].find(([uid]) => uid === `uid-${name}`)?.[1].containers.find(({ state }) => state === 'running');
  return { time, broken, runtime, kubelet, boot, starts, running };
};

const troubles = (kubelet: ReturnType<typeof testKubelet>) =>
  kubelet.activities.filter(({ type }) => ['podUnread', 'podReadAgain', 'relistFailed'].includes(type)).map(({ type }) => type);

it('one pod whose status can not be had keeps its last one, and nobody else waits for it', async () => {
  const { time, broken, runtime, kubelet, starts, running } = await machine();
  kubelet.apply(pod('web'));
  kubelet.apply(pod('sick'));
  await time.advance(1_000);
  broken.add('uid-sick');
  runtime.exit(running('web')!.id, 1);
  runtime.exit(running('sick')!.id, 1);
  kubelet.apply(pod('new'));
  await time.advance(10_000);
  expect([starts('web'), starts('new'), starts('sick')]).toEqual([2, 1, 1]);
  expect(kubelet.view('uid-sick')?.pod.status?.containerStatuses?.[0]?.state).toHaveProperty('running');
  kubelet.remove('/m/new.yaml');
  await time.advance(5_000);
  expect(running('new')).toBeUndefined();
  expect(troubles(kubelet)).toEqual(['podUnread']);
});

it('reads it again soon after it has mended, also where relists are far apart', async () => {
  const { time, broken, runtime, kubelet, starts, running } = await machine();
  kubelet.apply(pod('sick'));
  await time.advance(1_000);
  broken.add('uid-sick');
  runtime.exit(running('sick')!.id, 1);
  await time.advance(60_000);
  const listings = () => runtime.calls.filter(({ method }) => method === 'list').length;
  const before = listings();
  while (listings() === before) await time.advance(100);
  broken.clear();
  await time.advance(2_000);
  expect([starts('sick'), listings()]).toEqual([2, before + 1]);
  expect(troubles(kubelet)).toEqual(['podUnread', 'podReadAgain']);
});

it('starts no second one of a pod that runs and could not be read since the kubelet started', async () => {
  const { time, broken, kubelet, boot, starts, running } = await machine();
  kubelet.apply(pod('sick'));
  await time.advance(1_000);
  const first = running('sick')?.id;
  kubelet.stop();
  broken.add('uid-sick');
  const next = boot();
  next.apply(pod('sick'));
  next.apply(pod('other'));
  next.synced();
  await time.advance(60_000);
  expect([starts('sick'), starts('other'), running('sick')?.id]).toEqual([1, 1, first]);
  broken.clear();
  await time.advance(2_000);
  expect(next.view('uid-sick')?.pod.status?.containerStatuses?.[0]).toMatchObject({ ready: true, restartCount: 0 });
  expect(starts('sick')).toBe(1);
});

it('ends no pod that nobody could read: it may be what its manifest asks for', async () => {
  const { time, broken, runtime, kubelet, boot, running } = await machine();
  kubelet.apply(pod('gone'));
  await time.advance(1_000);
  kubelet.stop();
  broken.add('uid-gone');
  const next = boot();
  next.synced();
  await time.advance(30_000);
  expect(running('gone')).toBeDefined();
  broken.clear();
  await time.advance(40_000);
  expect(runtime.pods.size).toBe(0);
});

it('gives nobody the host port or the name of a pod that runs and could not be read yet', async () => {
  const { time, broken, kubelet, boot, starts } = await machine();
  const withPort = (name: string, uid: string) =>
    pod(name, { containers: [{ name: 'app', image: 'app:1', ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }] }] }, { uid });
  kubelet.apply(withPort('web', 'uid-web'));
  await time.advance(1_000);
  kubelet.stop();
  broken.add('uid-web');
  const next = boot();
  next.apply(withPort('web', 'uid-web2'));
  next.apply(withPort('thief', 'uid-thief'));
  next.synced();
  await time.advance(30_000);
  expect([starts('web2'), starts('thief')]).toEqual([0, 0]);
  expect(next.view('uid-thief')?.pod.status?.reason).toBe('NodePorts');
  broken.clear();
  await time.advance(60_000);
  expect(starts('web2') + starts('thief')).toBe(1);
});

it('dates what happened while it could not be read by the clock of the runtime', async () => {
  const { time, broken, runtime, kubelet, starts, running } = await machine({
    script: (_container, restartCount) => (restartCount < 3 ? { runsForMs: 100, exitCode: 1 } : {}),
  });
  kubelet.apply(pod('sick'));
  while (starts('sick') < 4) await time.advance(100); // after waits of 0, 10 and 20 s: the next one is 40 s
  broken.add('uid-sick');
  await time.advance(1_000);
  runtime.exit(running('sick')!.id, 1);
  await time.advance(120_000);
  expect(starts('sick')).toBe(4);
  broken.clear();
  await time.advance(3_000);
  expect(starts('sick')).toBe(5); // it has waited long enough already
});
