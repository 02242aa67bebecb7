import { reflect } from '@solo-kubelet/cluster-client';
import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { Pod, PodSpec } from '@solo-kubelet/pod-spec';
import { type PodRecord, type PodUid, podUid, type StatusStore } from '@solo-kubelet/reconciler';
import {
  container,
  type FakeFault,
  type FakeRuntime,
  fakeRuntime,
  type TestKubelet,
  testKubelet,
  type VirtualTime,
  virtualTime,
} from '@solo-kubelet/reconciler/testing';
import fc from 'fast-check';
import { concatMap, map, merge, of, type Subscription, scan, shareReplay } from 'rxjs';
import { expect, it } from 'vitest';
import { API_SOURCE, type AssignedPods, emptyAssigned, reduceAssigned } from '../src/core/assigned-pods.js';
import { isTerminalPhase, podStatusPatch } from '../src/core/pod-status-patch.js';
import { reportStatuses } from '../src/report-statuses.js';
import { type Hearing, inTurn, ModelServer, type RequestFault } from './model-server.js';

/** A node of a cluster in virtual time: API server, kubelet and container runtime, each of which may fail. */
interface Machine {
  readonly time: VirtualTime;
  readonly server: ModelServer;
  readonly runtime: FakeRuntime;
  readonly kubelet: () => TestKubelet;
  readonly crashes: unknown[];
  requestFault: () => RequestFault;
  hearing: () => Hearing;
  runtimeFault: () => FakeFault | undefined;
  boot(): Promise<void>;
}

const memoryStore = (): StatusStore => {
  const records = new Map<PodUid, PodRecord>();
  return {
    load: async () => [...records.values()],
    save: async (record) => void records.set(record.podUid, record),
    remove: async (uid) => void records.delete(uid),
  };
};
const AT_ONCE: Hearing = { afterMs: 10, times: 1 };
const FILES = { source: 'file', path: '/m' } as const;
const API = { source: API_SOURCE, path: 'n' } as const;

const createMachine = async (): Promise<Machine> => {
  const time = virtualTime();
  const { scheduler, wallNow } = time;
  const store = memoryStore();
  let kubelet: TestKubelet;
  let running: Subscription | undefined;
  const crashes: unknown[] = [];
  const runtime = fakeRuntime({
    scheduler,
    wallNow,
    fault: () => machine.runtimeFault(),
    script: ({ name }, restartCount) => ({
      ...(name === 'short' ? { runsForMs: 3_000, exitCode: restartCount % 2 } : {}),
      stopsAfterMs: name === 'slow' ? 8_000 : 50,
    }),
  });
  const server = new ModelServer({
    scheduler,
    wallNow,
    fault: () => machine.requestFault(),
    hearing: () => machine.hearing(),
    running: (uid) => (runtime.pods.get(podUid(uid))?.containers ?? []).filter(({ state }) => state === 'running').length,
  });
  const machine: Machine = {
    time,
    server,
    runtime,
    kubelet: () => kubelet,
    crashes,
    requestFault: () => undefined,
    hearing: () => AT_ONCE,
    runtimeFault: () => undefined,
    boot: async () => {
      running?.unsubscribe();
      if (kubelet?.crash !== undefined) crashes.push(kubelet.crash);
      kubelet?.stop();
      time.restart();
      const assigned$ = reflect<Pod>(server.source, { scheduler, random: () => 0.5 }).pipe(
        scan(reduceAssigned('n'), emptyAssigned),
        shareReplay({ bufferSize: 1, refCount: true }),
      );
      const synced: ManifestEvent = { type: 'synced', ...FILES };
      kubelet = testKubelet({
        runtime,
        scheduler,
        wallNow,
        store,
        sources: [FILES, API],
        manifestEvent$: merge(of(synced), assigned$.pipe(concatMap(({ events }: AssignedPods) => events))),
      });
      const pods$ = kubelet.reconciler.pods$.pipe(
        map((views) =>
          [...views.values()].map(({ pod, origin, terminating }) => ({ pod, ofApi: origin?.source === API_SOURCE, terminating })),
        ),
      );
      running = reportStatuses({ api: server.api, pods$, assigned$, scheduler }).subscribe({ error: (error) => crashes.push(error) });
      await time.advance(20);
    },
  };
  await machine.boot();
  return machine;
};

