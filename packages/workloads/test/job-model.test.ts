import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Job, type JobDecision, type JobRecord, reduceJob } from '../src/index.js';
import { act, createWorld, end, isActive, type PodWorld, removeTerminating } from './pod-world.js';

type Spec = Job['spec'];

const jobOf = (spec: Partial<Spec>): Job => ({
  metadata: { name: 'work', namespace: 'default', uid: 'j1' },
  spec: {
    completions: 1,
    parallelism: 1,
    template: {
      metadata: { labels: { 'job-name': 'work' } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'x' }] },
    } as unknown as Spec['template'],
    ...spec,
  },
});

/** A kubelet with one Job: what it wrote down, and the Pods there are. */
interface Node {
  readonly world: PodWorld;
  job: Job;
  record: JobRecord;
}

const nodeOf = (spec: Partial<Spec> = {}): Node => ({ world: createWorld(), job: jobOf(spec), record: { podsMade: 0, countedUids: [] } });
const decide = ({ world, job, record }: Node): JobDecision => reduceJob({ job, record, pods: world.pods, nowMs: world.nowMs });
const sync = (node: Node, steps?: number): JobDecision => {
  const decision = decide(node);
  node.record = decision.record;
  act(node.world, decision, steps);
  return decision;
};

const active = (node: Node): PodWorld['pods'] => node.world.pods.filter(isActive);
const indexOf = ({
  metadata,
}: {
  readonly metadata: PodWorld['pods'][number]['metadata'] | JobDecision['create'][number]['metadata'];
}): string => metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '';
const endAll = (node: Node, exitCode: number): void => {
  for (const pod of active(node)) end(node.world, pod, exitCode);
};
const conditions = (node: Node): readonly string[] =>
  (node.record.status?.conditions ?? []).filter(({ status }) => status === 'True').map(({ type, reason }) => `${type} ${reason}`);
const INDEXED = { completions: 3, parallelism: 2, completionMode: 'Indexed' } as const;

