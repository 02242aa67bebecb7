import type { PodStatus } from '@solo-kubelet/pod-spec';
import { type PodRecord, podUid, type StatusStore } from '@solo-kubelet/reconciler';
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
import { asKept } from './as-kept.js';
import { watchStatuses } from './watch-statuses.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const memoryStore = (): StatusStore & { readonly records: Map<string, PodRecord> } => {
  const records = new Map<string, PodRecord>();
  return {
    records,
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.podUid, asKept(record)),
    remove: async (uid) => void records.delete(uid),
  };
};

/** A kubelet in virtual time. `boot` starts another process on the same runtime and store. */
const machine = async (options: Partial<FakeRuntimeOptions> = {}, deps: Partial<Parameters<typeof testKubelet>[0]> = {}) => {
  const time = virtualTime();
  const { scheduler } = time;
  const runtime = fakeRuntime({ scheduler, ...options });
  const store = memoryStore();
  const boot = () => {
    const kubelet = testKubelet({ runtime, scheduler, store, ...deps });
    cleanups.push(() => kubelet.stop());
    return kubelet;
  };
  const kubelet = boot();
  kubelet.synced();
  await time.advance(10);
  const count = (method: string) => runtime.calls.filter((call) => call.method === method).length;
  const app = (uid = 'uid-web', name = 'app') =>
    [...runtime.pods].find(([podUid]) => podUid === uid)?.[1].containers.find((one) => one.name === name);
  return { time, scheduler, runtime, store, kubelet, boot, count, app };
};

const status = (kubelet: { view(uid: string): { readonly pod: { readonly status?: unknown } } | undefined }, uid = 'uid-web') =>
  kubelet.view(uid)?.pod.status as Record<string, never> | undefined;

describe('a crash loop', () => {
  it('restarts at once, then after 10, 20 and 40 seconds', async () => {
    const { time, runtime, kubelet } = await machine({ script: () => ({ runsForMs: 100, exitCode: 1 }) });
    kubelet.apply(pod('web'));
    await time.advance(90_000);
    const starts = runtime.calls.filter(({ method }) => method === 'startContainer').map(({ atMs }) => atMs);
    const pauses = starts.slice(1).map((at, index) => Math.round((at - starts[index]! - 100) / 1000));
    expect(pauses).toEqual([
      expect.toSatisfy((seconds: number) => seconds <= 1),
      expect.closeTo(10, -0.4),
      expect.closeTo(20, -0.4),
      expect.closeTo(40, -0.4),
    ]);
    expect(status(kubelet)).toMatchObject({
      phase: 'Running',
      containerStatuses: [{ restartCount: 4, state: { waiting: { reason: 'CrashLoopBackOff' } } }],
    });
    expect(kubelet.events.filter(({ reason }) => reason === 'BackOff').at(-1)?.count).toBeGreaterThan(1);
  });

  it.each([
    ['the manifest is read first', 0],
    ['the records are read first', 100],
  ])('goes on where it was when the kubelet restarts and %s', async (_what, readingMs) => {
    const { time, kubelet, boot, count } = await machine({ script: () => ({ runsForMs: 100, exitCode: 1 }) });
    kubelet.apply(pod('web'));
    await time.advance(35_000); // restarted at 0, 10 and 30 s: the next wait is 40 s
    kubelet.stop();
    const before = count('startContainer');
    const next = boot();
    await time.advance(readingMs);
    next.apply(pod('web'));
    next.synced();
    await time.advance(20_000);
    expect(count('startContainer')).toBe(before);
    await time.advance(25_000);
    expect(count('startContainer')).toBe(before + 1);
  });

  it('can be cut short by hand, and by touching the manifest', async () => {
    const { time, kubelet, count } = await machine({ script: () => ({ runsForMs: 100, exitCode: 1 }) });
    kubelet.apply(pod('web'));
    await time.advance(35_000);
    const before = count('startContainer');
    kubelet.command({ type: 'restart', podUid: 'uid-web' as never });
    await time.advance(50);
    expect(count('startContainer')).toBe(before + 1);
    await time.advance(3_000);
    kubelet.touch('/m/web.yaml');
    await time.advance(50);
    expect(count('startContainer')).toBe(before + 2);
    await time.advance(3_000);
    kubelet.apply(pod('web'));
    await time.advance(50);
    expect(count('startContainer')).toBe(before + 3);
  });
});

it('restarts what runs when nothing waits and a restart is asked for', async () => {
  const { time, kubelet, app, runtime } = await machine();
  kubelet.apply(pod('web', { initContainers: [container('init')] }));
  await time.advance(1_000);
  runtime.exit(app('uid-web', 'init')!.id, 0);
  await time.advance(2_000);
  const first = app();
  kubelet.command({ type: 'restart', podUid: 'uid-web' as never });
  await time.advance(2_000);
  expect(app()).toMatchObject({ state: 'running', restartCount: 1 });
  expect(app()?.id).not.toBe(first?.id);
  await time.advance(10_000);
  expect(app()?.restartCount).toBe(1);
});

