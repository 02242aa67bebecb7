import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import { type PodUid, podUid } from '@solo-kubelet/reconciler';
import { container, fakeRuntime, nodeFacts, pod, testKubelet, virtualTime } from '@solo-kubelet/reconciler/testing';
import { BehaviorSubject, filter, map, Subject, tap } from 'rxjs';
import { afterEach, expect, it } from 'vitest';
import type { SignalReadings } from '../src/eviction/core/eviction-signal.js';
import type { EvictionThreshold } from '../src/eviction/core/eviction-threshold.js';
import type { DiskUse, PodUsages } from '../src/eviction/core/pod-usage.js';
import { evictPods } from '../src/eviction/evict-pods.js';
import type { EvictionActivity } from '../src/eviction/eviction-port.js';

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const MIB = 1024 ** 2;
const CAPACITY = 1024 * MIB;
const disk = (mib: number): DiskUse => ({ bytes: mib * MIB, inodes: mib });

interface Story {
  readonly thresholds: readonly EvictionThreshold[];
  /** MiB of memory, and of disk in volumes and in layers, that a pod takes while it runs. */
  readonly takes: Readonly<Record<string, { readonly memory?: number; readonly disk?: number; readonly layer?: number }>>;
  /** The runtime measures layers every 10 s, and gives their space back 5 s after the pod is gone. */
  readonly slowLayers?: boolean;
  /** MiB of disk that the node itself can give back. */
  readonly garbage?: { deadContainers: number; unusedImages: number };
  readonly enforceLimits?: boolean;
  readonly maxPodGracePeriodSeconds?: number;
  /** Whether limited pods cannot be measured. */
  readonly broken?: boolean;
}

