import { type Pod, podRequests, quantityMilliValue, type ResourceRequirements } from '@solo-kubelet/pod-spec';
import type { PodRecord, PodUid, StatusStore } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeRuntime,
  fakeRuntime,
  nodeFacts,
  pod,
  type TestKubelet,
  testKubelet,
  type VirtualTime,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { heldTo, sameResources } from '../src/core/resize/pod-resources.js';

const NODE = { cpu: '4', memory: '24Gi', pods: '3' } as const;
const GIBIBYTE = 2 ** 30;

interface Machine {
  readonly time: VirtualTime;
  readonly runtime: FakeRuntime;
  readonly manifests: Map<string, Pod>;
  kubelet: TestKubelet;
  /** Calls that fail, by method. */
  failing: ReadonlySet<string>;
  memoryBytes: number;
  readonly broken: string[];
  boot(): Promise<void>;
}

const milli = (list: Readonly<Record<string, string>>, name: string): bigint => quantityMilliValue(list[name] ?? '0');
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

/** What a pod has by its cgroups, or has been allocated if that is more. */
const footprint = ({ runtime, kubelet }: Machine, uid: PodUid, name: 'cpu' | 'memory'): bigint => {
  const live = runtime.pods.get(uid)?.containers.filter(({ state }) => state === 'running') ?? [];
  if (live.length === 0) return 0n;
  const whole = runtime.podCgroups.get(uid)?.pod?.requests;
  const parts = live.reduce((sum, { id }) => sum + milli(runtime.containerCgroups.get(id)?.requests ?? {}, name), 0n);
  const allocated = milli(kubelet.view(uid)?.pod.status?.allocatedResources ?? {}, name);
  return larger(whole?.[name] === undefined ? parts : milli(whole, name), allocated);
};

const used = (machine: Machine, name: 'cpu' | 'memory'): bigint =>
  [...machine.runtime.pods.keys()].reduce((sum, uid) => sum + footprint(machine, uid, name), 0n);
const livePods = ({ runtime }: Machine): number =>
  [...runtime.pods.values()].filter(({ containers }) => containers.some(({ state }) => state === 'running')).length;

const checkRoom = (machine: Machine): void => {
  for (const name of ['cpu', 'memory'] as const) {
    if (used(machine, name) > milli(NODE, name)) machine.broken.push(`${name}: ${used(machine, name)} of ${milli(NODE, name)} thousandths`);
  }
  if (livePods(machine) > Number(NODE.pods)) machine.broken.push(`${livePods(machine)} pods`);
};

const createMachine = async (): Promise<Machine> => {
  const time = virtualTime();
  const { scheduler } = time;
  const records = new Map<PodUid, PodRecord>();
  const store: StatusStore = {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.podUid, structuredClone(record)),
    remove: async (uid) => void records.delete(uid),
  };
  const machine = { failing: new Set(), memoryBytes: 0, manifests: new Map(), broken: [] as string[] } as unknown as Machine;
  const runtime = fakeRuntime({
    scheduler,
    script: () => ({ stopsAfterMs: 25_000 }),
    memoryBytes: () => machine.memoryBytes,
    fault: (method) => {
      checkRoom(machine);
      return machine.failing.has(method) ? 'fail' : undefined;
    },
  });
  const boot = async (): Promise<void> => {
    machine.kubelet?.stop();
    machine.kubelet = testKubelet({ runtime, scheduler, store });
    machine.kubelet.node(nodeFacts({ allocatable: NODE }));
    for (const [path, it] of machine.manifests) machine.kubelet.apply(it, path);
    await time.advance(20);
    machine.kubelet.synced();
  };
  Object.assign(machine, { time, runtime, boot });
  await boot();
  return machine;
};

interface Command {
  readonly run: (machine: Machine) => Promise<void> | void;
  [fc.toStringMethod]: () => string;
}
const command = (text: string, run: Command['run']): Command => ({ run, [fc.toStringMethod]: () => text });
const paths = ['/m/a.yaml', '/m/b.yaml', '/m/c.yaml', '/m/d.yaml', '/m/e.yaml'];

const anyResources: fc.Arbitrary<ResourceRequirements> = fc
  .record({ cpu: fc.constantFrom('200m', '1', '3', '100'), memory: fc.constantFrom('1Gi', '6Gi', '20Gi'), limited: fc.boolean() })
  .map(({ cpu, memory, limited }) => ({ requests: { cpu, memory }, ...(limited && { limits: { cpu, memory } }) }));

