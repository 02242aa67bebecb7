import type { PodUid } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeFault,
  type FakeRuntime,
  fakeRuntime,
  lateRecords,
  pod,
  type TestKubelet,
  testKubelet,
  type VirtualTime,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { PodRecord, StatusStore } from '../src/status-store.js';
import { asKept } from './as-kept.js';
import { watchStatuses } from './watch-statuses.js';

/** A whole machine: workers, timers and a runtime with latencies, all in virtual time. */
interface Machine {
  readonly time: VirtualTime;
  readonly runtime: FakeRuntime;
  kubelet: TestKubelet;
  readonly manifests: Map<string, ReturnType<typeof pod>>;
  faults: readonly (FakeFault | undefined)[];
  /** The manifests' paths whose pods' statuses can't be had. */
  unreadable: string;
  /** Statuses that changed as they never may. */
  readonly transitions: string[];
  boot(): Promise<void>;
}

const memoryStore = (): StatusStore => {
  const records = new Map<PodUid, PodRecord>();
  return {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.podUid, asKept(record)),
    remove: async (uid) => void records.delete(uid),
  };
};

/** `tells`: events tell how containers end, and records follow up to half a minute later. */
const createMachine = async (tells: boolean): Promise<Machine> => {
  const time = virtualTime();
  const { scheduler } = time;
  let calls = 0;
  let ends = 0;
  const records = lateRecords({ scheduler, lagMs: () => [2, 40, 900, 30_000][ends++ % 4]! });
  const store = memoryStore();
  const machine = {
    faults: [undefined] as readonly (FakeFault | undefined)[],
    manifests: new Map(),
    unreadable: '',
    transitions: [] as string[],
  } as unknown as Machine;
  const runtime = fakeRuntime({
    scheduler,
    wallNow: time.wallNow,
    latencyMs: () => 1 + ((calls * 7) % 20),
    fault: () => machine.faults[calls++ % machine.faults.length],
    unreadable: (uid) => machine.unreadable !== '' && uid.startsWith(machine.unreadable),
    pullMs: (image) => (image === 'slow:1' ? 20_000 : 0),
    script: (it, restartCount) => ({
      ...(it.name.startsWith('init') ? { runsForMs: 500 } : {}),
      ...(it.name === 'crash' ? { runsForMs: 2_000 + restartCount * 300, exitCode: restartCount % 3 } : {}),
      stopsAfterMs: it.name === 'slow' ? 4_000 : 20,
    }),
    ...(tells && { exited: records.exited }),
  });
  const port = tells ? records.over(runtime) : runtime;
  let unwatch = (): void => {};
  const watch = watchStatuses(machine.transitions);
  const boot = async (): Promise<void> => {
    unwatch();
    machine.kubelet?.stop();
    time.restart();
    machine.kubelet = testKubelet({ runtime: port, scheduler, wallNow: time.wallNow, store });
    unwatch = watch(machine.kubelet);
    for (const [path, it] of machine.manifests) machine.kubelet.apply(it, path);
    await time.advance(20);
    machine.kubelet.synced();
  };
  Object.assign(machine, { time, runtime, boot });
  await boot();
  return machine;
};

interface Command {
  readonly text: string;
  readonly run: (machine: Machine) => Promise<void> | void;
  [fc.toStringMethod]: () => string;
}
const command = (text: string, run: Command['run']): Command => ({ text, run, [fc.toStringMethod]: () => text });
const paths = ['/m/a.yaml', '/m/b.yaml', '/m/c.yaml'];

const anyPod = (path: string) =>
  fc
    .record({
      version: fc.integer({ min: 1, max: 4 }),
      names: fc.constantFrom(['app'], ['crash'], ['slow'], ['app', 'crash']),
      inits: fc.constantFrom<readonly (readonly [string, boolean])[]>(
        [],
        [['init', false]],
        [
          ['side', true],
          ['init', false],
        ],
      ),
      restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
      grace: fc.constantFrom(0, 5, 30),
    })
    .map(({ version, names, inits, restartPolicy, grace }) =>
      pod(
        path.slice(3, 4),
        {
          restartPolicy,
          terminationGracePeriodSeconds: grace,
          initContainers: inits.map(([name, sidecar]) => container(name, sidecar ? { restartPolicy: 'Always' } : {})),
          containers: names.map((name) => container(name)),
        },
        { uid: `${path}#${version}${names}${inits.length}${restartPolicy}${grace}` },
      ),
    );

const applies = (path: string, it: ReturnType<typeof pod>): Command =>
  command(`apply ${it.metadata.uid}`, (machine) => {
    machine.manifests.set(path, it);
    machine.kubelet.apply(it, path);
  });
