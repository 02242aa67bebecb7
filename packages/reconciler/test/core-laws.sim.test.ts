import type { Pod } from '@solo-kubelet/pod-spec';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { uidOf } from '../src/core/pod-identity.js';
import { restartsAfterExit } from '../src/core/restart-decision.js';
import { container, pod } from '../src/testing/index.js';
import { CoreModel, type Fault } from './core-model.js';

const paths = ['/m/a.yaml', '/m/b.yaml', '/m/c.yaml', '/m/d.yaml'];

/** Pods of few names and many shapes. */
const anyPod = (path: string): fc.Arbitrary<Pod> =>
  fc
    .record({
      version: fc.integer({ min: 1, max: 3 }),
      restartPolicy: fc.constantFrom('Always', 'OnFailure', 'Never'),
      inits: fc.array(fc.record({ sidecar: fc.boolean(), policy: fc.boolean() }), { maxLength: 3 }),
      regulars: fc.integer({ min: 1, max: 2 }),
      grace: fc.constantFrom(0, 1, 30, 60),
      rules: fc.boolean(),
      deadline: fc.option(fc.constantFrom(30, 600), { nil: undefined, freq: 8 }),
    })
    .map(({ version, restartPolicy, inits, regulars, grace, rules, deadline }) => {
      const name = path.slice(3, 4) === 'd' ? 'a' : path.slice(3, 4); // two files may claim one name
      const restartRules = rules
        ? {
            restartPolicy: 'Never' as const,
            restartPolicyRules: [{ action: 'RestartAllContainers' as const, exitCodes: { operator: 'In' as const, values: [42] } }],
          }
        : {};
      return pod(
        name,
        {
          restartPolicy,
          terminationGracePeriodSeconds: grace,
          initContainers: inits.map(({ sidecar }, index) => container(`init${index}`, sidecar ? { restartPolicy: 'Always' } : {})),
          containers: Array.from({ length: regulars }, (_, index) => container(`app${index}`, restartRules)),
          ...(deadline === undefined ? {} : { activeDeadlineSeconds: deadline }),
        },
        {
          uid: `${path}#${version}${restartPolicy}${inits.map(({ sidecar }) => (sidecar ? 's' : 'i')).join('')}${regulars}${grace}${rules}${deadline}`,
        },
      );
    });

interface Command {
  readonly text: string;
  readonly run: (model: CoreModel) => void;
  /** What a counterexample prints. */
  [fc.toStringMethod]: () => string;
}
const command = (text: string, run: Command['run']): Command => ({ text, run, [fc.toStringMethod]: () => text });
const pick = <T>(items: readonly T[], index: number): T | undefined => items[index % Math.max(1, items.length)];

const anyFault = fc.constantFrom<Fault>('none', 'none', 'none', 'none', 'none', 'fail', 'loseReply', 'kubeletDies');

