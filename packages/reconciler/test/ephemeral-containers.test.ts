import { container, fakeRuntime, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { afterEach, expect, it } from 'vitest';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const SHELL = 'shell';
const machine = async (script: Parameters<typeof fakeRuntime>[0]['script'] = () => ({})) => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, script });
  const kubelet = testKubelet({ runtime, scheduler });
  cleanups.push(() => kubelet.stop());
  kubelet.synced();
  await time.advance(10);
  const starts = (name: string) => runtime.calls.filter((call) => call.method === 'startContainer' && call.name === name).length;
  const status = () => kubelet.view('uid-web')?.pod.status;
  return { time, runtime, kubelet, starts, status };
};

it.each([
  ['a Pod of a file', 'apply'],
  ['a Pod of an API server', 'assign'],
] as const)('added to %s runs once, and what it was added to runs on', async (_what, give) => {
  const { time, runtime, kubelet, starts, status } = await machine(({ name }) => (name === SHELL ? { runsForMs: 60_000 } : {}));
  const web = pod('web');
  kubelet[give](web);
  await time.advance(5_000);
  const before = runtime.calls.filter(({ method }) => method === 'createSandbox').length;
  kubelet[give]({ ...web, spec: { ...web.spec, ephemeralContainers: [container(SHELL)] } });
  await time.advance(5_000);
  expect(status()).toMatchObject({ phase: 'Running', ephemeralContainerStatuses: [{ name: SHELL, state: { running: {} } }] });
  await time.advance(300_000);
  expect(status()?.ephemeralContainerStatuses).toMatchObject([{ state: { terminated: { exitCode: 0 } }, restartCount: 0 }]);
  expect([starts(SHELL), starts('app')]).toEqual([1, 1]);
  expect(runtime.calls.filter(({ method }) => method === 'createSandbox')).toHaveLength(before);
  expect(
    kubelet.events.filter(
      ({ reason, involvedObject }) => reason === 'Started' && involvedObject.fieldPath === `spec.ephemeralContainers{${SHELL}}`,
    ),
  ).toHaveLength(1);
  expect([kubelet.crash, runtime.violations]).toEqual([undefined, []]);
});

it('does not shorten the back-off of a container that crashes', async () => {
  const { time, kubelet, starts, status } = await machine(({ name }) => (name === SHELL ? {} : { runsForMs: 100, exitCode: 1 }));
  const web = pod('web');
  kubelet.apply(web);
  await time.advance(25_000); // the third start was at 10 s, the fourth is due at 30 s
  const before = starts('app');
  expect(status()).toMatchObject({ containerStatuses: [{ state: { waiting: { reason: 'CrashLoopBackOff' } } }] });
  kubelet.apply({ ...web, spec: { ...web.spec, ephemeralContainers: [container(SHELL)] } });
  await time.advance(1_000);
  expect(status()).toMatchObject({ ephemeralContainerStatuses: [{ state: { running: {} } }] });
  expect(starts('app')).toBe(before);
});

it('has no other start where its target is not there', async () => {
  const { time, kubelet, starts, status } = await machine();
  const web = pod('web');
  kubelet.apply({ ...web, spec: { ...web.spec, ephemeralContainers: [{ ...container(SHELL), targetContainerName: 'gone' }] } });
  await time.advance(5_000);
  expect(starts(SHELL)).toBe(0);
  expect(status()?.ephemeralContainerStatuses).toMatchObject([
    { state: { waiting: { reason: 'CreateContainerConfigError', message: 'unable to find target container gone' } } },
  ]);
});