describe('several pods', () => {
  it('start side by side: one that waits for its image holds up nobody', async () => {
    const { time, kubelet } = await machine({ pullMs: (image) => (image === 'slow:1' ? 600_000 : 0) });
    kubelet.apply(pod('slow', { containers: [container('slow')] }));
    for (let index = 0; index < 10; index++) kubelet.apply(pod(`quick${index}`));
    await time.advance(1_000);
    expect([...kubelet.pods.values()].filter(({ pod: it }) => it.status?.phase === 'Running')).toHaveLength(10);
  });

  it('may not bear one name at a time: the later one waits until the earlier one has ended', async () => {
    const { time, kubelet, runtime } = await machine();
    kubelet.apply(pod('web'), '/m/a.yaml');
    kubelet.apply(pod('web', {}, { uid: 'uid-late' }), '/m/b.yaml');
    await time.advance(2_000);
    expect(kubelet.view('uid-late')).toMatchObject({ waitingForName: true, pod: { status: { phase: 'Pending' } } });
    kubelet.remove('/m/a.yaml');
    await time.advance(2_000);
    expect([...runtime.pods.keys()]).toEqual(['uid-late']);
  });
});

describe('an edited manifest', () => {
  it('has its new images fetched while the old pod runs, and takes over the moment that has stopped', async () => {
    const { time, scheduler, kubelet, runtime } = await machine({ script: () => ({ stopsAfterMs: 5_000 }) });
    kubelet.apply(pod('web'), '/m/web.yaml');
    await time.advance(2_000);
    const editedAtMs = scheduler.now();
    kubelet.apply(pod('web', {}, { uid: 'uid-web-2' }), '/m/web.yaml');
    await time.advance(20_000);
    const at = (method: string) =>
      runtime.calls.filter((call) => call.method === method && call.podUid === 'uid-web-2').map(({ atMs }) => atMs - editedAtMs)[0];
    expect(at('pullImages')).toBeLessThan(100);
    expect(at('startContainer')).toBeGreaterThan(5_000);
    expect(at('startContainer')).toBeLessThan(5_200);
    expect([...runtime.pods.keys()]).toEqual(['uid-web-2']);
    expect(runtime.cleaned).toContain('uid-web');
  });
});

describe('removal', () => {
  it('gives up a pull that is under way', async () => {
    const { time, kubelet, runtime } = await machine({ pullMs: () => 3_600_000 });
    kubelet.apply(pod('web'));
    await time.advance(5_000);
    kubelet.remove('/m/web.yaml');
    await time.advance(1_000);
    expect(kubelet.view('uid-web')).toBeUndefined();
    expect(runtime.pods.size).toBe(0);
    expect(kubelet.events.map(({ reason }) => reason)).not.toContain('Failed');
  });

  it.each([
    ['while it ends', 1_000, 1],
    ['at once', 0, 1],
    ['a little later', 20_000, 1],
    ['much later', 90_000, 0],
  ])(
    'followed by a return of the same pod %s ends the old one first, and goes on counting if that is not long ago',
    async (_when, afterMs, restartCount) => {
      const { time, kubelet, app } = await machine({ script: () => ({ stopsAfterMs: 5_000 }) });
      kubelet.apply(pod('web'));
      await time.advance(2_000);
      const first = status(kubelet)!['startTime']!;
      kubelet.remove('/m/web.yaml');
      await time.advance(afterMs);
      kubelet.apply(pod('web'));
      await time.advance(10_000);
      expect(app()).toMatchObject({ state: 'running', restartCount, id: 'container-4' });
      expect(status(kubelet)).toMatchObject({
        phase: 'Running',
        containerStatuses: [{ restartCount, lastState: restartCount === 0 ? {} : { terminated: { exitCode: 143 } } }],
      });
      expect(Date.parse(status(kubelet)!['startTime']!)).toBeGreaterThan(Date.parse(first));
    },
  );

  it('followed by a return of a pod that has run to its end runs it anew', async () => {
    const { time, kubelet, app } = await machine({ script: () => ({ runsForMs: 100 }) });
    kubelet.apply(pod('web', { restartPolicy: 'Never' }));
    await time.advance(2_000);
    kubelet.remove('/m/web.yaml');
    await time.advance(2_000);
    kubelet.apply(pod('web', { restartPolicy: 'Never' }));
    await time.advance(5_000);
    expect(app()).toMatchObject({ state: 'exited', restartCount: 0, id: 'container-4' });
    expect(status(kubelet)).toMatchObject({ phase: 'Succeeded', containerStatuses: [{ restartCount: 0 }] });
  });

  it('runs preStop within the grace period and stops with what is left of it', async () => {
    const { time, kubelet, runtime, scheduler } = await machine({ script: () => ({ stopsAfterMs: 60_000 }) });
    kubelet.apply(
      pod('web', {
        terminationGracePeriodSeconds: 10,
        containers: [container('app', { lifecycle: { preStop: { sleep: { seconds: 4 } } } })],
      }),
    );
    await time.advance(2_000);
    const removedAtMs = scheduler.now();
    kubelet.remove('/m/web.yaml');
    await time.advance(30_000);
    const stopped = kubelet.activities.find(({ type }) => type === 'containerStopped');
    expect(Math.round((stopped!.atMs - removedAtMs) / 100) / 10).toBeCloseTo(10, 0);
    expect(runtime.violations).toEqual([]);
  });

  it('leaves a preStop hook that outlasts the grace period alone until its container has ended', async () => {
    const { time, kubelet, runtime, scheduler } = await machine({ script: () => ({ stopsAfterMs: 1_000 }) });
    const endless = container('app', { lifecycle: { preStop: { sleep: { seconds: 60 } } } });
    kubelet.apply(pod('web', { terminationGracePeriodSeconds: 3, containers: [endless] }));
    await time.advance(2_000);
    const removedAtMs = scheduler.now();
    kubelet.remove('/m/web.yaml');
    await time.advance(10_000);
    const endOfHook = runtime.calls.find(({ method }) => method === 'runHook')!.atMs - removedAtMs;
    expect(endOfHook).toBeGreaterThanOrEqual(4_000);
    expect(endOfHook).toBeLessThan(4_500);
    expect(kubelet.events.map(({ reason }) => reason)).toContain('FailedPreStopHook');
  });

  it('lets sidecars stop in reverse order, after the others', async () => {
    const { time, kubelet } = await machine({ script: (it) => ({ stopsAfterMs: it.name === 'app' ? 3_000 : 1_000 }) });
    const sidecar = (name: string) => container(name, { restartPolicy: 'Always' });
    kubelet.apply(pod('web', { initContainers: [sidecar('a'), sidecar('b')] }));
    await time.advance(5_000);
    kubelet.remove('/m/web.yaml');
    await time.advance(30_000);
    const order = kubelet.activities.flatMap((activity) => (activity.type === 'containerStopped' ? [activity.stop.containerName] : []));
    expect(order).toEqual(['app', 'b', 'a']);
  });
});

