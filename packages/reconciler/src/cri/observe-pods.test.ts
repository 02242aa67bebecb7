import { ContainerState, type CriClient } from '@solo-kubelet/cri-client';
import { expect, it } from 'vitest';
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
