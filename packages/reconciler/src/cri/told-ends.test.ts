import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ContainerState, type CriClient } from '@solo-kubelet/cri-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { podUid } from '../core/pod-identity.js';
import { createPodObserver } from './observe-pods.js';
import { OWNER_LABEL, POD_UID_LABEL } from './owner-label.js';

const FINISHED_MS = 1_000_000;
const signal = new AbortController().signal;
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'told-ends-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** A runtime with one container, whose record a test changes, and what it wrote about its end. */
const machine = async (annotations: Readonly<Record<string, string>> = {}, message = '') => {
  const hostPath = join(directory, 'pods/uid-web/containers/app/00000000');
  await mkdir(dirname(hostPath), { recursive: true });
  await writeFile(hostPath, message);
  const listed = {
    id: 'c1',
    podSandboxId: 's1',
    metadata: { name: 'app', attempt: 0 },
    state: ContainerState.CONTAINER_RUNNING,
    labels: { [OWNER_LABEL]: 'me', [POD_UID_LABEL]: 'uid-web' },
    annotations: { 'io.kubernetes.container.terminationMessagePath': '/dev/termination-log', ...annotations },
  };
  const record = {
    ...listed,
    createdAt: 1_000_000n,
    startedAt: 2_000_000n,
    finishedAt: 0n,
    exitCode: 0,
    reason: '',
    message: '',
    mounts: [{ containerPath: '/dev/termination-log', hostPath }],
    imageRef: '',
    logPath: join(directory, 'log'),
  };
  let calls = 0;
  const cri = {
    lists: { podSandboxes: async () => [], containers: async () => [{ ...listed, state: record.state }] },
    runtime: {
      version: async () => ({ runtimeName: 'containerd' }),
      containerStatus: async () => {
        calls += 1;
        return { status: { ...record } };
      },
    },
  } as unknown as CriClient;
  const observer = createPodObserver({ cri, owner: 'me' });
  const look = async () => (await observer.inspect(podUid('uid-web'), { signal }))?.containers[0];
  const endOf = (exitCode: number) => observer.endOf({ containerId: 'c1', exitCode, finishedAtMs: FINISHED_MS }, { signal });
  const follows = (exitCode: number, reason: string): void =>
    void Object.assign(record, {
      state: ContainerState.CONTAINER_EXITED,
      exitCode,
      reason,
      finishedAt: BigInt(FINISHED_MS) * 1_000_000n + 999_999n,
    });
  return { record, observer, look, endOf, follows, calls: () => calls };
};

it.each([
  [0, 'Completed', ''],
  [3, 'Error', 'no space left'],
])('tells of an end with code %i as the record will, and asks the runtime nothing', async (code, reason, message) => {
  const { look, endOf, follows, calls } = await machine({}, message);
  await look();
  const told = await endOf(code);
  expect(told).toMatchObject({
    id: 'c1',
    state: 'exited',
    exitCode: code,
    reason,
    message,
    startedAtMs: 2,
    finishedAtMs: FINISHED_MS,
    endTold: true,
  });
  expect(calls()).toBe(1);
  expect((await look())?.state).toBe('running'); // as the record says; who knows better is who keeps what was seen
  follows(code, reason);
  expect(await look()).toBe(told);
});

it('lets the record have the last word', async () => {
  const { look, endOf, follows } = await machine();
  await look();
  expect(await endOf(1)).toMatchObject({ reason: 'Error' });
  follows(1, 'OOMKilled');
  const seen = await look();
  expect(seen).toMatchObject({ state: 'exited', exitCode: 1, reason: 'OOMKilled' });
  expect(seen).not.toHaveProperty('endTold');
});

it('tells once, and nothing of a container that was not seen running', async () => {
  const { look, endOf, follows } = await machine();
  expect(await endOf(0)).toBeUndefined();
  await look();
  expect(await endOf(0)).toBeDefined();
  expect(await endOf(0)).toBeUndefined();
  await look();
  follows(0, 'Completed');
  await look();
  expect(await endOf(0)).toBeUndefined();
});

it('leaves to the record what may have been a want of memory', async () => {
  const killed = await machine();
  await killed.look();
  expect(await killed.endOf(137)).toBeUndefined();

  const warned = await machine();
  await warned.look();
  warned.observer.doubtEnd('c1');
  expect(await warned.endOf(1)).toBeUndefined();

  const marked = await machine();
  marked.record.reason = 'OOMKilled'; // containerd says so from the first process on that was killed in it
  await marked.look();
  expect(await marked.endOf(0)).toBeUndefined();
});

it('leaves to the record an error that the end of a log explains: the log may not be whole yet', async () => {
  const fallsBack = { 'io.kubernetes.container.terminationMessagePolicy': 'FallbackToLogsOnError' };
  const silent = await machine(fallsBack);
  await silent.look();
  expect(await silent.endOf(1)).toBeUndefined();

  const content = await machine(fallsBack);
  await content.look();
  expect(await content.endOf(0)).toMatchObject({ exitCode: 0, message: '' });

  const spoken = await machine(fallsBack, 'why');
  await spoken.look();
  expect(await spoken.endOf(1)).toMatchObject({ exitCode: 1, message: 'why' });
});

it('forgets containers that are gone', async () => {
  const { look, endOf, observer, record } = await machine();
  await look();
  record.labels[POD_UID_LABEL] = '';
  await observer.list({ signal });
  expect(await endOf(0)).toBeUndefined();
});
