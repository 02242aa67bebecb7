import type { CriClient } from '@solo-kubelet/cri-client';
import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { untilEndsAreRecorded } from './recorded-ends.js';

const RUNNING = 1;
const EXITED = 2;
const ended = (id: string) => ({ terminated: { exitCode: 0, containerID: `containerd://${id}` } });
const pod = {
  metadata: {},
  spec: {},
  status: { containerStatuses: [{ name: 'app', state: ended('now'), lastState: ended('before') }] },
} as unknown as Pod;

/** A runtime that is asked how a container is; who gives up is told so. */
const runtime = (answer: (containerId: string) => number | Promise<number>) => {
  const asked: string[] = [];
  const containerStatus = ({ containerId }: { containerId: string }, { signal }: { signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      asked.push(containerId);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      Promise.resolve(answer(containerId)).then((state) => resolve({ status: { state } }));
    });
  return { cri: { runtime: { containerStatus } } as unknown as CriClient, asked };
};
const never = new Promise<number>(() => {});
const { signal } = new AbortController();

it('waits for the records of the last end and of the one before', async () => {
  const { cri, asked } = runtime((id) => (asked.filter((each) => each === id).length < 3 ? RUNNING : EXITED));
  await untilEndsAreRecorded(cri, pod, 'app', { signal });
  expect(asked).toEqual(['now', 'now', 'now', 'before', 'before', 'before']);
});

it('asks nothing of a container that has not ended', async () => {
  const { cri, asked } = runtime(() => RUNNING);
  await untilEndsAreRecorded(cri, pod, 'other', { signal });
  expect(asked).toEqual([]);
});

it.each([
  ['says nothing', never],
  ['keeps saying that it runs', RUNNING],
])('waits no longer than its limit, in all, for a runtime that %s', async (_what, answer) => {
  const { cri, asked } = runtime(() => answer);
  await untilEndsAreRecorded(cri, pod, 'app', { signal, limitMs: 50 });
  expect(new Set(asked)).toEqual(new Set(['now']));
});

it.each([
  ['says nothing', never],
  ['keeps saying that it runs', RUNNING],
])('ends with whoever asked, while a runtime %s', async (_what, answer) => {
  const client = new AbortController();
  const { cri, asked } = runtime(() => answer);
  const waiting = untilEndsAreRecorded(cri, pod, 'app', { signal: client.signal, limitMs: Number.POSITIVE_INFINITY });
  client.abort(new Error('the client has left'));
  await expect(waiting).rejects.toThrow('the client has left');
  expect(asked).toEqual(['now']);
});
