import { type PodRecord, type PodUid, podUid, type RuntimePort, type StatusStore } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeRuntimeOptions,
  fakeRuntime,
  nodeFacts,
  pod,
  type TestKubelet,
  testKubelet,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { NodeAdmissionFacts } from '../src/core/admission/node-admission-facts.js';
import { asKept } from './as-kept.js';
import { watchStatuses } from './watch-statuses.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

/** Carries out a start that was sent whether its kubelet still waits for it or not, as containerd may. */
const startsWhatWasSent = (runtime: RuntimePort): RuntimePort => ({
  ...runtime,
  startContainer: (request, { signal, report }) =>
    Promise.race([
      runtime.startContainer(request, { signal: new AbortController().signal, report: () => {} }),
      new Promise<never>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    ]).then((result) => {
      if (result.ok) report({ type: 'containerStarted', containerName: request.container.name, containerId: result.containerId });
      return result;
    }),
});

/** Notes the phases that the pod `uid-web` goes through, with a bar where the kubelet is another. */
const machine = async (options: Partial<FakeRuntimeOptions> = {}) => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, ...options });
  const records = new Map<PodUid, PodRecord>();
  const store: StatusStore = {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.podUid, asKept(record)),
    remove: async (uid) => void records.delete(uid),
  };
  const phases: string[] = [];
  const broken: string[] = [];
  const watch = watchStatuses(broken);
  const boot = (deps: Partial<Parameters<typeof testKubelet>[0]> = {}) => {
    const kubelet = testKubelet({ runtime: startsWhatWasSent(runtime), scheduler, store, ...deps });
    const unwatch = watch(kubelet);
    const noting = kubelet.reconciler.pods$.subscribe((views) => {
      const phase = views.get(podUid('uid-web'))?.pod.status?.phase;
      if (phase !== undefined && phases.at(-1) !== phase) phases.push(phase);
    });
    const stop = () => {
      unwatch();
      noting.unsubscribe();
      kubelet.stop();
      phases.push('|');
    };
    cleanups.push(stop);
    return { kubelet, stop };
  };
  return { time, runtime, boot, phases, broken };
};

const evict = (kubelet: TestKubelet): void =>
  kubelet.command({
    type: 'terminate',
    podUid: podUid('uid-web'),
    termination: { reason: 'Evicted', message: 'It takes too much.', gracePeriodSeconds: 1, disruption: false },
  });

describe('a phase that is Failed or Succeeded is final', () => {
  it('for a pod whose sidecar still ends when another kubelet takes over: it has not ended yet', async () => {
    const { time, boot, phases, broken } = await machine({
      script: ({ name }) => (name === 'app' ? { runsForMs: 3_000, exitCode: 1 } : { stopsAfterMs: 5_000 }),
    });
    const web = pod('web', {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      initContainers: [container('side', { restartPolicy: 'Always' })],
    });
    const first = boot();
    first.kubelet.synced();
    first.kubelet.apply(web);
    await time.advance(5_000);
    first.stop();
    const { kubelet } = boot();
    kubelet.apply(web);
    kubelet.synced();
    await time.advance(60_000);
    expect(phases).toEqual(['Pending', 'Running', '|', 'Pending', 'Running', 'Failed']);
    expect(broken).toEqual([]);
  });

  it('for an evicted pod of which nothing is left, while the next kubelet does not know yet what its node offers', async () => {
    const { time, runtime, boot, phases, broken } = await machine();
    const first = boot();
    first.kubelet.synced();
    first.kubelet.apply(pod('web'));
    await time.advance(5_000);
    evict(first.kubelet);
    await time.advance(10_000);
    expect(runtime.pods.size).toBe(0);
    first.stop();
    const node$ = new Subject<NodeAdmissionFacts>();
    const { kubelet } = boot({ node$ });
    kubelet.apply(pod('web'));
    kubelet.synced();
    await time.advance(5_000);
    node$.next(nodeFacts());
    await time.advance(60_000);
    expect(phases).toEqual(['Pending', 'Running', 'Failed', '|', 'Pending', 'Failed']);
    expect(kubelet.view('uid-web')?.pod.status).toMatchObject({ reason: 'Evicted', message: 'It takes too much.' });
    expect(runtime.pods.size).toBe(0);
    expect(broken).toEqual([]);
  });

  it('for a pod that is evicted while its container is being started: it ends when that has', async () => {
    const { time, runtime, boot, phases, broken } = await machine({ latencyMs: () => 1_000 });
    const { kubelet } = boot();
    kubelet.synced();
    await time.advance(10_000);
    kubelet.apply(pod('web', { restartPolicy: 'Never' }));
    while (runtime.calls.at(-1)?.method !== 'createSandbox') await time.advance(10);
    await time.advance(100);
    evict(kubelet);
    await time.advance(60_000);
    expect(runtime.calls.some(({ method }) => method === 'startContainer')).toBe(true);
    expect(phases).toEqual(['Pending', 'Running', 'Failed']);
    expect(broken).toEqual([]);
    expect(kubelet.crash).toBeUndefined();
  });

  it('for a pod whose deadline passes while its container is being started', async () => {
    const { time, runtime, boot, phases, broken } = await machine({ latencyMs: () => 1_500 });
    const { kubelet } = boot();
    kubelet.synced();
    await time.advance(10_000);
    kubelet.apply(pod('web', { restartPolicy: 'Never', activeDeadlineSeconds: 3 }));
    await time.advance(60_000);
    expect(runtime.calls.some(({ method }) => method === 'startContainer')).toBe(true);
    expect(phases).toEqual(['Pending', 'Running', 'Failed']);
    expect(broken).toEqual([]);
  });
});