interface Command {
  readonly run: (machine: Machine) => Promise<void> | void;
  [fc.toStringMethod]: () => string;
}
const command = (text: string, run: Command['run']): Command => ({ run, [fc.toStringMethod]: () => text });

const name = fc.constantFrom('a', 'b', 'c');
const spec: fc.Arbitrary<PodSpec> = fc.record({
  restartPolicy: fc.constantFrom('Always' as const, 'OnFailure' as const, 'Never' as const),
  terminationGracePeriodSeconds: fc.constantFrom(0, 5, 30),
  containers: fc.constantFrom(['app'], ['short'], ['slow'], ['app', 'short']).map((names) => names.map((each) => container(each))),
});
const hearing: fc.Arbitrary<Hearing> = fc.record({ afterMs: fc.constantFrom(0, 5, 300, 3_000), times: fc.constantFrom(1, 1, 2) });

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(name, spec).map(([each, its]) => {
      const names = its.containers.map((one) => one.name);
      return command(`create ${each} ${its.restartPolicy} ${its.terminationGracePeriodSeconds} ${names}`, ({ server }) =>
        server.create(each, its),
      );
    }),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(name, fc.constantFrom(undefined, 0, 1, 20))
      .map(([each, grace]) => command(`delete ${each} ${grace}`, ({ server }) => server.delete(each, grace))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, fc.constantFrom('Failed' as const, 'Succeeded' as const))
      .map(([each, phase]) =>
        command(`${each} is said to have ${phase}`, ({ server }) =>
          server.change(each, (pod) =>
            isTerminalPhase(pod.status) ? pod : { ...pod, status: { ...pod.status, phase, reason: 'NodeLost' } },
          ),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, fc.nat(3))
      .map(([each, value]) =>
        command(`label ${each} ${value}`, ({ server }) =>
          server.change(each, (pod) => ({ ...pod, metadata: { ...pod.metadata, labels: { value: String(value) } } })),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(name, fc.nat(3)).map(([each, value]) =>
      command(`image of ${each} ${value}`, ({ server }) =>
        server.change(each, (pod) => ({
          ...pod,
          spec: { ...pod.spec, containers: pod.spec.containers.map((one) => ({ ...one, image: `${one.name}:${value}` })) },
        })),
      ),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(name, fc.boolean())
      .map(([each, held]) =>
        command(`${each} ${held ? 'is held' : 'is free'}`, ({ server }) =>
          server.change(each, (pod) => ({ ...pod, metadata: { ...pod.metadata, finalizers: held ? ['x.io/held'] : [] } })),
        ),
      ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(name, fc.constantFrom('True' as const, 'False' as const)).map(([each, status]) =>
      command(`condition of ${each} ${status}`, ({ server }) =>
        server.change(each, (pod) => {
          const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'x.io/fed');
          return { ...pod, status: { ...pod.status!, conditions: [...others, { type: 'x.io/fed', status }] } };
        }),
      ),
    ),
  },
  {
    weight: 8,
    arbitrary: fc.constantFrom(3, 300, 3_000, 20_000, 90_000).map((ms) => command(`wait ${ms}`, ({ time }) => time.advance(ms))),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(true, false).map((away) =>
      command(away ? 'server away' : 'server back', ({ server }) => {
        server.away = away;
        if (away) server.cut();
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('cut', 'forget', 'save', 'restore')
      .map((what) => command(`server: ${what}`, ({ server }) => server[what]())),
  },
  {
    weight: 2,
    arbitrary: fc.array(hearing, { minLength: 1, maxLength: 5 }).map((each) =>
      command(`heard ${each.map(({ afterMs, times }) => `${times}x after ${afterMs}`)}`, (machine) => {
        machine.hearing = inTurn(each);
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.constantFrom<RequestFault>(undefined, undefined, 'refused', 'replyLost', 'slow'), { minLength: 1, maxLength: 7 })
      .map((faults) =>
        command(`requests ${faults}`, (machine) => {
          machine.requestFault = inTurn(faults);
        }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom<FakeFault | undefined>(undefined, undefined, 'fail', 'loseReply'), { minLength: 3, maxLength: 7 })
      .map((faults) =>
        command(`runtime ${faults}`, (machine) => {
          machine.runtimeFault = inTurn(faults);
        }),
      ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(9), fc.constantFrom(0, 1, 137)).map(([which, code]) =>
      command(`exit ${which} ${code}`, ({ runtime }) => {
        const live = [...runtime.pods.values()].flatMap(({ containers }) => containers.filter(({ state }) => state === 'running'));
        const one = live[which % Math.max(1, live.length)];
        if (one !== undefined) runtime.exit(one.id, code);
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constant(command('kubelet dies', (machine) => machine.boot())) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(-86_400_000, -60_000, 60_000, 86_400_000).map((ms) => command(`clock ${ms}`, ({ time }) => time.jump(ms))),
  },
);

/** Faults are over, and finalizers too. */
const comeToRest = async (machine: Machine): Promise<void> => {
  const { server, time } = machine;
  server.away = false;
  machine.requestFault = () => undefined;
  machine.runtimeFault = () => undefined;
  machine.hearing = () => AT_ONCE;
  for (const each of ['a', 'b', 'c']) server.change(each, (pod) => ({ ...pod, metadata: { ...pod.metadata, finalizers: [] } }));
  // What was said before and not heard is heard no more.
  await time.advance(5_000);
  server.forget();
  await time.advance(1_200_000);
};

const check = (machine: Machine): void => {
  const { server, runtime, kubelet, crashes } = machine;
  expect(server.violations).toEqual([]);
  expect(runtime.violations).toEqual([]);
  expect([...crashes, kubelet().crash]).toEqual([undefined]);
  const live = new Map(
    [...runtime.pods].flatMap(([uid, { containers }]) => {
      const names = containers.filter(({ state }) => state === 'running').map((one) => one.name);
      return names.length === 0 ? [] : [[String(uid), names] as const];
    }),
  );
  for (const uid of live.keys()) expect(server.objects.has(uid), `${uid} runs and nobody asks for it`).toBe(true);
  for (const [uid, held] of server.objects) {
    expect(held.metadata.deletionTimestamp, `${uid} was deleted and is there`).toBeUndefined();
    const shown = kubelet().view(uid)?.pod;
    expect(shown, `${uid} is there and the kubelet does not know it`).toBeDefined();
    expect(shown?.metadata.labels).toEqual(held.metadata.labels);
    expect(shown?.spec).toEqual(held.spec);
    expect(podStatusPatch(held, shown?.status ?? { phase: 'Pending' }), `${uid} is not told as it is`).toBeUndefined();
    const told = (held.status?.containerStatuses ?? []).filter(({ state }) => state?.running !== undefined).map((one) => one.name);
    expect([...told].sort(), uid).toEqual([...(live.get(uid) ?? [])].sort());
    if (isTerminalPhase(held.status)) expect(live.has(uid), `${uid} has ended and runs`).toBe(false);
    else expect(held.status?.phase, uid).toBe('Running');
  }
};

it('what runs and what is told end as the API server has it, whatever it says, forgets and loses', { timeout: 1_200_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyCommand, { minLength: 5, maxLength: 35 }), async (commands) => {
      const machine = await createMachine();
      try {
        for (const { run } of commands) {
          await run(machine);
          await machine.time.advance(1);
        }
        await comeToRest(machine);
        check(machine);
      } finally {
        machine.kubelet().stop();
      }
    }),
    { numRuns: Number(process.env['SIM_RUNS'] ?? 80), endOnFailure: process.env['SIM_SHRINK'] === undefined },
  );
});