/** A kubelet with eviction, on a node whose memory and disk are what its pods leave of 1 GiB each. In virtual time. */
const node = async ({
  thresholds,
  takes,
  garbage,
  enforceLimits = false,
  maxPodGracePeriodSeconds = 0,
  broken = false,
  slowLayers = false,
}: Story) => {
  const time = virtualTime();
  const { scheduler } = time;
  const startedMs = scheduler.now();
  const runtime = fakeRuntime({ scheduler, wallNow: time.wallNow });
  const kubelet = testKubelet({ runtime, scheduler, wallNow: time.wallNow });
  let burdenMib = 0;
  const uses = new Map(Object.entries(takes));
  const running = (): readonly string[] =>
    [...runtime.pods.values()].filter(({ containers }) => containers.some(({ state }) => state === 'running')).map(({ name }) => name);
  const present = (): readonly string[] => [...runtime.pods.values()].map(({ name }) => name);
  const layers = new Map<string, { mib: number; measured: number; atMs: number; goneAtMs?: number }>();
  const takeLayers = (): number => {
    const nowMs = scheduler.now();
    for (const name of present()) {
      const mib = uses.get(name)?.layer ?? 0;
      const atMs = slowLayers ? nowMs - (nowMs % 10_000) : nowMs;
      const before = layers.get(name);
      layers.set(name, { mib, measured: before?.atMs === atMs ? before.measured : mib, atMs });
    }
    for (const [name, layer] of layers) {
      if (present().includes(name)) continue;
      layer.goneAtMs ??= nowMs;
      if (nowMs - layer.goneAtMs >= (slowLayers ? 5_000 : 0)) layers.delete(name);
    }
    return [...layers.values()].reduce((sum, { mib }) => sum + mib, 0);
  };
  const read = (): SignalReadings => {
    const taken = (names: readonly string[], what: 'memory' | 'disk') =>
      names.reduce((sum, name) => sum + (uses.get(name)?.[what] ?? 0), 0);
    const rest = (mib: number) => ({ available: CAPACITY - mib * MIB, capacity: CAPACITY, atMs: scheduler.now() });
    const dead = (garbage?.deadContainers ?? 0) + (garbage?.unusedImages ?? 0);
    return {
      'memory.available': rest(burdenMib + taken(running(), 'memory')),
      'nodefs.available': rest(dead + taken(present(), 'disk') + takeLayers()),
    };
  };
  const layerOf = (name: string) => {
    const layer = layers.get(name);
    return layer === undefined ? {} : { layer: { ...disk(layer.measured), atMs: layer.atMs } };
  };
  const usageOf = (pods: Iterable<Pod>): PodUsages =>
    new Map(
      [...pods]
        .filter(({ metadata }) => present().includes(metadata.name))
        .map(({ metadata }) => {
          const use = uses.get(metadata.name);
          const memoryBytes = (use?.memory ?? 0) * MIB;
          const volumes = new Map([['disk', disk(use?.disk ?? 0)]]);
          return [podUid(metadata.uid), { memoryBytes, containers: [{ name: 'app', memoryBytes, ...layerOf(metadata.name) }], volumes }];
        }),
    );
  const log: { readonly atMs: number; readonly activity: EvictionActivity }[] = [];
  const reclaimed: string[] = [];
  const cleaned$ = kubelet.reconciler.activity$.pipe(
    filter((activity) => activity.scope === 'pod' && activity.type === 'actionSucceeded' && activity.action.type === 'cleanPod'),
    map((activity) => (activity as { readonly podUid: PodUid }).podUid),
  );
  const evicting = evictPods({
    port: {
      read: async () => ({ readings: read(), layout: 'shared' }),
      usages: async (pods) => usageOf(pods),
      limitedUsages: async (pods) => {
        if (broken) throw new Error('no such volume');
        return usageOf(pods.keys());
      },
      reclaim: async (what) => {
        reclaimed.push(what);
        if (garbage) garbage[what] = 0;
      },
    },
    pods$: kubelet.reconciler.pods$,
    cleaned$,
    thresholds,
    transitionPeriodMs: 300_000,
    maxPodGracePeriodSeconds,
    enforceLimits,
    scheduler,
    wallNow: time.wallNow,
  }).pipe(
    tap((activity) => {
      log.push({ atMs: scheduler.now() - startedMs, activity });
      if (activity.type === 'pressures') kubelet.node(nodeFacts({ pressures: activity.pressures }));
      if (activity.type === 'podChosen') kubelet.command({ type: 'terminate', podUid: activity.podUid, termination: activity.termination });
    }),
  );
  cleanups.push(() => kubelet.stop());
  kubelet.synced();
  await time.advance(10);
  const subscription = evicting.subscribe();
  cleanups.push(() => subscription.unsubscribe());
  const status = (name: string) => kubelet.view(`uid-${name}`)?.pod.status as PodStatus | undefined;
  return {
    time,
    runtime,
    log,
    reclaimed,
    uses,
    running,
    status,
    kubelet,
    apply: async (...pods: readonly Pod[]) => {
      for (const one of pods) kubelet.apply(one);
      await time.advance(3_000);
    },
    /** Something else on the machine takes memory. */
    burden: (mib: number) => {
      burdenMib = mib;
    },
    chosen: () =>
      log.flatMap(({ atMs, activity }) => (activity.type === 'podChosen' ? [{ atMs, uid: activity.podUid, signal: activity.signal }] : [])),
    pressures: () =>
      log
        .flatMap(({ activity }) => (activity.type === 'pressures' ? [activity.pressures] : []))
        .at(-1)
        ?.filter(({ status: on }) => on)
        .map(({ type }) => type),
  };
};

const memoryBelow = (quantity: string, rest: Partial<EvictionThreshold> = {}): EvictionThreshold => ({
  signal: 'memory.available',
  value: { quantity },
  gracePeriodMs: 0,
  ...rest,
});
const asking = (name: string, memory: string, spec = {}) =>
  pod(name, { terminationGracePeriodSeconds: 30, containers: [container('app', { resources: { requests: { memory } } })], ...spec });

