import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import { expect, it } from 'vitest';
import { askRuntime, describeAnswer } from './ask-runtime.js';

const signal = AbortSignal.timeout(20_000);
const PAUSE = 'registry.k8s.io/pause:3.8';

it('learns the driver and sees to the sandbox image', async () => {
  await using fake = await createFakeCri({
    unimplemented: ['RuntimeConfig'],
    infoCgroupDriver: 'systemd',
    sandboxImage: PAUSE,
    registry: [{ tags: [PAUSE] }],
  });
  const answer = await askRuntime(fake.endpoint, { signal });
  expect(answer).toEqual({ type: 'answered', cgroupDriver: 'systemd', sandboxImage: { outcome: 'pulled', image: PAUSE } });
  expect(describeAnswer(answer, fake.endpoint)).toEqual({ done: [`pulled    ${PAUSE}`], wrong: [] });
});

it('says that a runtime is silent, and that new Pods will not start', async () => {
  const silent = await askRuntime('unix:///nowhere/c.sock', { signal });
  expect(describeAnswer(silent, 'unix:///nowhere/c.sock').wrong).toEqual([
    expect.stringMatching(/^The container runtime at .* does not answer/),
  ]);
  const bare = { type: 'answered', cgroupDriver: undefined, sandboxImage: 'no' } as const;
  expect(describeAnswer(bare, '').wrong).toEqual(['New Pods will not start: no']);
});

it('waits for a runtime that has not read its old pods yet', async () => {
  await using fake = await createFakeCri({ sandboxImage: PAUSE, images: [{ tags: [PAUSE] }], runtimeConfig: 'systemd' });
  for (const method of ['RuntimeConfig', 'Status', 'ImageStatus'])
    fake.fault({ method, type: 'error', code: 'UNKNOWN', message: 'server is not initialized yet', times: 2 });
  const answer = await askRuntime(fake.endpoint, { signal });
  expect(answer).toEqual({ type: 'answered', cgroupDriver: 'systemd', sandboxImage: { outcome: 'present', image: PAUSE } });
});