it.each([
  ['was removed while no kubelet ran', false, ['app', 'b', 'a']],
  ['was ending as the kubelet ended', true, ['app', 'b', 'a']],
])('lets sidecars stop in that order also when the pod %s', async (_when, isEnding, expected) => {
  const { time, kubelet, boot, runtime } = await machine({ script: (it) => ({ stopsAfterMs: it.name === 'app' ? 9_000 : 4_000 }) });
  const sidecar = (name: string) => container(name, { restartPolicy: 'Always' });
  kubelet.apply(pod('web', { initContainers: [sidecar('a'), sidecar('b')] }));
  await time.advance(5_000);
  if (isEnding) kubelet.remove('/m/web.yaml');
  await time.advance(2_000);
  kubelet.stop();
  const before = runtime.calls.length;
  const next = boot();
  next.synced();
  await time.advance(40_000);
  const stops = runtime.calls.slice(before).filter(({ method }) => method === 'stopContainer');
  expect(stops.map(({ name }) => name)).toEqual(expected);
  const waits = stops.slice(1).map(({ atMs }, index) => atMs - stops[index]!.atMs);
  for (const waited of waits) expect(waited).toBeGreaterThanOrEqual(4_000);
  expect(runtime.pods.size).toBe(0);
  expect(runtime.violations).toEqual([]);
});

it.each([
  ['while its container stops', 100],
  ['as its container has stopped', 4_500],
  ['while its sidecars stop', 6_000],
])('lets sidecars stop in that order though the kubelet is started anew twice %s', async (_when, betweenMs) => {
  const { time, kubelet, boot, runtime, store } = await machine({
    script: (it) => ({ stopsAfterMs: it.name === 'app' ? 9_000 : 4_000 }),
  });
  const sidecar = (name: string) => container(name, { restartPolicy: 'Always' });
  kubelet.apply(pod('web', { initContainers: [sidecar('a'), sidecar('b')] }));
  await time.advance(5_000);
  kubelet.remove('/m/web.yaml');
  await time.advance(100);
  kubelet.stop();
  for (const _restart of [1, 2]) {
    const next = boot();
    await time.advance(10);
    next.synced();
    await time.advance(betweenMs);
    next.stop();
  }
  expect(store.records.size).toBe(1);
  boot().synced();
  await time.advance(60_000);
  const ends = new Map(runtime.calls.filter(({ method }) => method === 'stopContainer').map(({ name, atMs }) => [name, atMs] as const));
  expect(runtime.pods.size).toBe(0);
  expect([...ends].sort(([, a], [, b]) => a - b).map(([name]) => name)).toEqual(['app', 'b', 'a']);
  expect(store.records.size).toBe(0);
});