it('of a node short of memory ends the pod that takes most beyond its request, and brings it back when there has been room for 5 minutes', async () => {
  const it = await node({
    thresholds: [memoryBelow('100Mi')],
    takes: { hog: { memory: 500 }, steady: { memory: 300 }, vital: { memory: 100 } },
  });
  await it.apply(asking('hog', '10Mi'), asking('steady', '400Mi'), pod('vital', { priority: 2_000_000_000 }));
  await it.time.advance(30_000);
  expect(it.chosen()).toEqual([]);
  it.burden(50);
  await it.time.advance(11_000);
  expect(it.chosen()).toMatchObject([{ uid: 'uid-hog', signal: 'memory.available' }]);
  await it.time.advance(5_000);
  expect(it.running()).toEqual(['steady', 'vital']);
  expect(it.status('hog')).toMatchObject({
    phase: 'Failed',
    reason: 'Evicted',
    message:
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 74Mi. Container app was using 500Mi, request is 10Mi, has larger consumption of memory. ',
  });
  expect(it.pressures()).toEqual(['MemoryPressure']);

  await it.apply(pod('idle'));
  expect(it.status('idle')).toMatchObject({ reason: 'Evicted', message: 'Pod was rejected: The node had condition: [MemoryPressure]. ' });
  it.burden(0);
  it.uses.set('hog', { memory: 50 });
  await it.time.advance(270_000);
  expect(it.pressures()).toEqual(['MemoryPressure']);
  expect(it.running()).toEqual(['steady', 'vital']);
  await it.time.advance(60_000);
  expect(it.pressures()).toEqual([]);
  expect(it.running().toSorted()).toEqual(['hog', 'idle', 'steady', 'vital']);
  expect(it.chosen()).toHaveLength(1);
});

it('goes by what is allocated to a pod, not by what its manifest asks for and can not be given', async () => {
  const it = await node({ thresholds: [memoryBelow('100Mi')], takes: { greedy: { memory: 500 }, steady: { memory: 300 } } });
  await it.apply(asking('greedy', '10Mi'), asking('steady', '200Mi'));
  // Another QoS class: by its manifest it would be below its request, and steady the only one above.
  const all = { cpu: '1', memory: '900Mi' };
  await it.apply(pod('greedy', { containers: [container('app', { resources: { requests: all, limits: all } })] }));
  expect(it.status('greedy')?.conditions).toContainEqual(expect.objectContaining({ type: 'PodResizePending', reason: 'Infeasible' }));
  it.burden(150);
  await it.time.advance(11_000);
  expect(it.chosen().map(({ uid }) => uid)).toEqual(['uid-greedy']);
});

it('ends one pod after the other, each as soon as the one before is gone, until there is room', async () => {
  const it = await node({ thresholds: [memoryBelow('100Mi')], takes: { a: { memory: 100 }, b: { memory: 200 }, c: { memory: 300 } } });
  await it.apply(pod('a'), pod('b'), pod('c'));
  it.burden(724);
  await it.time.advance(60_000);
  expect(it.chosen().map(({ uid }) => uid)).toEqual(['uid-c', 'uid-b']);
  const [first, second] = it.chosen();
  expect(second!.atMs - first!.atMs).toBeLessThan(10_000);
  expect(it.running()).toEqual(['a']);
});

it('waits out the grace period of a soft threshold and gives pods the time it allows', async () => {
  const it = await node({
    thresholds: [memoryBelow('200Mi', { gracePeriodMs: 60_000 })],
    takes: { hog: { memory: 900 } },
    maxPodGracePeriodSeconds: 7,
  });
  await it.apply(asking('hog', '1Mi'));
  await it.time.advance(50_000);
  expect([it.pressures(), it.chosen()]).toEqual([['MemoryPressure'], []]);
  await it.time.advance(30_000);
  expect(it.chosen()).toHaveLength(1);
  const stops = it.kubelet.activities.flatMap((activity) =>
    activity.type === 'containerStopping' ? [activity.stop.gracePeriodSeconds] : [],
  );
  expect(stops).toEqual([7]);
});