describe('a Job', () => {
  it('runs until its completions are reached, and then does nothing more', () => {
    const node = nodeOf({ completions: 3, parallelism: 2 });
    expect(sync(node).create).toHaveLength(2);
    endAll(node, 0);
    expect(sync(node).create).toHaveLength(1);
    endAll(node, 0);
    expect(sync(node).events.map(({ reason }) => reason)).toEqual(['Completed']);
    expect(conditions(node)).toEqual(['SuccessCriteriaMet CompletionsReached', 'Complete CompletionsReached']);
    expect(node.record.status).toMatchObject({
      succeeded: 3,
      failed: 0,
      active: 0,
      startTime: '2026-01-01T00:00:00Z',
      completionTime: '2026-01-01T00:00:00Z',
    });
    expect(decide(node)).toEqual({
      ...decide(node),
      create: [],
      delete: [],
      events: [],
      record: node.record,
      expired: false,
      wakeAtMs: undefined,
    });
  });

  it('without completions runs on until one Pod succeeds, and lets the others finish', () => {
    const node = nodeOf({ completions: undefined, parallelism: 2 });
    sync(node);
    end(node.world, active(node)[0]!, 0);
    expect(sync(node)).toMatchObject({ create: [], delete: [] });
    endAll(node, 1);
    sync(node);
    expect(conditions(node)).toContain('Complete CompletionsReached');
  });

  it('gives each index to one Pod at a time, which knows it', () => {
    const node = nodeOf(INDEXED);
    const [first, second] = sync(node).create;
    expect([first, second].map((pod) => pod && indexOf(pod))).toEqual(['0', '1']);
    expect(first?.metadata.name).toMatch(/^work-0-.{5}$/);
    expect(first?.spec.hostname).toBe('work-0');
    expect(first?.spec.containers[0]?.env?.[0]?.valueFrom?.fieldRef?.fieldPath).toBe(
      "metadata.labels['batch.kubernetes.io/job-completion-index']",
    );
    end(node.world, active(node)[1]!, 0);
    expect(sync(node).create.map(indexOf)).toEqual(['2']);
    expect(node.record.status?.completedIndexes).toBe('1');
  });

  it('waits longer after each failure, and fails beyond its limit', () => {
    const node = nodeOf({ backoffLimit: 2 });
    sync(node);
    for (const delayMs of [10_000, 20_000]) {
      endAll(node, 1);
      expect(sync(node)).toMatchObject({ create: [], wakeAtMs: node.world.nowMs + delayMs, status: { active: 0 } });
      node.world.nowMs += delayMs;
      expect(sync(node).create).toHaveLength(1);
    }
    endAll(node, 1);
    expect(sync(node).events).toEqual([
      { type: 'Warning', reason: 'BackoffLimitExceeded', message: 'Job has reached the specified backoff limit' },
    ]);
    expect(conditions(node)).toEqual(['FailureTarget BackoffLimitExceeded', 'Failed BackoffLimitExceeded']);
    expect(node.record.status?.failed).toBe(3);
  });

  it('ends its other Pods before it is finished, and counts them as failed once', () => {
    const node = nodeOf({ completions: 3, parallelism: 3, backoffLimit: 0 });
    sync(node);
    end(node.world, active(node)[0]!, 1);
    expect(sync(node, 0).delete).toHaveLength(2);
    expect(sync(node).delete).toHaveLength(2);
    expect(conditions(node)).toEqual(['FailureTarget BackoffLimitExceeded']);
    removeTerminating(node.world);
    sync(node);
    expect([conditions(node).length, node.record.status?.failed]).toEqual([2, 3]);
  });

  it('is over after its deadline, for which it wakes', () => {
    const node = nodeOf({ activeDeadlineSeconds: 60 });
    const wakeAtMs = sync(node).wakeAtMs!;
    expect(wakeAtMs - node.world.nowMs).toBe(60_000);
    node.world.nowMs = wakeAtMs;
    expect(sync(node).delete).toHaveLength(1);
    expect(conditions(node)).toEqual(['FailureTarget DeadlineExceeded']);
  });

  it('keeps the time from which it ran when it is done as it is suspended', () => {
    const node = nodeOf();
    sync(node);
    const { startTime } = node.record.status!;
    endAll(node, 0);
    node.job = jobOf({ suspend: true });
    sync(node);
    expect(conditions(node).at(-1)).toBe('Complete CompletionsReached');
    expect([startTime, node.record.status?.startTime]).toEqual(Array(2).fill('2026-01-01T00:00:00Z'));
  });

  it('ends its Pods while it is suspended, which have not failed, and its time starts anew', () => {
    const node = nodeOf({ activeDeadlineSeconds: 60 });
    sync(node);
    node.job = jobOf({ activeDeadlineSeconds: 60, suspend: true });
    expect(sync(node).events.map(({ reason }) => reason)).toEqual(['SuccessfulDelete', 'Suspended']);
    endAll(node, 143);
    removeTerminating(node.world);
    node.world.nowMs += 3_600_000;
    expect(sync(node)).toMatchObject({ create: [], status: { failed: 0 } });
    node.job = jobOf({ activeDeadlineSeconds: 60 });
    expect(sync(node).events.map(({ reason }) => reason)).toEqual(['SuccessfulCreate', 'Resumed']);
    expect(node.record.status?.startTime).toBe('2026-01-01T01:00:00Z');
  });

  it('fails at once where the failure policy says so, and passes over what it ignores', () => {
    const podFailurePolicy = {
      rules: [
        { action: 'Ignore', onExitCodes: { operator: 'In', values: [9] } },
        { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
      ],
    } as const;
    const node = nodeOf({ podFailurePolicy, backoffLimit: 0 });
    sync(node);
    endAll(node, 9);
    sync(node);
    expect([node.record.status?.failed, conditions(node)]).toEqual([0, []]);
    node.world.nowMs += 600_000;
    sync(node);
    endAll(node, 42);
    const name = node.world.pods.at(-1)?.metadata.name;
    expect(sync(node).events[0]?.message).toBe(
      `Container app for pod default/${name} failed with exit code 42 matching FailJob rule at index 1`,
    );
  });

  it('with a limit of each index lets the others go on, and fails in the end', () => {
    const node = nodeOf({ ...INDEXED, parallelism: 3, backoffLimitPerIndex: 1 });
    sync(node);
    for (const pod of active(node)) end(node.world, pod, indexOf(pod) === '1' ? 1 : 0);
    expect(sync(node)).toMatchObject({ create: [], wakeAtMs: node.world.nowMs + 10_000 });
    node.world.nowMs += 10_000;
    expect(sync(node).create[0]?.metadata.annotations).toMatchObject({ 'batch.kubernetes.io/job-index-failure-count': '1' });
    endAll(node, 1);
    sync(node);
    expect([node.record.status?.completedIndexes, node.record.status?.failedIndexes]).toEqual(['0,2', '1']);
    expect(conditions(node).at(-1)).toBe('Failed FailedIndexes');
  });

  it('is complete when its success policy is met', () => {
    const node = nodeOf({ ...INDEXED, parallelism: 3, successPolicy: { rules: [{ succeededIndexes: '0' }] } });
    sync(node);
    end(node.world, active(node)[0]!, 0);
    expect(sync(node).delete).toHaveLength(2);
    removeTerminating(node.world);
    sync(node);
    expect([conditions(node), node.record.status?.failed]).toEqual([['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy'], 0]);
  });

  it('makes no Pod in place of one that still ends, if it replaces failed ones only', () => {
    const node = nodeOf({ podReplacementPolicy: 'Failed' });
    sync(node);
    act(node.world, { create: [], delete: active(node).map(({ metadata }) => metadata) });
    expect(sync(node)).toMatchObject({ create: [], status: { failed: 0, terminating: 1 } });
    removeTerminating(node.world);
    expect(sync(node).create).toHaveLength(1);
  });

  it('goes when its time after the end is over, and leaves alone what another controller manages', () => {
    const node = nodeOf({ ttlSecondsAfterFinished: 30 });
    sync(node);
    endAll(node, 0);
    expect(sync(node).wakeAtMs).toBe(node.world.nowMs + 30_000);
    expect(decide(node).expired).toBe(false);
    node.world.nowMs += 30_000;
    expect(decide(node).expired).toBe(true);
    expect(decide(nodeOf({ managedBy: 'example.com/other' }))).toMatchObject({ create: [], status: { conditions: [] } });
  });

  it('with no completions to reach is complete at once', () => {
    const node = nodeOf({ completions: 0 });
    expect(sync(node).create).toEqual([]);
    expect(conditions(node)).toContain('Complete CompletionsReached');
  });
});

type Step =
  | { readonly type: 'end'; readonly which: number; readonly exitCode: number }
  | { readonly type: 'parallelism'; readonly parallelism: number }
  | { readonly type: 'suspend' | 'ended' }
  | { readonly type: 'time'; readonly seconds: number }
  | { readonly type: 'crash'; readonly steps: number; readonly written: boolean };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('end' as const), which: fc.nat({ max: 4 }), exitCode: fc.constantFrom(0, 0, 1, 9) }),
    fc.record({ type: fc.constant('parallelism' as const), parallelism: fc.nat({ max: 4 }) }),
    fc.record({ type: fc.constantFrom('suspend' as const, 'ended' as const) }),
    fc.record({ type: fc.constant('time' as const), seconds: fc.nat({ max: 700 }) }),
    fc.record({ type: fc.constant('crash' as const), steps: fc.nat({ max: 4 }), written: fc.boolean() }),
  ),
  { maxLength: 30 },
);