describe('a pod that comes to its end', () => {
  it('is said to have ended only when its sidecars have, too', async () => {
    const { time, kubelet } = await machine({ script: ({ name }) => (name === 'app' ? { runsForMs: 5_000 } : { stopsAfterMs: 5_000 }) });
    const sidecar = container('side', { restartPolicy: 'Always' });
    kubelet.apply(pod('web', { restartPolicy: 'Never', initContainers: [sidecar] }));
    await time.advance(8_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Running', containerStatuses: [{ state: { terminated: { exitCode: 0 } } }] });
    await time.advance(5_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Succeeded', initContainerStatuses: [{ state: { terminated: { exitCode: 143 } } }] });
  });

  it('has not when a container that ends well is being started again for failing its probe', async () => {
    const { time, kubelet, app, runtime } = await machine({ script: () => ({ stopsWith: 0 }), pullMs: () => 3_000 });
    const probed = container('app', { imagePullPolicy: 'Always', livenessProbe: { tcpSocket: { port: 80 } } });
    kubelet.apply(pod('web', { restartPolicy: 'OnFailure', containers: [probed] }));
    await time.advance(6_000);
    const probeResult = {
      podUid: 'uid-web',
      pod: 'default/web',
      containerName: 'app',
      containerId: app()!.id,
      output: '',
      atMs: 0,
    } as const;
    kubelet.probe({ type: 'probeResult', probeResult: { ...probeResult, kind: 'liveness', result: 'failure' } });
    await time.advance(2_000);
    expect(app()?.state).toBe('exited'); // and its successor's image is on its way
    expect(status(kubelet)).toMatchObject({ phase: 'Running' });
    await time.advance(20_000);
    expect(app()).toMatchObject({ state: 'running', restartCount: 1 });
    expect(status(kubelet)).toMatchObject({ phase: 'Running' });
    expect(runtime.violations).toEqual([]);
  });
});

it('restarts all containers of a run-once pod when a sidecar asks for it, and never takes the pod for failed meanwhile', async () => {
  const rules = [{ action: 'RestartAllContainers' as const, exitCodes: { operator: 'In' as const, values: [42] } }];
  const { time, kubelet, count } = await machine({
    script: ({ name }, life) => {
      if (name === 'init') return { runsForMs: 3_000 };
      return name === 'source' && life === 0 ? { runsForMs: 10_000, exitCode: 42 } : {};
    },
  });
  kubelet.apply(
    pod('web', {
      restartPolicy: 'Never',
      initContainers: [container('init'), container('source', { restartPolicy: 'Always', restartPolicyRules: rules })],
    }),
  );
  const phases = new Set<string>();
  for (let second = 0; second < 300; second += 1) {
    await time.advance(100);
    phases.add(status(kubelet)!['phase']!);
  }
  expect([...phases]).toEqual(['Pending', 'Running']);
  const again = { restartCount: 1, lastState: { terminated: expect.anything() } };
  expect(status(kubelet)).toMatchObject({ initContainerStatuses: [again, again], containerStatuses: [again] });
  expect(count('startContainer')).toBe(6);
});

describe('a kubelet that restarts', () => {
  it('disturbs nothing that runs, ends what was removed meanwhile, and starts what is new', async () => {
    const { time, kubelet, boot, runtime, app } = await machine();
    kubelet.apply(pod('web'));
    kubelet.apply(pod('gone'));
    await time.advance(2_000);
    const before = app();
    kubelet.stop();
    const next = boot();
    next.apply(pod('web'));
    next.apply(pod('fresh'));
    await time.advance(5_000);
    expect([...runtime.pods.keys()].sort()).toEqual(['uid-fresh', 'uid-gone', 'uid-web']); // not synced yet: nobody is an orphan
    next.synced();
    await time.advance(5_000);
    expect([...runtime.pods.keys()].sort()).toEqual(['uid-fresh', 'uid-web']);
    expect(app()?.id).toBe(before?.id);
  });

  it.each([
    ['the manifest is read first', 0],
    ['the runtime is looked at first', 3_000],
  ])('keeps start time, readiness and transition times when %s', async (_what, readingMs) => {
    const { time, kubelet, boot } = await machine({ script: ({ name }) => (name === 'init' ? { runsForMs: 100 } : {}) });
    const containers = [container('app', { readinessProbe: { tcpSocket: { port: 80 } } })];
    const probed = pod('web', { initContainers: [container('init')], containers });
    kubelet.apply(probed);
    await time.advance(2_000);
    const containerId = kubelet.view('uid-web')!.pod.status!.containerStatuses![0]!.containerID!.slice('fake://'.length);
    const probeResult = {
      podUid: 'uid-web',
      pod: 'default/web',
      containerName: 'app',
      containerId,
      kind: 'readiness',
      result: 'success',
      output: '',
      atMs: 0,
    } as const;
    kubelet.probe({ type: 'probeResult', probeResult });
    await time.advance(60_000);
    const before = kubelet.view('uid-web')!.pod.status;
    expect(before?.conditions?.find(({ type }) => type === 'Ready')?.status).toBe('True');
    kubelet.stop();
    const next = boot();
    await time.advance(readingMs);
    next.apply(probed);
    next.synced();
    await time.advance(5_000);
    expect(next.view('uid-web')!.pod.status).toEqual(before);
  });

  it.each([
    ['while the kubelet was down', false],
    ['before the kubelet was restarted', true],
  ])('counts the start time from now when somebody removed a container %s, and shows its end all the same', async (_when, alive) => {
    const { time, kubelet, boot, runtime, app } = await machine({ script: ({ name }) => (name === 'init' ? { runsForMs: 100 } : {}) });
    const manifest = pod('web', { initContainers: [container('init')] });
    kubelet.apply(manifest);
    await time.advance(60_000);
    const before = kubelet.view('uid-web')!.pod.status!;
    expect(before.initContainerStatuses?.[0]).toMatchObject({ state: { terminated: { reason: 'Completed' } }, lastState: {} });
    if (!alive) kubelet.stop();
    const removed = runtime.removeContainer(app('uid-web', 'init')!.id, { signal: new AbortController().signal });
    await time.advance(10);
    await removed;
    if (alive) {
      await time.advance(90_000);
      expect(kubelet.view('uid-web')!.pod.status).toEqual(before);
      kubelet.stop();
    }
    const restart = async () => {
      const next = boot();
      await time.advance(1_000);
      next.apply(manifest);
      next.synced();
      await time.advance(30_000);
      next.stop();
      return next.view('uid-web')!.pod.status!;
    };
    const after = await restart();
    expect(Date.parse(after.startTime!) - Date.parse(before.startTime!)).toBe(alive ? 150_000 : 60_000);
    expect(after.initContainerStatuses?.[0]).toMatchObject({ state: { terminated: { reason: 'Completed', exitCode: 0 } }, lastState: {} });
    expect((await restart()).startTime).toBe(after.startTime);
  });

  it('writes a record that could not be written, as on a full disk, once it can, and tells of the failure once', async () => {
    const held = memoryStore();
    let full = true;
    const store: StatusStore = {
      ...held,
      save: async (record) => {
        if (full) throw new Error('ENOSPC');
        await held.save(record);
      },
    };
    const { time, kubelet } = await machine({}, { store });
    kubelet.apply(pod('web'));
    await time.advance(60_000);
    expect(held.records.size).toBe(0);
    expect(kubelet.activities.filter(({ type }) => type === 'storeFailed')).toHaveLength(1);
    full = false;
    await time.advance(11_000);
    expect([...held.records.values()].map((record) => record.status.phase)).toEqual(['Running']);
  });

  it('writes a record once while its pod starts, and what was held back when it is told to stop', async () => {
    const saves: string[] = [];
    const held = memoryStore();
    const store: StatusStore = {
      ...held,
      save: async (record) => {
        saves.push(record.status.phase ?? '');
        await held.save(record);
      },
    };
    const stop$ = new Subject<void>();
    const { time, kubelet } = await machine({}, { store, stop$ });
    let written = false;
    kubelet.reconciler.records$.subscribe({ complete: () => (written = true) });
    kubelet.apply(pod('web'));
    await time.advance(400);
    expect(status(kubelet)).toMatchObject({ phase: 'Running' });
    const before = saves.length;
    // When it was admitted; that its sandbox and its container were started with what is allocated to it waits for its status.
    expect(before).toBe(1);
    stop$.next();
    await time.advance(0);
    expect(saves.slice(before)).toEqual(['Running']);
    expect(written).toBe(true);
  });

  it('clears away what is left on disk of a pod that nobody knows, once every source has spoken', async () => {
    const { time, kubelet, boot, runtime, store } = await machine();
    kubelet.apply(pod('web'));
    kubelet.apply(pod('stays'));
    await time.advance(2_000);
    kubelet.stop();
    const { signal } = new AbortController();
    const removed = runtime.removeSandbox(runtime.pods.get(podUid('uid-web'))!.sandboxes[0]!.id, { signal });
    await time.advance(10);
    await removed;
    store.records.clear();
    const next = boot();
    next.apply(pod('stays'));
    await time.advance(5_000);
    expect([...runtime.cleaned]).toEqual([]);
    next.synced();
    await time.advance(5_000);
    expect([...runtime.cleaned]).toEqual(['uid-web']);
    expect([...next.pods.keys()]).toEqual(['uid-stays']);
  });

  it('clears away what is left of a pod that lost its manifest and its containers meanwhile', async () => {
    const { time, kubelet, boot, runtime, store } = await machine();
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    kubelet.stop();
    const { sandboxes } = [...runtime.pods.values()][0]!;
    const removed = runtime.removeSandbox(sandboxes[0]!.id, { signal: new AbortController().signal });
    await time.advance(10);
    await removed;
    boot().synced();
    await time.advance(5_000);
    expect(runtime.cleaned).toContain('uid-web');
    expect(store.records.size).toBe(0);
  });

  it('does not run a run-once pod again, even when its records are gone', async () => {
    const { time, kubelet, boot, count, app, runtime } = await machine({ script: () => ({ runsForMs: 100 }) });
    const once = pod('web', { restartPolicy: 'Never' });
    kubelet.apply(once);
    await time.advance(5_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Succeeded' });
    await runtime.removeContainer(app()!.id, { signal: AbortSignal.abort() }).catch(() => undefined);
    kubelet.stop();
    const next = boot();
    next.apply(once);
    next.synced();
    await time.advance(60_000);
    expect(status(next)).toMatchObject({ phase: 'Succeeded' });
    expect(count('startContainer')).toBe(1);
  });
});

describe('a runtime in trouble', () => {
  it('that cannot be listed is not an empty one', async () => {
    let down = false;
    const { time, kubelet, app, count } = await machine({ fault: () => (down ? 'fail' : undefined) });
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    const before = app();
    const starts = count('startContainer');
    down = true;
    await time.advance(30_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Running' });
    down = false;
    await time.advance(30_000);
    expect(app()?.id).toBe(before?.id);
    expect(count('startContainer')).toBe(starts);
  });

  it('that loses replies never gets two of a kind', async () => {
    let calls = 0;
    const { time, kubelet, runtime, app } = await machine({
      fault: (method) => (method !== 'list' && ++calls % 3 === 0 ? 'loseReply' : undefined),
    });
    kubelet.apply(pod('web', { initContainers: [container('one'), container('side', { restartPolicy: 'Always' })] }));
    await time.advance(5_000);
    const one = app('uid-web', 'one');
    if (one !== undefined) runtime.exit(one.id, 0);
    await time.advance(120_000);
    expect(runtime.violations).toEqual([]);
    expect(app()).toMatchObject({ state: 'running' });
  });
});

describe('admission', () => {
  const onPort = (name: string) =>
    pod(name, { containers: [container('app', { ports: [{ containerPort: 80, hostPort: 80, protocol: 'TCP' }] })] });
  it('that was refused is granted when the cause goes away', async () => {
    const { time, kubelet } = await machine();
    kubelet.apply(onPort('first'));
    kubelet.apply(onPort('second'));
    await time.advance(2_000);
    expect(status(kubelet, 'uid-second')).toMatchObject({ phase: 'Failed', reason: 'NodePorts' });
    expect(kubelet.events.find(({ reason }) => reason === 'NodePorts')).toMatchObject({
      type: 'Warning',
      involvedObject: { name: 'second' },
    });
    kubelet.remove('/m/first.yaml');
    await time.advance(5_000);
    expect(status(kubelet, 'uid-second')).toMatchObject({ phase: 'Running' });
  });

  it('shows nothing of what an earlier process knew of a pod that ran, before the runtime has been looked at', async () => {
    const { time, kubelet, boot } = await machine({ script: ({ name }) => (name === 'once' ? { runsForMs: 100 } : {}) });
    const once = pod('done', { restartPolicy: 'Never', containers: [container('once')] });
    for (const one of [pod('web'), once]) kubelet.apply(one);
    await time.advance(3_000);
    kubelet.stop();
    const next = boot();
    for (const one of [pod('web'), once]) next.apply(one);
    await time.advance(0);
    expect(status(next)).toEqual({ phase: 'Pending' });
    expect(status(next, 'uid-done')).toMatchObject({ phase: 'Succeeded' });
    next.synced();
    await time.advance(2_000);
    expect(status(next)).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
  });

  it('shows a pod that is removed before it was admitted anew as it ended', async () => {
    const { time, kubelet, boot, runtime } = await machine();
    kubelet.apply(pod('web'));
    await time.advance(3_000);
    kubelet.stop();
    const next = boot();
    const broken: string[] = [];
    cleanups.push(watchStatuses(broken)(next));
    next.apply(pod('web'));
    await time.advance(0);
    next.remove('/m/web.yaml');
    next.synced();
    await time.advance(10_000);
    expect(runtime.pods.size).toBe(0);
    expect(broken).toEqual([]);
  });

  it('keeps the QoS class of a pod whose manifest went while no kubelet ran', async () => {
    const { time, kubelet, boot } = await machine({ script: () => ({ stopsAfterMs: 2_000 }) });
    const all = { cpu: '1', memory: '1Gi' };
    kubelet.apply(pod('web', { containers: [container('app', { resources: { requests: all, limits: all } })] }));
    await time.advance(3_000);
    kubelet.stop();
    const next = boot();
    const broken: string[] = [];
    cleanups.push(watchStatuses(broken)(next));
    await time.advance(1_500);
    next.synced();
    await time.advance(1_000);
    expect(status(next)).toMatchObject({ qosClass: 'Guaranteed' });
    expect(broken).toEqual([]);
  });

  it('never harms what runs already', async () => {
    const { time, kubelet, boot } = await machine();
    kubelet.apply(pod('web', { containers: [container('app', { resources: { requests: { cpu: '2' } } })] }));
    await time.advance(2_000);
    kubelet.stop();
    const next = boot();
    next.node(nodeFacts({ allocatable: { cpu: '1', pods: '110' } }));
    next.apply(pod('web', { containers: [container('app', { resources: { requests: { cpu: '2' } } })] }));
    next.synced();
    await time.advance(5_000);
    expect(status(next)).toMatchObject({ phase: 'Running' });
  });
});

describe('hooks', () => {
  it('postStart that fails takes its container with it, and says so', async () => {
    const { time, kubelet, runtime } = await machine();
    const hooked = { ...runtime, runHook: async () => ({ ok: false, reason: 'HookFailed', message: 'exited with 1' }) as const };
    const other = testKubelet({ runtime: hooked, scheduler: time.scheduler });
    cleanups.push(() => other.stop());
    kubelet.stop();
    other.synced();
    other.apply(pod('web', { containers: [container('app', { lifecycle: { postStart: { exec: { command: ['false'] } } } })] }));
    await time.advance(500);
    expect(other.events.map(({ reason }) => reason)).toEqual(expect.arrayContaining(['Started', 'FailedPostStartHook', 'Killing']));
    expect(status(other)).toMatchObject({
      containerStatuses: [
        { state: { waiting: { reason: 'PostStartHookError', message: 'exited with 1' } }, lastState: { terminated: { exitCode: 143 } } },
      ],
    });
  });
});

it.each(['postStart', 'preStop'] as const)('tells of a %s that was asked by plain HTTP', async (hook) => {
  const { time, kubelet, runtime } = await machine();
  const hooked = { ...runtime, runHook: async () => ({ ok: true, fellBackToHttp: '10.0.0.1:8443' }) as const };
  const other = testKubelet({ runtime: hooked, scheduler: time.scheduler });
  cleanups.push(() => other.stop());
  kubelet.stop();
  other.synced();
  other.apply(pod('web', { containers: [container('app', { lifecycle: { [hook]: { httpGet: { port: 8443, scheme: 'HTTPS' } } } })] }));
  await time.advance(2_000);
  expect(status(other)).toMatchObject({ phase: 'Running' });
  other.remove('/m/web.yaml');
  await time.advance(5_000);
  expect(other.events.filter(({ reason }) => reason === 'LifecycleHTTPFallback')).toEqual([
    expect.objectContaining({
      type: 'Warning',
      message: 'request to HTTPS lifecycle hook 10.0.0.1:8443 got HTTP response, retry with HTTP succeeded',
    }),
  ]);
});

it('relists a resting machine once in ten seconds while runtime events flow, once a second without', async () => {
  const hinting = await machine();
  const withHints = {
    ...hinting.runtime,
    async *changes({ signal }: { signal: AbortSignal }) {
      yield { type: 'resync', reason: 'started', events: true } as const;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  };
  const kubelet = testKubelet({ runtime: withHints, scheduler: hinting.time.scheduler });
  cleanups.push(() => kubelet.stop());
  hinting.kubelet.stop();
  kubelet.synced();
  await hinting.time.advance(5_000);
  const before = hinting.count('list');
  await hinting.time.advance(60_000);
  expect(hinting.count('list') - before).toBe(6);

  const plain = await machine();
  const plainBefore = plain.count('list');
  await plain.time.advance(10_000);
  expect(plain.count('list') - plainBefore).toBeGreaterThanOrEqual(9);
});

it('tells of a deadline that passes while an image is on its way, once', async () => {
  const { time, kubelet } = await machine({ pullMs: () => 600_000 });
  kubelet.apply(pod('web', { activeDeadlineSeconds: 3 }));
  await time.advance(30_000);
  expect(status(kubelet)).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded' });
  expect(kubelet.events.filter(({ reason }) => reason === 'DeadlineExceeded').map(({ count }) => count)).toEqual([1]);
});

const evicted = (disruption: boolean, retryAfterMs = 0) =>
  ({ reason: 'Evicted', message: 'It takes too much. ', gracePeriodSeconds: 1, disruption, retryAfterMs }) as const;

describe('a pod that the kubelet ends before its time', () => {
  const evict = (kubelet: TestKubelet, disruption: boolean, retryAfterMs?: number) =>
    kubelet.command({ type: 'terminate', podUid: podUid('uid-web'), termination: evicted(disruption, retryAfterMs) });
  const short = (status: boolean) => nodeFacts({ pressures: [{ type: 'MemoryPressure', status, sinceMs: 0 }] });

  it('for its own fault stays ended, tells why once, leaves nothing but its status, and a restart of the kubelet does not bring it back', async () => {
    const { time, kubelet, boot, runtime, app } = await machine();
    const manifest = pod('web', { terminationGracePeriodSeconds: 30 });
    kubelet.apply(manifest);
    await time.advance(2_000);
    evict(kubelet, false);
    await time.advance(60_000);
    const stops = kubelet.activities.flatMap((activity) =>
      activity.type === 'containerStopping' ? [activity.stop.gracePeriodSeconds] : [],
    );
    expect(stops).toEqual([1]);
    expect(status(kubelet)).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'It takes too much. ',
      containerStatuses: [{ state: { terminated: { exitCode: 143 } }, containerID: expect.any(String) }],
    });
    expect(JSON.stringify(status(kubelet))).not.toContain('DisruptionTarget');
    expect(app()).toBeUndefined();
    expect(runtime.calls.filter(({ method }) => method === 'cleanPod')).toHaveLength(1);
    const told = kubelet.events.filter(({ reason }) => reason === 'Evicted').map(({ count, message }) => [count, message]);
    expect(told).toEqual([[1, 'It takes too much. ']]);
    const before = status(kubelet);

    kubelet.stop();
    const next = boot();
    next.apply(manifest);
    next.synced();
    await time.advance(600_000);
    expect(status(next)).toEqual(before);
    expect(app()).toBeUndefined();
  });

  it('on account of the node starts anew once the node is well again and the wait is over', async () => {
    const { time, kubelet, app } = await machine();
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    kubelet.node(short(true));
    evict(kubelet, true, 300_000);
    await time.advance(400_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect((status(kubelet) as PodStatus).conditions).toContainEqual({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'TerminationByKubelet',
      message: 'It takes too much. ',
      lastTransitionTime: expect.any(String),
    });
    kubelet.node(short(false));
    await time.advance(2_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
    expect(app()?.state).toBe('running');
  });

  it('because the machine goes down starts anew with it, whatever else the node is short of', async () => {
    const { time, kubelet, boot, app } = await machine();
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    kubelet.node(nodeFacts({ shuttingDown: true }));
    const message = 'Pod was terminated in response to imminent node shutdown.';
    const termination = { reason: 'Terminated', message, gracePeriodSeconds: 10, disruption: true, returnsAtOnce: true };
    kubelet.command({ type: 'terminate', podUid: podUid('uid-web'), termination });
    await time.advance(60_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Failed', reason: 'Terminated', message });
    expect(app()?.state).toBe('exited');
    kubelet.stop();
    const next = boot();
    next.node(nodeFacts({ pressures: undefined }));
    next.apply(pod('web'));
    next.synced();
    await time.advance(2_000);
    expect(status(next)).toMatchObject({ phase: 'Running', containerStatuses: [{ restartCount: 0 }] });
  });

  it('waits longer each time it has to be ended again, across restarts of the kubelet', async () => {
    const { time, kubelet, boot, app } = await machine();
    let current = kubelet;
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    const awayMs: number[] = [];
    for (const restart of [false, true, false, false]) {
      evict(current, true);
      await time.advance(1_500);
      expect(app()).toBeUndefined();
      if (restart) {
        current.stop();
        current = boot();
        current.apply(pod('web'));
        current.synced();
      }
      let away = 1_500;
      for (; app()?.state !== 'running'; away += 500) await time.advance(500);
      awayMs.push(Math.round(away / 10_000));
    }
    expect(awayMs).toEqual([1, 2, 4, 8]);
  });

  it('does not come back before somebody has looked at the node', async () => {
    const { time, kubelet, boot, app } = await machine();
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    evict(kubelet, true);
    await time.advance(2_000);
    kubelet.stop();
    const next = boot();
    next.node(nodeFacts({ pressures: undefined }));
    next.apply(pod('web'));
    next.synced();
    await time.advance(120_000);
    expect(app()).toBeUndefined();
    next.node(nodeFacts());
    await time.advance(2_000);
    expect(app()?.state).toBe('running');
  });

  it('comes back at once when its manifest is written again or a restart is asked for', async () => {
    const { time, kubelet, app } = await machine();
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    for (const ask of [() => kubelet.touch('/m/web.yaml'), () => kubelet.command({ type: 'restart', podUid: podUid('uid-web') })]) {
      evict(kubelet, true, 3_600_000);
      await time.advance(60_000);
      expect(app()).toBeUndefined();
      ask();
      await time.advance(2_000);
      expect(app()?.state).toBe('running');
    }
  });

  it('stays ended when it is never to be restarted', async () => {
    const { time, kubelet, app } = await machine();
    kubelet.apply(pod('web', { restartPolicy: 'Never' }));
    await time.advance(2_000);
    evict(kubelet, true);
    await time.advance(900_000);
    expect(status(kubelet)).toMatchObject({ phase: 'Failed', reason: 'Evicted' });
    expect(app()).toBeUndefined();
  });

  it('is not let in while the node is short, and is as soon as it is not', async () => {
    const { time, kubelet, app } = await machine();
    kubelet.node(short(true));
    kubelet.apply(pod('web'));
    await time.advance(2_000);
    expect(status(kubelet)).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    });
    kubelet.node(short(false));
    await time.advance(2_000);
    expect(app()?.state).toBe('running');
  });
});

it('tells since when it knows a pod, whatever is edited of it', async () => {
  const { time, kubelet } = await machine();
  const seen = () => kubelet.view('uid-web')!.pod.metadata.annotations!['kubernetes.io/config.seen'];
  kubelet.apply(pod('web'));
  await time.advance(2_000);
  const first = seen();
  expect(first).toBe('2026-01-01T00:00:00.010000000Z');
  kubelet.apply(pod('web', { activeDeadlineSeconds: 1_000 }));
  await time.advance(2_000);
  expect(seen()).toBe(first);
});
it('tries a container that cannot be started less and less often, at last every 10 s', async () => {
  const { time, kubelet, runtime } = await machine({ fault: (method) => (method === 'startContainer' ? 'fail' : undefined) });
  kubelet.apply(pod('web'));
  await time.advance(60_000);
  const tries = runtime.calls.filter(({ method }) => method === 'startContainer').map(({ atMs }) => atMs);
  const waits = tries.slice(1).map((at, index) => Math.round((at - tries[index]!) / 1_000));
  expect(waits.slice(0, 6)).toEqual([1, 2, 4, 8, 10, 10]);
});

it('goes on with the other pods when a pass over one trips over a bug, and tries that one again', async () => {
  const { time, kubelet, runtime } = await machine();
  let broken = true;
  const odd = pod('odd');
  const volumes = {
    get: () => {
      if (broken) throw new Error('a bug');
      return [];
    },
  };
  kubelet.apply({ ...odd, spec: Object.defineProperty({ ...odd.spec }, 'volumes', volumes) });
  kubelet.apply(pod('web'));
  await time.advance(5_000);
  expect(String(kubelet.crash)).toContain('a bug');
  expect(status(kubelet)).toMatchObject({ phase: 'Running' });
  broken = false;
  kubelet.apply(pod('late'));
  await time.advance(20_000);
  expect([...runtime.pods.keys()].sort()).toEqual(['uid-late', 'uid-odd', 'uid-web']);
  expect(status(kubelet, 'uid-odd')).toMatchObject({ phase: 'Running' });
  expect(kubelet.activities.filter(({ type }) => type === 'syncCrashed').length).toBeLessThan(5);
});

it('sets a pod aside, longer each time, with an event, while its care trips over a bug, and looks at it again when its manifest goes', async () => {
  const { time, kubelet } = await machine();
  let tries: number[] = [];
  const odd = pod('odd');
  const volumes = {
    get: () => {
      tries.push(time.scheduler.now());
      throw new Error('a bug');
    },
  };
  kubelet.apply({ ...odd, spec: Object.defineProperty({ ...odd.spec }, 'volumes', volumes) });
  await time.advance(3_600_000);
  const crashes = kubelet.activities.filter(({ type }) => type === 'setAside').map(({ atMs }) => atMs);
  const waits = crashes.slice(1).map((at, index) => Math.round((at - crashes[index]!) / 1_000));
  // The pass that was already asked for comes at once.
  expect(waits.filter((seconds) => seconds > 0).slice(0, 6)).toEqual([20, 40, 80, 160, 300, 300]);
  expect(kubelet.events.at(-1)).toMatchObject({ type: 'Warning', reason: 'FailedSync', message: 'error syncing pod, skipping: a bug' });
  tries = [];
  await time.advance(250_000);
  expect(tries.length).toBeLessThan(10);
});

it('gives up what is done for a pod when an error escapes from it, and takes it up again later', async () => {
  const { time, kubelet, runtime } = await machine();
  kubelet.apply(pod('web'));
  await time.advance(0);
  kubelet.command({ type: 'crashed', podUid: podUid('uid-web'), message: 'Deadline is too far in the future' });
  await time.advance(5_000);
  expect(kubelet.events).toContainEqual(expect.objectContaining({ reason: 'FailedSync' }));
  expect(status(kubelet)?.phase).not.toBe('Running');
  await time.advance(10_000);
  expect(status(kubelet)).toMatchObject({ phase: 'Running' });
  expect(runtime.violations).toEqual([]);
});

it('tells of every container that it ends of pods that an earlier process ran under another node name', async () => {
  const { time, kubelet, boot, runtime } = await machine();
  kubelet.apply(pod('web-node1'));
  await time.advance(5_000);
  kubelet.stop();
  const other = boot();
  other.apply(pod('web-node2'));
  other.synced();
  await time.advance(60_000);
  expect([...runtime.pods.keys()]).toEqual(['uid-web-node2']);
  expect(other.events.filter(({ reason }) => reason === 'Killing')).toMatchObject([
    { involvedObject: { name: 'web-node1', fieldPath: 'spec.containers{app}' }, message: 'Stopping container app' },
  ]);
});