it('of a node short of disk first gives back what nobody uses, and ends no pod when that helps', async () => {
  const nodefs = { ...memoryBelow('100Mi'), signal: 'nodefs.available' as const };
  const it = await node({ thresholds: [nodefs], takes: { full: { disk: 500 } }, garbage: { deadContainers: 100, unusedImages: 350 } });
  await it.apply(pod('full'));
  await it.time.advance(15_000);
  expect(it.reclaimed).toEqual(['deadContainers', 'unusedImages']);
  expect(it.chosen()).toEqual([]);
  expect(it.pressures()).toEqual(['DiskPressure']);
  it.uses.set('full', { disk: 950 });
  await it.time.advance(15_000);
  expect(it.chosen()).toMatchObject([{ uid: 'uid-full', signal: 'nodefs.available' }]);
  await it.apply(pod('late'));
  expect(it.status('late')).toMatchObject({ message: 'Pod was rejected: The node had condition: [DiskPressure]. ' });
});

it('of a node whose disk one layer fills ends that pod alone, though layers are measured late and their space comes back late', async () => {
  const nodefs = { ...memoryBelow('100Mi'), signal: 'nodefs.available' as const };
  const it = await node({ thresholds: [nodefs], takes: { g1: { layer: 1 }, g2: { layer: 2 }, full: { layer: 0 } }, slowLayers: true });
  await it.apply(pod('g1'), pod('g2'), pod('full'));
  await it.time.advance(12_000);
  it.uses.set('full', { layer: 950 });
  await it.time.advance(120_000);
  expect(it.chosen()).toMatchObject([{ uid: 'uid-full', signal: 'nodefs.available' }]);
  expect(it.running()).toEqual(['g1', 'g2']);
  expect(it.log.flatMap(({ activity }) => (activity.type === 'evictionDelayed' ? [activity.until] : []))).toEqual(
    expect.arrayContaining(['statsAreNew', 'spaceIsBack']),
  );
});

it('does not run down a pod that keeps filling the node faster than every few minutes', async () => {
  const it = await node({ thresholds: [memoryBelow('100Mi')], takes: { hog: { memory: 1_000 } } });
  await it.apply(asking('hog', '1Mi'));
  await it.time.advance(3_600_000);
  expect(it.chosen().length).toBeGreaterThan(8);
  const pauses = it.chosen().map(({ atMs }, index, all) => atMs - (all[index - 1]?.atMs ?? Number.NEGATIVE_INFINITY));
  expect(Math.min(...pauses)).toBeGreaterThan(299_000);
});

it('holds pods to the limits of their volumes, for good, and spares those that are critical', async () => {
  const volumes = [{ name: 'disk', emptyDir: { sizeLimit: '10Mi' } }];
  const it = await node({ thresholds: [], takes: { over: { disk: 11 }, under: { disk: 10 }, vital: { disk: 99 } }, enforceLimits: true });
  await it.apply(pod('over', { volumes }), pod('under', { volumes }), pod('vital', { volumes, priorityClassName: 'system-node-critical' }));
  await it.time.advance(900_000);
  expect(it.chosen()).toMatchObject([{ uid: 'uid-over', signal: 'emptydirfs.limit' }]);
  expect(it.status('over')).toMatchObject({ phase: 'Failed', message: 'Usage of EmptyDir volume "disk" exceeds the limit "10Mi". ' });
  expect(it.running()).toEqual(['under', 'vital']);
});

