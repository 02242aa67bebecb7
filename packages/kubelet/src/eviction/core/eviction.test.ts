import { type PodUid, podUid } from '@solo-kubelet/reconciler';
import { container, pod } from '@solo-kubelet/reconciler/testing';
import { describe, expect, it } from 'vitest';
import { chooseVictim } from './choose-victim.js';
import { evictionMessage } from './eviction-message.js';
import type { EvictionSignal, SignalReadings } from './eviction-signal.js';
import type { EvictionThreshold } from './eviction-threshold.js';
import { exceededLimit, localLimits } from './local-limits.js';
import type { ContainerUsage, PodUsage } from './pod-usage.js';
import { rankPods } from './rank-pods.js';
import { partsAt, reclaimsFor, type StorageLayout, storageLayout, withContainerFs } from './storage-layout.js';
import { anyUnresolved, byUrgency, newThresholdWatch, watchThresholds } from './watch-thresholds.js';

const MIB = 1024 ** 2;
const hard = (signal: EvictionSignal, quantity = '100Mi', rest: Partial<EvictionThreshold> = {}): EvictionThreshold => ({
  signal,
  value: { quantity },
  gracePeriodMs: 0,
  ...rest,
});
const left = (signal: EvictionSignal, availableMib: number): SignalReadings => ({
  [signal]: { available: availableMib * MIB, capacity: 1024 * MIB, atMs: 0 },
});

describe('a threshold', () => {
  const look = (thresholds: readonly EvictionThreshold[], ...steps: readonly (readonly [atMs: number, availableMib: number])[]) =>
    steps.reduce(
      (watch, [nowMs, mib]) =>
        watchThresholds(watch, { thresholds, readings: left('memory.available', mib), transitionPeriodMs: 300_000, nowMs }),
      newThresholdWatch(0),
    );
  const isOn = (watch: ReturnType<typeof look>) => watch.pressures[0]!.status;

  it.each([
    [101, false],
    [100, false],
    [99, true],
  ])('of 100Mi with %i MiB left is met: %s', (mib, met) => {
    const watch = look([hard('memory.available')], [0, mib]);
    expect([isOn(watch), watch.overdue.length === 1]).toEqual([met, met]);
  });
  it('of 10 % counts from the capacity', () => {
    const tenth = { ...hard('memory.available'), value: { fraction: 0.1 } };
    expect(look([tenth], [0, 103]).overdue).toEqual([]);
    expect(look([tenth], [0, 102]).overdue).toEqual([tenth]);
  });
  it('once met stays met until the minimum reclaim is there too', () => {
    const reclaiming = hard('memory.available', '100Mi', { minReclaim: { quantity: '50Mi' } });
    expect(look([reclaiming], [0, 120]).overdue).toEqual([]);
    expect(look([reclaiming], [0, 90], [10, 149]).overdue).toEqual([reclaiming]);
    expect(look([reclaiming], [0, 90], [10, 150]).overdue).toEqual([]);
    expect(anyUnresolved([reclaiming], left('memory.available', 149))).toBe(true);
    expect(anyUnresolved([reclaiming], left('memory.available', 150))).toBe(false);
  });
  it('that is soft makes pressure at once and counts after its grace period without a break', () => {
    const soft = hard('memory.available', '200Mi', { gracePeriodMs: 30_000 });
    const first = look([soft], [0, 150]);
    expect([isOn(first), first.overdue]).toEqual([true, []]);
    expect(look([soft], [0, 150], [29_999, 150]).overdue).toEqual([]);
    expect(look([soft], [0, 150], [30_000, 150]).overdue).toEqual([soft]);
    expect(look([soft], [0, 150], [20_000, 250], [30_000, 150]).overdue).toEqual([]);
  });
  it('leaves its pressure behind for the transition period, with the time of each change', () => {
    const thresholds = [hard('memory.available')];
    const memory = (...steps: (readonly [number, number])[]) => look(thresholds, ...steps).pressures[0];
    expect(memory([10_000, 90])).toEqual({ type: 'MemoryPressure', status: true, sinceMs: 10_000 });
    expect(memory([10_000, 90], [20_000, 500], [309_999, 500])).toMatchObject({ status: true, sinceMs: 10_000 });
    expect(memory([10_000, 90], [310_000, 500])).toMatchObject({ status: false, sinceMs: 310_000 });
    const calm = newThresholdWatch(0);
    const input = { thresholds, readings: left('memory.available', 500), transitionPeriodMs: 300_000, nowMs: 10_000 };
    expect(watchThresholds(calm, input).pressures).toBe(calm.pressures);
  });
  it('whose signal nobody could read is not met', () => expect(look([hard('pid.available', '1')], [0, 0]).overdue).toEqual([]));
  it('without a pressure to report lets conditions alone when the transition period is 0', () => {
    const input = { thresholds: [hard('memory.available')], readings: left('memory.available', 1), transitionPeriodMs: 0, nowMs: 5 };
    const watch = watchThresholds(newThresholdWatch(0), input);
    expect([isOn(watch), watch.overdue.length]).toEqual([false, 1]);
  });
  it('of memory comes before all others, a hard one before a soft one', () => {
    const soft = hard('memory.available', '1Gi', { gracePeriodMs: 1 });
    const order = [hard('nodefs.available'), hard('pid.available'), soft, hard('allocatableMemory.available')];
    expect(byUrgency(order)).toEqual([order[3], soft, order[0], order[1]]);
  });
});

