import { ContainerState, type CriClient } from '@solo-kubelet/cri-client';
import { expect, it, vi } from 'vitest';
import { newestFirst } from '../core/observed-pod.js';
import { podUid } from '../core/pod-identity.js';
import { observedContainer, observedSandbox } from '../testing/index.js';
import { createPodObserver } from './observe-pods.js';
import { OWNER_LABEL, POD_UID_LABEL } from './owner-label.js';

const FINISHED_MS = 1_000_000;
const signal = new AbortController().signal;

/** A runtime that knows one container, which has been killed, and gives a reason that may change. */
const killed = () => {
  const labels = { [OWNER_LABEL]: 'me', [POD_UID_LABEL]: 'uid-web' };
  const record = {
    id: 'c1',
    podSandboxId: 's1',
    metadata: { name: 'app', attempt: 0 },
    state: ContainerState.CONTAINER_EXITED,
    labels,
    annotations: {},
  };
  const runtime = { reason: 'Error', asked: 0, nowMs: FINISHED_MS };
  const cri = {
    lists: { podSandboxes: async () => [], containers: async () => [record] },
    runtime: {
      version: async () => ({ runtimeName: 'containerd' }),
      containerStatus: async () => {
        runtime.asked += 1;
        const times = { createdAt: 1n, startedAt: 1n, finishedAt: BigInt(FINISHED_MS) * 1_000_000n };
        return {
          status: { ...record, ...times, exitCode: 137, reason: runtime.reason, message: '', mounts: [], imageRef: '', logPath: '' },
        };
      },
    },
  } as unknown as CriClient;
  const observer = createPodObserver({ cri, owner: 'me', now: () => runtime.nowMs });
  const look = async () => (await observer.inspect(podUid('uid-web'), { signal }))?.containers[0];
  return { runtime, look };
};

it('hears of it when the runtime finds out a moment later that memory had run out', async () => {
  const { runtime, look } = killed();
  expect(await look()).toMatchObject({ exitCode: 137, reason: 'Error' });
  runtime.reason = 'OOMKilled';
  runtime.nowMs += 500;
  expect(await look()).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
  await look();
  expect(runtime.asked).toBe(2);
});

it('asks no longer than a second, and gives the same object for the same answer', async () => {
  const { runtime, look } = killed();
  const first = await look();
  runtime.nowMs += 999;
  expect(await look()).toBe(first);
  expect(runtime.asked).toBe(2);
  runtime.nowMs += 1;
  expect(await look()).toBe(first);
  expect(runtime.asked).toBe(2);
});

it('takes the instance with the higher restart count, or in the later sandbox, for the newer one, whatever the clock said', () => {
  const sandboxes = [
    observedSandbox({ id: 's0', state: 'notReady', createdAtMs: 900 }),
    observedSandbox({ id: 's1', attempt: 1, createdAtMs: 100 }),
  ];
  const containers = [
    observedContainer('app', { id: 'first', sandboxId: 's0', restartCount: 5, createdAtMs: 950 }),
    observedContainer('app', { id: 'second', sandboxId: 's1', restartCount: 0, createdAtMs: 990 }),
    observedContainer('app', { id: 'third', sandboxId: 's1', restartCount: 1, createdAtMs: 150 }),
    observedContainer('app', { id: 'stray', sandboxId: 'gone', restartCount: 9, createdAtMs: 999 }),
  ];
  const ordered = newestFirst({ sandboxes, containers });
  expect(ordered.sandboxes.map(({ id }) => id)).toEqual(['s1', 's0']);
  expect(ordered.containers.map(({ id }) => id)).toEqual(['third', 'second', 'first', 'stray']);
});

/** A runtime with one container of each of two pods, whose statuses a test answers. */
const twoPods = (containerStatus: (id: string) => Promise<unknown>) => {
  const record = (id: string) => ({
    id,
    podSandboxId: 's1',
    metadata: { name: 'app', attempt: 2 },
    state: ContainerState.CONTAINER_RUNNING,
    createdAt: 5_000_000n,
    imageRef: '',
    labels: { [OWNER_LABEL]: 'me', [POD_UID_LABEL]: `uid-${id}` },
    annotations: { 'io.kubernetes.container.ports': '[{"containerPort":80,"hostPort":8080,"protocol":"TCP"}]' },
  });
  const rest = { startedAt: 6_000_000n, finishedAt: 0n, exitCode: 0, reason: '', message: '', mounts: [], logPath: '' };
  const cri = {
    lists: { podSandboxes: async () => [], containers: async () => [record('good'), record('bad')] },
    runtime: {
      version: async () => ({ runtimeName: 'containerd' }),
      containerStatus: async ({ containerId }: { containerId: string }) =>
        containerId === 'good' ? { status: { ...record('good'), ...rest } } : await containerStatus(containerId),
    },
  } as unknown as CriClient;
  const answer = { status: { ...record('bad'), ...rest } };
  return { answer, observer: createPodObserver({ cri, owner: 'me', statusPatienceMs: 1_000 }) };
};

it.each([
  ['fails', async () => Promise.reject(new Error('no such task'))],
  ['has no status in it', async () => ({})],
])('a status call that %s leaves its pod unread, known as far as the list tells', async (_what, containerStatus) => {
  const { observer } = twoPods(containerStatus);
  const { pods, unread } = await observer.list({ signal });
  expect(pods.get(podUid('uid-good'))?.containers[0]).toMatchObject({ state: 'running', startedAtMs: 6 });
  expect([...unread]).toEqual([['uid-bad', expect.stringMatching(/no such task|without a status/)]]);
  expect(pods.get(podUid('uid-bad'))?.containers[0]).toEqual({
    id: 'bad',
    sandboxId: 's1',
    name: 'app',
    state: 'running',
    restartCount: 2,
    hash: '',
    createdAtMs: 5,
    exitCode: 0,
    reason: '',
    message: '',
    runtimeName: 'containerd',
    image: '',
    imageRef: '',
    ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }],
  });
  await expect(observer.inspect(podUid('uid-bad'), { signal })).rejects.toThrow(/no such task|without a status/);
  expect(await observer.inspect(podUid('uid-good'), { signal })).toMatchObject({ uid: 'uid-good' });
  expect(observer.podOf('bad')).toBe('uid-bad');
});

it('a status call that hangs is waited for once, and its answer counts when it comes', async () => {
  vi.useFakeTimers();
  try {
    let asked = 0;
    let settle = (_answer: unknown): void => {};
    const { answer, observer } = twoPods(() => {
      asked += 1;
      return new Promise((resolve) => {
        settle = resolve;
      });
    });
    const first = observer.list({ signal });
    await vi.advanceTimersByTimeAsync(1_000);
    expect([...(await first).unread]).toEqual([['uid-bad', expect.stringContaining('has not answered')]]);
    expect([...(await observer.list({ signal })).unread.keys()]).toEqual(['uid-bad']);
    expect(asked).toBe(1);
    settle(answer);
    await vi.advanceTimersByTimeAsync(1);
    const { pods, unread } = await observer.list({ signal });
    expect([unread.size, asked]).toEqual([0, 1]);
    expect(pods.get(podUid('uid-bad'))?.containers[0]).toMatchObject({ startedAtMs: 6 });
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