it.each([-86_400_000, -3_600_000, 3_600_000])(
  'enforces limits and waits out soft grace periods when the clock is set by %i ms',
  async (ms) => {
    const volumes = [{ name: 'disk', emptyDir: { sizeLimit: '10Mi' } }];
    const it = await node({
      thresholds: [memoryBelow('200Mi', { gracePeriodMs: 60_000 })],
      takes: { over: { disk: 1 }, hog: { memory: 900 } },
      enforceLimits: true,
    });
    await it.apply(pod('over', { volumes }));
    await it.time.advance(60_000);
    it.time.jump(ms);
    it.uses.set('over', { disk: 11 });
    await it.time.advance(61_000);
    expect(it.chosen()).toMatchObject([{ uid: 'uid-over' }]);
    await it.apply(asking('hog', '1Mi'));
    await it.time.advance(30_000);
    it.time.jump(ms);
    await it.time.advance(15_000);
    expect(it.chosen()).toHaveLength(1);
    await it.time.advance(31_000);
    expect(it.chosen()).toMatchObject([{ uid: 'uid-over' }, { uid: 'uid-hog' }]);
  },
);

it('leaves alone who neither runs nor holds anything, and says when nobody is left', async () => {
  const it = await node({ thresholds: [memoryBelow('100Mi')], takes: { vital: { memory: 1_000 } } });
  await it.apply(pod('vital', { priority: 2_000_000_000 }));
  await it.time.advance(20_000);
  expect(it.chosen()).toEqual([]);
  expect(it.log.map(({ activity }) => activity.type)).toContain('noEvictionCandidate');
});

it('only tells of a threshold that spares pods, gives back what nobody uses, and lets others in', async () => {
  const implied = { ...memoryBelow('100Mi'), signal: 'nodefs.available' as const, reportOnly: true };
  const it = await node({ thresholds: [implied], takes: { full: { disk: 1_000 } }, garbage: { deadContainers: 10, unusedImages: 0 } });
  await it.apply(pod('full'));
  await it.time.advance(60_000);
  await it.apply(pod('late'));
  expect(it.pressures()).toEqual(['DiskPressure']);
  expect(it.reclaimed.slice(0, 2)).toEqual(['deadContainers', 'unusedImages']);
  expect(it.chosen()).toEqual([]);
  expect(it.running().toSorted()).toEqual(['full', 'late']);
});

it('evicts for the threshold that somebody chose, beside one of the defaults', async () => {
  const implied = { ...memoryBelow('500Mi'), reportOnly: true };
  const it = await node({
    thresholds: [implied, memoryBelow('100Mi', { signal: 'nodefs.available' })],
    takes: { full: { disk: 1_000, memory: 700 } },
  });
  await it.apply(pod('full'));
  await it.time.advance(15_000);
  expect(it.pressures()).toEqual(['MemoryPressure', 'DiskPressure']);
  expect(it.chosen()).toMatchObject([{ uid: 'uid-full', signal: 'nodefs.available' }]);
});

it('goes on after a look that failed', async () => {
  const time = virtualTime();
  const seen: EvictionActivity[] = [];
  let broken = true;
  const subscription = evictPods({
    port: {
      read: async () => {
        if (broken) throw new Error('no such file');
        return { readings: {}, layout: 'shared' };
      },
      usages: async () => new Map(),
      limitedUsages: async () => new Map(),
      reclaim: async () => {},
    },
    pods$: new BehaviorSubject(new Map()),
    cleaned$: new Subject(),
    thresholds: [],
    transitionPeriodMs: 1,
    maxPodGracePeriodSeconds: 0,
    enforceLimits: true,
    scheduler: time.scheduler,
  }).subscribe((activity) => seen.push(activity));
  cleanups.push(() => subscription.unsubscribe());
  await time.advance(1);
  broken = false;
  await time.advance(10_001);
  expect(seen.map(({ type }) => type)).toEqual(['evictionFailed', 'pressures']);
});

it('looks after the node even when limits of pods cannot be measured', async () => {
  const it = await node({ thresholds: [memoryBelow('100Mi')], takes: { hog: { memory: 1_000 } }, enforceLimits: true, broken: true });
  await it.apply(pod('hog', { volumes: [{ name: 'disk', emptyDir: { sizeLimit: '1Mi' } }] }));
  await it.time.advance(11_000);
  expect(it.chosen()).toMatchObject([{ uid: 'uid-hog', signal: 'memory.available' }]);
});
