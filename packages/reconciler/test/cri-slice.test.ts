import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import { createPodEnvironment } from '@solo-kubelet/pod-environment';
import { testNode } from '@solo-kubelet/pod-environment/testing';
import type { Pod } from '@solo-kubelet/pod-spec';
import { createReconciler, type KubeletActivity, type KubeletEvent, type PodUid, type PodView } from '@solo-kubelet/reconciler';
import { criRuntime } from '@solo-kubelet/reconciler/cri';
import { container, nodeFacts, pod } from '@solo-kubelet/reconciler/testing';
import { merge, of, Subject, tap } from 'rxjs';
import { expect, it } from 'vitest';
import { eventually } from './eventually.js';

const origin = (path: string) => ({ source: 'file' as const, path, document: 0 });
const source = { source: 'file' as const, path: '/m' };

/** A whole kubelet but for its manifests, on a CRI server in memory. */
const startKubelet = async (options: FakeCriOptions = {}) => {
  const rootDir = await mkdtemp(join(tmpdir(), 'reconciler-'));
  const fake = await createFakeCri({ images: [{ tags: ['app:1'] }, { tags: ['app:2'] }], ...options });
  const cri = createCriClient({ endpoint: fake.endpoint });
  const environment = createPodEnvironment(testNode(rootDir));
  const manifestEvent$ = new Subject<ManifestEvent>();
  const runtime = criRuntime({ cri, environment, podLogsDir: `${rootDir}-logs`, containerLogsDir: '' });
  const { run$, activity$, pods$, events$ } = createReconciler({ manifestEvent$, sources: [source], runtime, node$: of(nodeFacts()) });
  const activities: KubeletActivity[] = [];
  const events: KubeletEvent[] = [];
  let pods: ReadonlyMap<PodUid, PodView> = new Map();
  const subscription = merge(
    run$,
    activity$.pipe(tap((activity) => activities.push(activity))),
    events$.pipe(tap((event) => events.push(event))),
    pods$.pipe(tap((next) => (pods = next))),
  ).subscribe({ error: (error: unknown) => activities.push({ error } as never) });
  return {
    fake,
    activities,
    events,
    view: (uid: string) => pods.get(uid as PodUid),
    apply: (it: Pod, path = `/m/${it.metadata.name}.yaml`) =>
      manifestEvent$.next({ type: 'applied', origin: origin(path), pod: it, warnings: [] }),
    remove: (path: string) => manifestEvent$.next({ type: 'removed', origin: origin(path) }),
    synced: () => manifestEvent$.next({ type: 'synced', ...source }),
    [Symbol.asyncDispose]: async () => {
      subscription.unsubscribe();
      await cri.close();
      await fake.close();
      await rm(rootDir, { recursive: true, force: true });
      await rm(`${rootDir}-logs`, { recursive: true, force: true });
    },
  };
};

it.each(['containerd', 'cri-o'] as const)('takes a pod on %s from its manifest through a crash to its removal', async (personality) => {
  await using kubelet = await startKubelet({ personality });
  kubelet.synced();
  kubelet.apply(pod('web'));
  await eventually(() => expect(kubelet.view('uid-web')?.pod.status).toMatchObject({ phase: 'Running' }));
  expect(kubelet.view('uid-web')?.pod.status?.podIP).toMatch(/^10\.88\./);

  kubelet.fake.exitContainer('app', { exitCode: 3 });
  await eventually(() =>
    expect(kubelet.view('uid-web')?.pod.status?.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 3 } },
    }),
  );

  kubelet.remove('/m/web.yaml');
  await eventually(() => expect(kubelet.view('uid-web')).toBeUndefined());
  expect(kubelet.fake.sandboxes).toEqual([]);
  expect(kubelet.fake.containers).toEqual([]);
  expect(kubelet.events.map(({ reason }) => reason)).toEqual(['Pulled', 'Created', 'Started', 'Pulled', 'Created', 'Started', 'Killing']);
});

