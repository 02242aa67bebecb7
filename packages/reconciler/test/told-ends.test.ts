import type { ObservedPod } from '@solo-kubelet/reconciler';
import { container, fakeRuntime, lateRecords, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { afterEach, expect, it } from 'vitest';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const LAG_MS = 5_000;

/** A kubelet over a runtime that tells ends by events, and whose records follow 5 s later; they may have another word for the end of init containers. */
const machine = async (exitCode: number, recorded?: string) => {
  const time = virtualTime();
  const { scheduler } = time;
  const records = lateRecords({ scheduler, lagMs: () => LAG_MS });
  const runtime = fakeRuntime({ scheduler, exited: records.exited, script: () => ({ runsForMs: 2_000, exitCode }) });
  const port = records.over(runtime);
  const asRecorded = (seen: ObservedPod): ObservedPod => ({
    ...seen,
    containers: seen.containers.map((one) =>
      recorded !== undefined && one.state === 'exited' && one.name === 'init' ? { ...one, reason: recorded } : one,
    ),
  });
  const worded = Object.assign(Object.create(port) as typeof runtime, {
    list: async (options: Parameters<typeof port.list>[0]) => {
      const { pods, unread } = await port.list(options);
      return { pods: new Map([...pods].map(([uid, seen]) => [uid, asRecorded(seen)])), unread };
    },
    inspect: async (...args: Parameters<typeof port.inspect>) => {
      const seen = await port.inspect(...args);
      return seen && asRecorded(seen);
    },
  });
  const kubelet = testKubelet({ runtime: worded, scheduler });
  cleanups.push(() => kubelet.stop());
  kubelet.synced();
  await time.advance(10);
  kubelet.apply(pod('web', { initContainers: [container('init')], containers: [container('app')], restartPolicy: 'Never' }));
  const started = () => runtime.calls.filter(({ method }) => method === 'startContainer').length;
  return { time, started, status: () => kubelet.view('uid-web')?.pod.status };
};

it('an init container that seemed to end well is no success where its record says that memory ran out in it', async () => {
  const { time, started, status } = await machine(0, 'OOMKilled');
  await time.advance(30_000);
  expect(started()).toBe(1);
  expect(status()).toMatchObject({
    phase: 'Failed',
    initContainerStatuses: [{ state: { terminated: { exitCode: 0, reason: 'OOMKilled' } } }],
  });
});

it('an init container that ends well is followed once its record says so, and a container of the Pod is told of at once', async () => {
  const { time, started, status } = await machine(0);
  await time.advance(2_000 + LAG_MS - 500);
  expect(started()).toBe(1);
  await time.advance(2_000);
  expect(started()).toBe(2);
  await time.advance(2_000);
  expect(status()).toMatchObject({ phase: 'Succeeded', containerStatuses: [{ state: { terminated: { reason: 'Completed' } } }] });
});

it('an init container that fails is told of at once', async () => {
  const { time, status } = await machine(3);
  await time.advance(3_000);
  expect(status()).toMatchObject({ phase: 'Failed', initContainerStatuses: [{ state: { terminated: { exitCode: 3 } } }] });
});