const specs: fc.Arbitrary<Partial<Spec>> = fc.record(
  {
    completions: fc.nat({ max: 6 }),
    backoffLimitPerIndex: fc.constantFrom(undefined, 100),
    podReplacementPolicy: fc.constantFrom('Failed' as const, 'TerminatingOrFailed' as const),
    podFailurePolicy: fc.constantFrom(undefined, {
      rules: [{ action: 'Ignore' as const, onExitCodes: { operator: 'In' as const, values: [9] } }],
    }),
  },
  { requiredKeys: ['completions'] },
);

const change = (node: Node, step: Step, done: Set<string>): void => {
  const { world } = node;
  const pod = step.type === 'end' ? active(node)[step.which] : undefined;
  const edit = (spec: Partial<Spec>): void => {
    node.job = { ...node.job, spec: { ...node.job.spec, ...spec } };
  };
  if (step.type === 'parallelism') edit({ parallelism: step.parallelism });
  else if (step.type === 'suspend') edit({ suspend: !node.job.spec.suspend });
  else if (step.type === 'ended') removeTerminating(world);
  else if (step.type === 'time') world.nowMs += step.seconds * 1_000;
  else if (step.type === 'end' && pod !== undefined) {
    // One that the Job has given up already does not count.
    if (step.exitCode === 0 && !node.record.countedUids.includes(pod.metadata.uid)) done.add(indexOf(pod));
    end(world, pod, step.exitCode);
  }
};

describe('any history of an Indexed Job', () => {
  it('runs no index that is done again, none twice at once and not too many, and ends', () => {
    fc.assert(
      fc.property(specs, steps, (spec, history) => {
        const node = nodeOf({ completionMode: 'Indexed', parallelism: 2, backoffLimit: 1_000, ...spec });
        const done = new Set<string>();
        const checked = (stepsOfAct?: number): JobDecision => {
          const decision = sync(node, stepsOfAct);
          expect(decision.create.map(indexOf).filter((index) => done.has(index))).toEqual([]);
          return decision;
        };
        checked();
        for (const step of history) {
          change(node, step, done);
          if (step.type === 'crash') {
            if (step.written) checked(step.steps);
            else decide(node);
          }
          checked();
          const indexes = active(node).map(indexOf);
          expect(new Set(indexes).size).toBe(indexes.length);
          expect(indexes.length).toBeLessThanOrEqual(node.job.spec.suspend ? 0 : node.job.spec.parallelism!);
          if (node.job.spec.podReplacementPolicy === 'Failed') {
            const ending = node.world.pods.filter(
              (pod) => pod.metadata.deletionTimestamp && pod.status?.phase !== 'Failed' && pod.status?.phase !== 'Succeeded',
            );
            expect(ending.map(indexOf).filter((index) => indexes.includes(index))).toEqual([]);
          }
          expect(decide(node)).toMatchObject({ create: [], delete: [], events: [] });
        }
        node.job = { ...node.job, spec: { ...node.job.spec, suspend: false, parallelism: 3 } };
        for (let round = 0; round < 40 && !conditions(node).some((name) => name.startsWith('Complete')); round += 1) {
          checked();
          endAll(node, 0);
          removeTerminating(node.world);
          node.world.nowMs += 700_000;
        }
        expect(conditions(node).at(-1)).toBe('Complete CompletionsReached');
        expect(node.record.status).toMatchObject({ active: 0, terminating: 0, succeeded: node.job.spec.completions });
        const rest = decide(node);
        expect(rest).toEqual({ ...rest, create: [], delete: [], events: [], record: node.record });
      }),
      { numRuns: 150 },
    );
  });
});