it('replaces a pod whose manifest was edited as soon as the old one has stopped', async () => {
  await using kubelet = await startKubelet();
  kubelet.synced();
  kubelet.apply(pod('web'));
  await eventually(() => expect(kubelet.view('uid-web')?.pod.status?.phase).toBe('Running'));
  kubelet.apply(pod('web', { containers: [container('app', { image: 'app:2' })] }, { uid: 'uid-web-2' }));
  await eventually(() => expect(kubelet.view('uid-web-2')?.pod.status?.phase).toBe('Running'));
  await eventually(() => expect(kubelet.view('uid-web')).toBeUndefined());
  expect(kubelet.fake.sandboxes).toHaveLength(1);
});

it('sees a container that ends the moment it starts, though the runtime’s records lag behind its events', async () => {
  await using kubelet = await startKubelet({ recordLagMs: 40, containers: () => ({ runsForMs: 1, exitCode: 4 }) });
  kubelet.synced();
  for (const name of ['a', 'b', 'c', 'd']) kubelet.apply(pod(name, { restartPolicy: 'Never' }));
  await eventually(() => {
    for (const name of ['a', 'b', 'c', 'd']) expect(kubelet.view(`uid-${name}`)?.pod.status?.phase).toBe('Failed');
  }, 8_000); // a relist would come after 10 s
});

it('shows an end, and starts the container again, as the event tells it and before the runtime’s records follow', async () => {
  await using kubelet = await startKubelet({ recordLagMs: 3_000 });
  kubelet.synced();
  kubelet.apply(pod('web'));
  kubelet.apply(pod('job', { restartPolicy: 'Never', containers: [container('work', { image: 'app:2' })] }));
  for (const name of ['web', 'job']) await eventually(() => expect(kubelet.view(`uid-${name}`)?.pod.status?.phase).toBe('Running'), 8_000);

  kubelet.fake.exitContainer('app', { exitCode: 3 });
  kubelet.fake.exitContainer('work', { exitCode: 0 });
  const endedAt = performance.now();
  await eventually(() => {
    expect(kubelet.view('uid-job')?.pod.status).toMatchObject({
      phase: 'Succeeded',
      containerStatuses: [{ state: { terminated: { reason: 'Completed' } } }],
    });
    expect(kubelet.view('uid-web')?.pod.status?.containerStatuses).toMatchObject([
      { restartCount: 1, state: { running: {} }, lastState: { terminated: { exitCode: 3, reason: 'Error' } } },
    ]);
  });
  expect(performance.now() - endedAt).toBeLessThan(2_900);
});

it('lets a container start that is being started when its manifest is edited, and ends the start of a pod that is to end', async () => {
  await using kubelet = await startKubelet();
  const starts = () => kubelet.fake.calls.filter(({ method }) => method === 'StartContainer').length;
  kubelet.fake.fault({ method: 'StartContainer', type: 'delay', ms: 500 });
  kubelet.synced();
  kubelet.apply(pod('web'));
  await eventually(() => expect(starts()).toBe(1));
  kubelet.apply(pod('web', {}, { labels: { edited: 'yes' } }));
  await eventually(() =>
    expect(kubelet.view('uid-web')?.pod).toMatchObject({ metadata: { labels: { edited: 'yes' } }, status: { phase: 'Running' } }),
  );
  expect(kubelet.view('uid-web')?.pod.status?.containerStatuses).toMatchObject([{ restartCount: 0, state: { running: {} } }]);
  expect([starts(), kubelet.fake.containers.length]).toEqual([1, 1]);

  kubelet.fake.fault({ method: 'StartContainer', type: 'hang' });
  kubelet.apply(pod('stuck'));
  await eventually(() => expect(starts()).toBe(2));
  kubelet.remove('/m/stuck.yaml');
  await eventually(() => expect(kubelet.view('uid-stuck')).toBeUndefined());
});
