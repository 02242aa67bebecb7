import { type Pod, podCgroup, podRequests, quantityMilliValue, type ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { PodRecord, PodUid, StatusStore } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeRuntime,
  fakeRuntime,
  nodeFacts,
  pod,
  type TestKubelet,
  type TestKubeletOptions,
  testKubelet,
  type VirtualTime,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import { delay } from '@solo-kubelet/timers/rxjs';
import fc from 'fast-check';
import { expect } from 'vitest';
import { heldTo, sameResources, withResources } from '../src/core/resize/pod-resources.js';
import { asKept } from './as-kept.js';

const NODE = { cpu: '4', memory: '24Gi', pods: '3' } as const;
/** A node with its kubelet, of which everything is in virtual time, watched for pods that have more than it offers. */
export interface AdmissionMachine {
  readonly time: VirtualTime;
  readonly runtime: FakeRuntime;
  readonly manifests: Map<string, Pod>;
  kubelet: TestKubelet;
  /** Calls that fail, by method; `save` is the store's. */
  failing: ReadonlySet<string>;
  /** Calls that do their work and whose callers hear of a failure. */
  losing: ReadonlySet<string>;
  /** How long a record takes to be on disk, ms. One that is under way when the kubelet dies is lost. */
  savesAfterMs: number;
  memoryBytes: number;
  /** Told of every start of a container. */
  started: (image: string, pod: Pod) => void;
  /** From the stop signal to the exit of a container, ms. */
  stopsAfterMs: number;
  readonly broken: string[];
  /**
   * Pods that ran when a kubelet died and whose record had not reached the disk: this runtime, as containerd 1.6, doesn't tell what they ask for, so
   * that nobody can know. They are out of the laws of room until they have ended.
   */
  readonly unknown: Set<PodUid>;
  boot(): Promise<void>;
  stop(): void;
  /** Drops the notes of what was called and told, which would fill the memory in a long run. */
  forget(): void;
}

const milli = (list: Readonly<Record<string, string>>, name: string): bigint => quantityMilliValue(list[name] ?? '0');
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

const isLive = ({ runtime }: AdmissionMachine, uid: PodUid): boolean =>
  runtime.pods.get(uid)?.containers.some(({ state }) => state === 'running') === true;

/** What a pod has by its cgroups, or has been allocated if that is more; a pod that goes is shown as it was and counts with what it has. */
const footprint = (machine: AdmissionMachine, uid: PodUid, name: 'cpu' | 'memory'): bigint => {
  const { runtime, kubelet, manifests } = machine;
  const live = runtime.pods.get(uid)?.containers.filter(({ state }) => state === 'running') ?? [];
  if (live.length === 0) return 0n;
  const whole = runtime.podCgroups.get(uid)?.pod?.requests;
  const parts = live.reduce((sum, { id }) => sum + milli(runtime.containerCgroups.get(id)?.requests ?? {}, name), 0n);
  const has = whole?.[name] === undefined ? parts : milli(whole, name);
  const isWanted = [...manifests.values()].some(({ metadata }) => metadata.uid === uid);
  return isWanted ? larger(has, milli(kubelet.view(uid)?.pod.status?.allocatedResources ?? {}, name)) : has;
};

const used = (machine: AdmissionMachine, name: 'cpu' | 'memory', uids: Iterable<PodUid> = machine.runtime.pods.keys()): bigint =>
  [...uids].reduce((sum, uid) => sum + footprint(machine, uid, name), 0n);
const livePods = (machine: AdmissionMachine): number => [...machine.runtime.pods.keys()].filter((uid) => isLive(machine, uid)).length;

export const checkRoom = (machine: AdmissionMachine): void => {
  for (const uid of machine.unknown) if (!isLive(machine, uid)) machine.unknown.delete(uid);
  const told = [...machine.runtime.pods.keys()].filter((uid) => !machine.unknown.has(uid));
  for (const name of ['cpu', 'memory'] as const) {
    const sum = used(machine, name, told);
    if (sum > milli(NODE, name)) machine.broken.push(`${name}: ${sum} of ${milli(NODE, name)} thousandths`);
  }
  if (livePods(machine) > Number(NODE.pods)) machine.broken.push(`${livePods(machine)} pods`);
};

export const createMachine = async (
  options: Omit<TestKubeletOptions, 'runtime'> = {},
  /** Follows each kubelet process until what it returns is called. */
  watch: (kubelet: TestKubelet) => () => void = () => () => {},
): Promise<AdmissionMachine> => {
  const time = virtualTime();
  const { scheduler } = time;
  const records = new Map<PodUid, PodRecord>();
  const store: StatusStore = {
    load: async () => [...records.values()],
    save: async (record) => {
      const saving = kubelets;
      if (machine.savesAfterMs > 0) await delay(machine.savesAfterMs, scheduler, new AbortController().signal);
      if (machine.failing.has('save')) throw new Error('the disk is full');
      if (saving === kubelets) records.set(record.podUid, asKept(record));
    },
    remove: async (uid) => void records.delete(uid),
  };
  let kubelets = 0;
  const machine = {
    failing: new Set(),
    losing: new Set(),
    savesAfterMs: 0,
    memoryBytes: 0,
    started: () => {},
    stopsAfterMs: 25_000,
    manifests: new Map(),
    broken: [] as string[],
    unknown: new Set(),
  } as unknown as AdmissionMachine;
  const runtime = fakeRuntime({
    scheduler,
    wallNow: time.wallNow,
    script: ({ image = '' }, _, pod) => {
      machine.started(image, pod);
      return { stopsAfterMs: machine.stopsAfterMs };
    },
    memoryBytes: () => machine.memoryBytes,
    fault: (method) => {
      checkRoom(machine);
      if (machine.failing.has(method)) return 'fail';
      return machine.losing.has(method) ? 'loseReply' : undefined;
    },
  });
  let unwatch = (): void => {};
  const stop = (): void => {
    unwatch();
    machine.kubelet?.stop();
  };
  const boot = async (): Promise<void> => {
    stop();
    for (const uid of runtime.pods.keys()) if (isLive(machine, uid) && !records.has(uid)) machine.unknown.add(uid);
    kubelets += 1;
    time.restart();
    machine.kubelet = testKubelet({ runtime, scheduler, wallNow: time.wallNow, store, ...options });
    unwatch = watch(machine.kubelet);
    machine.kubelet.node(nodeFacts({ allocatable: NODE }));
    for (const [path, it] of machine.manifests) machine.kubelet.apply(it, path);
    await time.advance(20);
    machine.kubelet.synced();
  };
  const forget = (): void => {
    runtime.calls.length = 0;
    machine.kubelet.activities.length = 0;
    machine.kubelet.events.length = 0;
  };
  Object.assign(machine, { time, runtime, boot, stop, forget });
  await boot();
  return machine;
};

/** Small enough that three pods and their next edit mostly fit, with some that never do. */
const anyAmounts: fc.Arbitrary<Readonly<Record<'cpu' | 'memory', string>>> = fc.record({
  cpu: fc.constantFrom('200m', '500m', '1', '2', '3', '100'),
  memory: fc.constantFrom('1Gi', '2Gi', '6Gi', '20Gi'),
});

/** What a pod asks for as a whole may not be less than its containers ask for together. */
const atLeast = (whole: ResourceRequirements, parts: readonly ResourceRequirements[]): ResourceRequirements => {
  const amount = (name: string): bigint =>
    larger(
      milli(whole.requests ?? {}, name),
      parts.reduce((sum, { requests }) => sum + milli(requests ?? {}, name), 0n),
    );
  const requests = { cpu: `${amount('cpu')}m`, memory: `${amount('memory') / (1_000n * 2n ** 30n)}Gi` };
  return { requests, ...(whole.limits && { limits: requests }) };
};

/**
 * Mostly of a shape and under a UID that the path had before: then an edit is a resize. A shape says whether there is a sidecar (`s`), whether the pod
 * has amounts as a whole (`w`) and whether its requests are limits, too (`l`). An edit that takes limits away or brings them would change the QoS
 * class: one in seven does.
 */
export const anyResizedPod = (path: string): fc.Arbitrary<Pod> =>
  fc
    .record({
      version: fc.constantFrom(1, 1, 1, 1, 2),
      shape: fc.constantFrom('', '', '', 's', 'w', 'l', 'l', 'sw', 'swl'),
      contrary: fc.constantFrom(false, false, false, false, false, false, true),
      app: anyAmounts,
      side: anyAmounts,
      whole: anyAmounts,
    })
    .map(({ version, shape, contrary, app, side, whole }) => {
      const limited = shape.includes('l') !== contrary;
      const resources = (amounts: Readonly<Record<string, string>>): ResourceRequirements => ({
        requests: amounts,
        ...(limited && { limits: amounts }),
      });
      const sides = shape.includes('s') ? [resources(side)] : [];
      return pod(
        path.slice(3, 4),
        {
          containers: [container('app', { resources: resources(app) })],
          ...(sides.length > 0 && { initContainers: sides.map((its) => container('side', { restartPolicy: 'Always', resources: its })) }),
          ...(shape.includes('w') && { resources: atLeast(resources(whole), [resources(app), ...sides]) }),
        },
        { uid: `${path}#${version}${shape}` },
      );
    });

/** What the pod's cgroup is held to, and what counts in admission: amounts of the pod that say what its containers say change neither. */
const cgroupOf = (wanted: Pod): object => {
  const { cpuShares, cpuQuota, memory } = podCgroup(wanted);
  const { cpu, memory: asked } = podRequests(wanted);
  return { cpuShares, cpuQuota, memory, asks: [cpu, asked].map((quantity) => (quantity === undefined ? 0 : quantityMilliValue(quantity))) };
};

/** Every live cgroup is as the manifest asks, or a condition says why not. */
export const expectSettled = (machine: AdmissionMachine): void => {
  const { runtime, kubelet, manifests } = machine;
  for (const wanted of manifests.values()) {
    const uid = wanted.metadata.uid as PodUid;
    const status = kubelet.view(uid)?.pod.status;
    if (status?.phase === 'Failed') {
      const asked = podRequests(wanted);
      const full = (['cpu', 'memory'] as const).some((name) => used(machine, name) + milli(asked, name) > milli(NODE, name));
      expect(
        full || machine.unknown.size > 0 || livePods(machine) >= Number(NODE.pods),
        `${uid} waits though there is room: ${status.message}`,
      ).toBe(true);
      continue;
    }
    expect(status?.phase, `${uid}: ${JSON.stringify(status)}`).toBe('Running');
    const explained = status?.conditions?.some(
      ({ type, reason, message }) =>
        (type === 'PodResizePending' && (reason === 'Deferred' || reason === 'Infeasible') && message !== '') ||
        (type === 'PodResizeInProgress' && reason === 'Error' && message !== ''),
    );
    if (explained || machine.unknown.has(uid)) continue;
    const cgroup = runtime.podCgroups.get(uid);
    expect(cgroup && cgroupOf(withResources(wanted, cgroup)), `cgroup of ${uid}`).toEqual(cgroupOf(wanted));
    for (const one of [...wanted.spec.containers, ...(wanted.spec.initContainers ?? [])]) {
      const live = runtime.pods.get(uid)?.containers.find(({ name, state }) => name === one.name && state === 'running');
      const has = live && runtime.containerCgroups.get(live.id);
      expect(has, `${one.name} of ${uid} runs`).toBeDefined();
      expect(sameResources(has, heldTo(wanted, one)), `${one.name} of ${uid}: ${JSON.stringify(has)}`).toBe(true);
    }
  }
};
