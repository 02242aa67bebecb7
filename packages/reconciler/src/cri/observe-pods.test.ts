import { ContainerState, type CriClient } from '@solo-kubelet/cri-client';
import { expect, it } from 'vitest';
import { podUid } from '../core/pod-identity.js';
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