describe('file systems', () => {
  it.each<[StorageLayout, number, number, number]>([
    ['shared', 1, 1, 1],
    ['dedicatedImages', 1, 2, 2],
    ['split', 1, 2, 1],
  ])('%s', (layout, root, images, containers) => expect(storageLayout({ root, images, containers })).toBe(layout));

  it.each<[StorageLayout, EvictionSignal, string, string]>([
    ['shared', 'nodefs.available', 'layers logs volumes', 'deadContainers unusedImages'],
    ['shared', 'imagefs.inodesFree', 'layers logs volumes', 'deadContainers unusedImages'],
    ['dedicatedImages', 'nodefs.available', 'logs volumes', ''],
    ['dedicatedImages', 'imagefs.available', 'layers', 'deadContainers unusedImages'],
    ['dedicatedImages', 'containerfs.available', 'layers', 'deadContainers unusedImages'],
    ['split', 'nodefs.available', 'layers logs volumes', 'deadContainers'],
    ['split', 'imagefs.available', '', 'unusedImages'],
    ['split', 'containerfs.available', 'layers logs volumes', 'deadContainers'],
  ])('%s, %s: of a pod %s count, of the node %s go first', (layout, signal, parts, reclaims) => {
    expect(partsAt(signal, layout).join(' ')).toBe(parts);
    expect(reclaimsFor(signal, layout).join(' ')).toBe(reclaims);
  });
  it('are no matter when memory or processes are short', () => {
    expect(reclaimsFor('memory.available', 'shared')).toEqual([]);
    expect(reclaimsFor('pid.available', 'shared')).toEqual([]);
  });
  it.each<[StorageLayout, string]>([
    ['shared', '1Gi'],
    ['split', '1Gi'],
    ['dedicatedImages', '2Gi'],
  ])('%s: containerfs has the thresholds of what holds it, whatever is configured', (layout, quantity) => {
    const given = [hard('nodefs.available', '1Gi'), hard('imagefs.available', '2Gi'), hard('containerfs.available', '9Gi')];
    expect(withContainerFs(given, layout).filter(({ signal }) => signal === 'containerfs.available')).toEqual([
      hard('containerfs.available', quantity),
    ]);
  });
});

const using = (memoryMib: number, rest: Partial<PodUsage> = {}): PodUsage => ({
  memoryBytes: memoryMib * MIB,
  containers: [{ name: 'app', memoryBytes: memoryMib * MIB }],
  volumes: new Map(),
  ...rest,
});
const asking = (name: string, requests: Record<string, string> = {}, spec = {}) =>
  pod(name, { containers: [container('app', { resources: { requests } })], ...spec });
const usages = (of: Readonly<Record<string, PodUsage>>): ReadonlyMap<PodUid, PodUsage> =>
  new Map(Object.entries(of).map(([name, usage]) => [podUid(`uid-${name}`), usage]));