const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(...paths)
      .chain((path) => anyPod(path).map((it) => command(`apply ${uidOf(it)}`, (model) => model.apply(path, it)))),
  },
  { weight: 1, arbitrary: fc.constantFrom(...paths).map((path) => command(`remove ${path}`, (model) => model.remove(path))) },
  {
    weight: 10,
    arbitrary: fc.tuple(fc.nat(), fc.array(anyFault, { minLength: 1, maxLength: 6 })).map(([which, faults]) =>
      command(`pass ${which} ${faults}`, (model) => {
        const uid = pick([...model.kubeletState.pods.keys()], which);
        let next = 0;
        if (uid !== undefined) model.pass(uid, () => faults[next++ % faults.length]!);
      }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(fc.nat(), fc.constantFrom(0, 0, 1, 42, 137)).map(([which, code]) =>
      command(`exit ${which} ${code}`, (model) => {
        const one = pick(model.running(), which);
        if (one !== undefined) model.exit(one, code);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat().map((which) =>
      command(`kill sandbox ${which}`, (model) => {
        const uid = pick([...model.runtime.keys()], which);
        if (uid !== undefined) model.killSandbox(uid);
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat().map((which) =>
      command(`liveness ${which}`, (model) => {
        const [uid, held] = pick([...model.runtime], which) ?? [];
        const one = held?.containers.find(({ state }) => state === 'running');
        if (uid !== undefined && one !== undefined) model.failLiveness(one, uid);
      }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(1, 1_000, 10_000, 60_000, 700_000).map((ms) =>
      command(`wait ${ms}`, (model) => {
        model.nowMs += ms;
      }),
    ),
  },
  { weight: 2, arbitrary: fc.constant(command('list', (model) => model.listAll())) },
  {
    weight: 1,
    arbitrary: fc.nat().map((which) =>
      command(`can not read ${which}`, (model) => {
        const uid = pick([...model.runtime.keys()], which);
        if (uid !== undefined) model.unreadable.add(uid);
      }),
    ),
  },
  { weight: 1, arbitrary: fc.constant(command('can read', (model) => model.unreadable.clear())) },
);

const anyCommandOrBoot = fc.oneof(
  { weight: 36, arbitrary: anyCommand },
  { weight: 1, arbitrary: fc.constant(command('boot', (model) => model.boot())) },
);

const [HOUR_MS, DAY_MS, DECADE_MS] = [3_600_000, 86_400_000, 315_576_000_000];
/** What somebody does to the machine's clock before a step. */
const anyJump = fc.constantFrom(0, 0, 0, 1_000, -1_000, HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS, DECADE_MS, -DECADE_MS);

/** Faults end, time passes: everything that is asked for must be so, and nothing else may be there. */
const expectConvergence = (model: CoreModel): void => {
  model.unreadable.clear();
  for (let turn = 0; turn < 4; turn++) {
    for (const one of model.running()) {
      const its = [...model.runtime.values()].find(({ containers }) => containers.includes(one))!.pod;
      const plainInit = its.spec.initContainers?.find(({ name, restartPolicy }) => name === one.name && restartPolicy !== 'Always');
      if (plainInit !== undefined) model.exit(one, 0);
    }
    model.nowMs += 400_000;
    expect(model.settle()).toBe(true);
  }
  const wanted = new Set([...model.manifests.values()].map(uidOf));
  for (const uid of model.runtime.keys()) expect(wanted, `${uid} is left over`).toContain(uid);
  for (const uid of wanted) {
    const { status, inputs } = model.kubeletState.pods.get(uid) ?? {};
    const workerState = inputs?.workerState;
    if (workerState?.admission.state !== 'admitted' || status?.phase === 'Succeeded' || status?.phase === 'Failed') continue;
    const held = model.runtime.get(uid);
    const rivals = [...model.runtime.values()].filter(
      ({ pod: its }) => its !== held?.pod && its.metadata.uid !== uid && its.metadata.name === workerState.pod?.metadata.name,
    );
    if (rivals.some(({ sandboxes }) => sandboxes.some(({ state }) => state === 'ready'))) continue; // another holds the name

    expect(held?.sandboxes.filter(({ state }) => state === 'ready').length, `${uid} has no sandbox: ${JSON.stringify(status)}`).toBe(1);
    for (const spec of workerState.pod!.spec.containers) {
      const newest = held!.containers.find(({ name }) => name === spec.name);
      const initStillRuns = workerState.pod!.spec.initContainers?.some(
        ({ name }) => held!.containers.find((one) => one.name === name)?.state === 'running',
      );
      const rests = newest?.state === 'exited' && !restartsAfterExit(workerState.pod!, spec, newest.exitCode);
      expect(newest?.state === 'running' || rests || (newest === undefined && initStillRuns), `${uid}/${spec.name}: ${newest?.state}`).toBe(
        true,
      );
    }
  }
};

it('shows no end of a container between its kill and its restart under OnFailure', () => {
  const model = new CoreModel();
  const it = pod('a', { restartPolicy: 'OnFailure', terminationGracePeriodSeconds: 60, containers: [container('app')] });
  model.apply('/m/a.yaml', it);
  expect(model.settle()).toBe(true);
  model.failLiveness(model.running()[0]!, uidOf(it));
  expect(model.settle()).toBe(true);
  expect(model.running()[0]).toMatchObject({ restartCount: 1 });
  expect(model.violations).toEqual([]);
});

describe('the core, whatever happens', () => {
  let steps = 0;
  afterAll(() => console.log(`core laws: ${steps} steps`));

  it('keeps its laws and reaches what is asked for once faults end', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(anyCommandOrBoot, anyJump), { minLength: 40, maxLength: 160, size: 'max' }), (commands) => {
        const model = new CoreModel();
        for (const [{ run }, jumpMs] of commands) {
          model.jump(jumpMs);
          run(model);
          steps += 1;
          expect(model.violations).toEqual([]);
        }
        expectConvergence(model);
        expect(model.violations).toEqual([]);
      }),
      { numRuns: Number(process.env['SIM_RUNS'] ?? 1_200) },
    );
    expect(steps).toBeGreaterThan(process.env['SIM_RUNS'] === undefined ? 100_000 : 0);
  });

  it('does the same at the same time whatever happens to the clock of the machine', () => {
    const withoutDeath = fc.array(fc.tuple(anyCommand, anyJump), { minLength: 40, maxLength: 80, size: 'max' });
    fc.assert(
      fc.property(withoutDeath, (commands) => {
        const [calm, jumping] = [new CoreModel({ immortal: true }), new CoreModel({ immortal: true })];
        for (const [{ run }, jumpMs] of commands) {
          jumping.jump(jumpMs);
          for (const model of [calm, jumping]) {
            run(model);
            model.listAll();
          }
          expect(jumping.performed).toEqual(calm.performed);
          calm.performed.length = 0;
          jumping.performed.length = 0;
        }
      }),
      { numRuns: Number(process.env['SIM_RUNS'] ?? 300) },
    );
  });
});