/** Mostly under one UID for each path: then an edit is a resize. */
const anyPod = (path: string): fc.Arbitrary<Pod> =>
  fc
    .record({
      version: fc.constantFrom(1, 1, 1, 1, 2),
      app: anyResources,
      side: fc.option(anyResources, { nil: undefined, freq: 3 }),
      whole: fc.option(anyResources, { nil: undefined, freq: 4 }),
    })
    .map(({ version, app, side, whole }) =>
      pod(
        path.slice(3, 4),
        {
          containers: [container('app', { resources: app })],
          ...(side && { initContainers: [container('side', { restartPolicy: 'Always', resources: side })] }),
          ...(whole && { resources: whole }),
        },
        { uid: `${path}#${version}${side === undefined ? '' : 's'}` },
      ),
    );

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(...paths).chain((path) =>
      anyPod(path).map((it) =>
        command(`apply ${it.metadata.uid} ${JSON.stringify(it.spec)}`, ({ manifests, kubelet }) => {
          manifests.set(path, it);
          kubelet.apply(it, path);
        }),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...paths).map((path) =>
      command(`remove ${path}`, ({ manifests, kubelet }) => {
        if (manifests.delete(path)) kubelet.remove(path);
      }),
    ),
  },
  { weight: 6, arbitrary: fc.constantFrom(3, 300, 3_000, 26_000).map((ms) => command(`wait ${ms}`, ({ time }) => time.advance(ms))) },
  {
    weight: 2,
    arbitrary: fc.subarray(['updateResources', 'resizePod', 'memoryUsage', 'startContainer']).map((methods) =>
      command(`failing ${methods}`, (machine) => {
        machine.failing = new Set(methods);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 3, 30).map((gibibytes) =>
      command(`each container uses ${gibibytes} GiB`, (machine) => {
        machine.memoryBytes = gibibytes * GIBIBYTE;
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(command('the kubelet dies', (machine) => machine.boot())) },
);

/** Every live cgroup is as the manifest asks, or a condition says why not. */
const expectSettled = (machine: Machine): void => {
  const { runtime, kubelet, manifests } = machine;
  for (const wanted of manifests.values()) {
    const uid = wanted.metadata.uid as PodUid;
    const status = kubelet.view(uid)?.pod.status;
    if (status?.phase === 'Failed') {
      const asked = podRequests(wanted);
      const full = (['cpu', 'memory'] as const).some((name) => used(machine, name) + milli(asked, name) > milli(NODE, name));
      expect(full || livePods(machine) >= Number(NODE.pods), `${uid} waits though there is room: ${status.message}`).toBe(true);
      continue;
    }
    expect(status?.phase, uid).toBe('Running');
    const explained = status?.conditions?.some(
      ({ type, reason, message }) =>
        (type === 'PodResizePending' && (reason === 'Deferred' || reason === 'Infeasible') && message !== '') ||
        (type === 'PodResizeInProgress' && reason === 'Error' && message !== ''),
    );
    if (explained) continue;
    expect(sameResources(runtime.podCgroups.get(uid)?.pod, wanted.spec.resources), `cgroup of ${uid}`).toBe(true);
    for (const one of [...wanted.spec.containers, ...(wanted.spec.initContainers ?? [])]) {
      const live = runtime.pods.get(uid)?.containers.find(({ name, state }) => name === one.name && state === 'running');
      const has = live && runtime.containerCgroups.get(live.id);
      expect(has, `${one.name} of ${uid} runs`).toBeDefined();
      expect(sameResources(has, heldTo(wanted, one)), `${one.name} of ${uid}: ${JSON.stringify(has)}`).toBe(true);
    }
  }
};

it('never admits more than the node has, and gives every pod what its manifest asks for or says why not', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { minLength: 8, maxLength: 40, size: 'max' }), async (commands) => {
      const machine = await createMachine();
      for (const { run } of commands) {
        await run(machine);
        checkRoom(machine);
        expect([...machine.broken, ...machine.runtime.violations]).toEqual([]);
      }
      machine.failing = new Set();
      await machine.time.advance(400_000);
      expect([...machine.broken, ...machine.runtime.violations]).toEqual([]);
      expect(machine.kubelet.crash).toBeUndefined();
      expectSettled(machine);
      machine.kubelet.stop();
    }),
    { numRuns: Number(process.env['SIM_RUNS'] ?? 60) },
  );
});