describe('who goes first', () => {
  const order = (
    signal: EvictionSignal,
    pods: readonly ReturnType<typeof pod>[],
    of: Record<string, PodUsage>,
    layout: StorageLayout = 'shared',
  ) => rankPods(pods, { signal, layout, usages: usages(of) }).map(({ metadata }) => metadata.name);

  it('for memory: beyond the request, then the lesser priority, then the most beyond it', () => {
    const pods = [
      asking('modest', { memory: '100Mi' }),
      asking('vital', { memory: '10Mi' }, { priority: 10 }),
      asking('greedy', { memory: '10Mi' }),
      asking('greedier', { memory: '10Mi' }),
      asking('unknown'),
      asking('idle', { memory: '100Mi' }, { priority: -1 }),
    ];
    const of = { modest: using(90), vital: using(500), greedy: using(50), greedier: using(60), idle: using(1) };
    expect(order('memory.available', pods, of)).toEqual(['unknown', 'greedier', 'greedy', 'vital', 'idle', 'modest']);
  });
  it('for processes: the lesser priority, then the most', () => {
    const pods = [asking('few'), asking('many'), asking('vital', {}, { priority: 1 })];
    const of = { few: using(0, { processes: 2 }), many: using(0, { processes: 9 }), vital: using(0, { processes: 99 }) };
    expect(order('pid.available', pods, of)).toEqual(['many', 'few', 'vital']);
  });
  const use = (bytes: number, inodes = 1) => ({ bytes: bytes * MIB, inodes });
  const layered = using(0, { containers: [{ name: 'app', layer: use(100, 5), logs: use(0) }] });
  const storing = using(0, { containers: [{ name: 'app', layer: use(0), logs: use(30) }], volumes: new Map([['disk', use(40, 99)]]) });
  it.each<[StorageLayout, EvictionSignal, string]>([
    ['shared', 'nodefs.available', 'layered'],
    ['dedicatedImages', 'nodefs.available', 'storing'],
    ['dedicatedImages', 'imagefs.available', 'layered'],
    ['shared', 'nodefs.inodesFree', 'storing'],
  ])('for disk, file systems %s, %s: %s', (layout, signal, first) =>
    expect(order(signal, [asking('layered'), asking('storing')], { layered, storing }, layout)[0]).toBe(first),
  );
  it('for disk: what was asked for is not held against a pod', () =>
    expect(
      order('nodefs.available', [asking('layered', { 'ephemeral-storage': '90Mi' }), asking('storing')], { layered, storing })[0],
    ).toBe('storing'));
});

describe('the victim', () => {
  const input = {
    thresholds: [hard('memory.available')] as const,
    readings: left('memory.available', 90),
    layout: 'shared',
    maxPodGracePeriodSeconds: 45,
    transitionPeriodMs: 300_000,
  } as const;
  const of = usages({ hog: using(500), dear: using(900) });

  it('never evicts what is critical', () => {
    const dear = asking('dear', {}, { priorityClassName: 'system-cluster-critical' });
    expect(chooseVictim({ ...input, pods: [dear, asking('hog')], usages: of })?.podUid).toBe('uid-hog');
    expect(chooseVictim({ ...input, pods: [dear], usages: of })).toBeUndefined();
  });
  it.each<[string, number, EvictionSignal, string]>([
    ['a small pod of less priority stays when one that fills the disk has to go in any case', 50, 'nodefs.available', 'uid-filler'],
    ['the pod of less priority goes alone when that is enough', 99, 'nodefs.available', 'uid-small'],
    ['for memory the pod of less priority goes first, as upstream', 50, 'memory.available', 'uid-small'],
  ])('%s', (_what, availableMib, signal, first) => {
    const layer = (mib: number): PodUsage => using(mib, { containers: [{ name: 'app', layer: { bytes: mib * MIB, inodes: 1 } }] });
    const victim = chooseVictim({
      ...input,
      thresholds: [hard(signal)],
      readings: left(signal, availableMib),
      pods: [asking('filler', {}, { priority: 100 }), asking('small')],
      usages: usages({ filler: layer(900), small: layer(2) }),
    });
    expect(victim?.podUid).toBe(first);
  });
  it('has 1 s for a hard threshold and what is configured for a soft one, and stays away for the transition period', () => {
    const graceFor = (gracePeriodMs: number) =>
      chooseVictim({ ...input, thresholds: [hard('memory.available', '100Mi', { gracePeriodMs })], pods: [asking('hog')], usages: of })
        ?.termination;
    expect(graceFor(0)).toMatchObject({ reason: 'Evicted', gracePeriodSeconds: 1, disruption: true, retryAfterMs: 300_000 });
    expect(graceFor(1)).toMatchObject({ gracePeriodSeconds: 45 });
  });
});