const waits = (ms: number): Command => command(`wait ${ms}`, ({ time }) => time.advance(ms));
/** `which`: a number of one of those that run, newest first. */
const exits = (which: number, code: number): Command =>
  command(`exit ${which} ${code}`, ({ runtime }) => {
    const running = [...runtime.pods.values()].flatMap(({ containers }) => containers.filter(({ state }) => state === 'running'));
    const one = running[which % Math.max(1, running.length)];
    if (one !== undefined) runtime.exit(one.id, code);
  });
const dies = command('kubelet dies', (machine) => machine.boot());

/** Found by seed -569371371: a kubelet that dies while it stops the sidecar of a pod that has failed. */
const diesWhileSidecarEnds: readonly Command[] = [
  applies(
    '/m/c.yaml',
    pod('c', {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 30,
      initContainers: [container('slow', { restartPolicy: 'Always' })],
      containers: [container('app')],
    }),
  ),
  waits(30_000),
  exits(0, 137),
  waits(3_000),
  dies,
];

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(...paths).chain((path) => anyPod(path).map((it) => applies(path, it))),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...paths).map((path) =>
      command(`remove ${path}`, (machine) => {
        if (machine.manifests.delete(path)) machine.kubelet.remove(path);
      }),
    ),
  },
  { weight: 8, arbitrary: fc.constantFrom(3, 30, 300, 3_000, 20_000).map(waits) },
  {
    weight: 3,
    arbitrary: fc
      .array(fc.constantFrom<FakeFault | undefined>(undefined, undefined, 'fail', 'loseReply'), { minLength: 3, maxLength: 9 })
      .map((faults) =>
        command(`faults ${faults}`, (machine) => {
          machine.faults = faults;
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.constant(
      command('no faults', (machine) => {
        machine.faults = [undefined];
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(fc.nat(), fc.constantFrom(0, 1, 137)).map(([which, code]) => exits(which, code)),
  },
  {
    weight: 1,
    arbitrary: fc.nat().map((which) =>
      command(`kill sandbox ${which}`, ({ runtime }) => {
        const sandboxes = [...runtime.pods.values()].flatMap((it) => it.sandboxes.filter(({ state }) => state === 'ready'));
        const one = sandboxes[which % Math.max(1, sandboxes.length)];
        if (one !== undefined) runtime.killSandbox(one.id);
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom('', ...paths).map((path) =>
      command(`can not read ${path || 'nobody'}`, (machine) => {
        machine.unreadable = path;
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constant(dies) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(1_000, -1_000, 1_800_000, -1_800_000, 86_400_000, -86_400_000, 315_576_000_000, -315_576_000_000)
      .map((ms) => command(`clock ${ms}`, ({ time }) => time.jump(ms))),
  },
);

const expectConvergence = async (machine: Machine): Promise<void> => {
  machine.faults = [undefined];
  machine.unreadable = '';
  await machine.time.advance(700_000);
  const { kubelet, runtime, manifests } = machine;
  expect(kubelet.crash).toBeUndefined();
  const wanted = new Set([...manifests.values()].map((it) => it.metadata.uid));
  for (const uid of runtime.pods.keys()) expect(wanted, `${uid} is left over`).toContain(uid);
  for (const uid of wanted) {
    const phase = kubelet.view(uid!)?.pod.status?.phase;
    expect(['Running', 'Succeeded', 'Failed'], `${uid}: ${JSON.stringify(kubelet.view(uid!)?.pod.status)}`).toContain(phase);
    const ready = runtime.pods.get(uid as PodUid)?.sandboxes.filter(({ state }) => state === 'ready').length ?? 0;
    expect(ready, uid).toBe(phase === 'Running' ? 1 : 0);
  }
};

describe('the reconciler, whatever happens', () => {
  let steps = 0;
  afterAll(() => console.log(`reconciler laws: ${steps} steps`));

  it('keeps its laws in time, and reaches what is asked for once faults end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyCommand, { minLength: 10, maxLength: 60, size: 'max' }), fc.boolean(), async (commands, tells) => {
        const machine = await createMachine(tells);
        for (const { run } of commands) {
          await run(machine);
          steps += 1;
          expect([...machine.transitions, ...machine.runtime.violations]).toEqual([]);
        }
        await expectConvergence(machine);
        expect([...machine.transitions, ...machine.runtime.violations]).toEqual([]);
        machine.kubelet.stop();
      }),
      {
        numRuns: Number(process.env['SIM_RUNS'] ?? 120),
        endOnFailure: process.env['SIM_SHRINK'] === undefined,
        examples: [[[...diesWhileSidecarEnds], false]],
      },
    );
  });
});