describe('the message', () => {
  const say = (it: ReturnType<typeof pod>, usage: PodUsage | undefined, threshold = hard('memory.available')) =>
    evictionMessage({
      resource: threshold.signal === 'memory.available' ? 'memory' : threshold.signal === 'pid.available' ? 'pids' : 'ephemeral-storage',
      pod: it,
      usage,
      thresholds: [threshold],
      readings: left(threshold.signal, 90.5),
    });
  it('names the threshold, what is left, and every container beyond its request', () =>
    expect(say(asking('web', { memory: '64Mi' }), using(65))).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 92672Ki. Container app was using 65Mi, request is 64Mi, has larger consumption of memory. ',
    ));
  it('blames nobody within the request', () =>
    expect(say(asking('web', { memory: '64Mi' }), using(64))).toBe(
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 92672Ki. ',
    ));
  it('says 0 where nothing was requested', () => expect(say(asking('web'), using(1))).toContain('was using 1Mi, request is 0, has larger'));
  it('tells of the pod where it has resources of its own', () =>
    expect(say(asking('web', {}, { resources: { requests: { memory: '32Mi' } } }), using(40))).toContain(
      'Pod web was using 40Mi, request is 32Mi, has larger consumption of memory. ',
    ));
  it('prints a share of the capacity as bytes', () =>
    expect(say(asking('web'), undefined, { ...hard('memory.available'), value: { fraction: Math.fround(Math.fround(10) / 100) } })).toBe(
      'The node was low on resource: memory. Threshold quantity: 107374184, available: 92672Ki. ',
    ));
  it('counts layers and logs for disk, and blames no container for processes', () => {
    const containers: ContainerUsage[] = [{ name: 'app', layer: { bytes: 3 * MIB, inodes: 1 }, logs: { bytes: MIB, inodes: 1 } }];
    expect(say(asking('web'), using(1, { containers }), hard('nodefs.available'))).toContain('Container app was using 4Mi, request is 0');
    expect(say(asking('web'), using(1), hard('pid.available', '1'))).toBe(
      'The node was low on resource: pids. Threshold quantity: 1, available: 94896128. ',
    );
  });
});

describe('a limit of its own', () => {
  const limited = (limits: Record<string, string>, spec = {}) =>
    pod('web', { containers: [container('app', { resources: { limits } })], ...spec });
  const volume = (sizeLimit?: string, medium?: string) => ({
    volumes: [{ name: 'disk', emptyDir: { ...(sizeLimit && { sizeLimit }), ...(medium && { medium }) } }],
  });
  const using = (layerMib: number, logsMib: number, volumeMib: number, otherMib = 0): PodUsage => ({
    containers: [{ name: 'app', layer: { bytes: layerMib * MIB, inodes: 1 }, logs: { bytes: logsMib * MIB, inodes: 1 } }],
    volumes: new Map([['disk', { bytes: volumeMib * MIB, inodes: 1 }]]),
    other: { bytes: otherMib * MIB, inodes: 1 },
  });

  it.each([
    ['of nothing', pod('web', volume()), 'none'],
    ['of a volume', pod('web', volume('1Mi')), 'volumes'],
    ['of a volume in memory', pod('web', volume('1Mi', 'Memory')), 'none'],
    ['of a volume that is zero', pod('web', volume('0')), 'none'],
    ['of ephemeral storage', limited({ 'ephemeral-storage': '1Mi' }), 'containers'],
  ])('%s', (_what, it, measured) => expect(localLimits(it)).toBe(measured));

  it.each<[string, ReturnType<typeof pod>, PodUsage, StorageLayout, string | undefined]>([
    ['kept', pod('web', volume('1Mi')), using(9, 9, 1), 'shared', undefined],
    ['a volume', pod('web', volume('1Mi')), using(0, 0, 2), 'shared', 'Usage of EmptyDir volume "disk" exceeds the limit "1Mi". '],
    [
      'the pod',
      limited({ 'ephemeral-storage': '4Mi' }, volume()),
      using(1, 1, 2, 1),
      'shared',
      'Pod ephemeral local storage usage exceeds the total limit of containers 4Mi. ',
    ],
    ['the pod, kept', limited({ 'ephemeral-storage': '5Mi' }, volume()), using(1, 1, 2, 1), 'shared', undefined],
  ])('is %s', (_what, it, usage, layout, message) => expect(exceededLimit(it, usage, layout)?.message).toBe(message));

  it('of a container counts its layer only where that is the node’s own disk', () => {
    const two = pod('web', {
      containers: [
        container('app', { resources: { limits: { 'ephemeral-storage': '4Mi' } } }),
        container('side', { resources: { limits: { 'ephemeral-storage': '1Gi' } } }),
      ],
    });
    const message = 'Container app exceeded its local ephemeral storage limit "4Mi". ';
    expect(exceededLimit(two, using(3, 2, 0), 'shared')).toEqual({ signal: 'ephemeralcontainerfs.limit', message });
    expect(exceededLimit(two, using(3, 2, 0), 'dedicatedImages')).toBeUndefined();
    expect(exceededLimit(two, using(0, 5, 0), 'dedicatedImages')).toMatchObject({ message });
  });
});
