import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CronJob, type CronJobDecision, type CronJobRecord, type OwnedJob, reduceCronJob } from '../src/index.js';

const at = (text: string): number => Date.parse(`2026-01-01T${text}Z`);

const cronJobOf = (spec: Partial<CronJob['spec']> = {}): CronJob => ({
  metadata: { name: 'backup', createdMs: at('00:00:00') },
  spec: {
    schedule: '*/5 * * * *',
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
    jobTemplate: { metadata: { labels: { a: 'b' } }, spec: {} as CronJob['spec']['jobTemplate']['spec'] },
    ...spec,
  },
});

/** A kubelet with one CronJob: what it wrote down, and the Jobs there are. */
interface Node {
  cronJob: CronJob;
  jobs: readonly OwnedJob[];
  record: CronJobRecord;
  nowMs: number;
}

const nodeOf = (spec?: Partial<CronJob['spec']>): Node => ({
  cronJob: cronJobOf(spec),
  jobs: [],
  record: { status: { active: [] }, told: [] },
  nowMs: at('00:00:30'),
});
const decide = ({ cronJob, jobs, record, nowMs }: Node): CronJobDecision => reduceCronJob({ cronJob, jobs, record, nowMs });
const sync = (node: Node, acts = true): CronJobDecision => {
  const decision = decide(node);
  node.record = decision.record;
  if (!acts) return decision;
  node.jobs = node.jobs.filter(({ name }) => !decision.delete.includes(name));
  for (const { name } of decision.create) {
    if (node.jobs.some((job) => job.name === name)) throw new Error(`${name} is made twice`);
    node.jobs = [...node.jobs, { name, startMs: node.nowMs }];
  }
  return decision;
};
const finish = (node: Node, finished: 'Complete' | 'Failed' = 'Complete'): void => {
  node.jobs = node.jobs.map((job) => (job.finished === undefined ? { ...job, finished, completionMs: node.nowMs } : job));
};
const names = (decision: CronJobDecision): readonly string[] => decision.create.map(({ name }) => name);

describe('a CronJob', () => {
  it('starts a Job at its time, named by the minute, and sleeps until the next', () => {
    const node = nodeOf({ timeZone: 'Asia/Kolkata' });
    expect(sync(node)).toMatchObject({ create: [], wakeAtMs: at('00:05:00.100') });
    node.nowMs = at('00:05:00.100');
    const decision = sync(node);
    expect(decision.create).toEqual([
      {
        name: 'backup-29453765',
        labels: { a: 'b' },
        annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T05:35:00+05:30' },
        spec: {},
      },
    ]);
    expect(decision).toMatchObject({
      status: { active: ['backup-29453765'], lastScheduleTime: '2026-01-01T00:05:00Z' },
      events: [{ type: 'Normal', reason: 'SuccessfulCreate', message: 'Created job backup-29453765' }],
      wakeAtMs: at('00:10:00.100'),
    });
    expect(sync(node)).toMatchObject({ create: [], delete: [], events: [] });
  });

  it('makes a Job that was written down when the kubelet ended, and no other', () => {
    const node = nodeOf();
    node.nowMs = at('00:05:01');
    const lost = sync(node, false);
    node.nowMs = at('00:06:00');
    expect(names(sync(node))).toEqual(names(lost));
    expect(names(sync(node))).toEqual([]);
  });

  it('starts only the last of those that were missed, and says when those were many', () => {
    const node = nodeOf();
    node.nowMs = at('12:02:00');
    const decision = sync(node);
    expect(names(decision)).toEqual(['backup-29454480']);
    expect(decision.events.map(({ reason }) => reason)).toEqual(['TooManyMissedTimes', 'SuccessfulCreate']);
  });

  it('starts nothing for times before an edit of its schedule or its zone', () => {
    const node = nodeOf({ schedule: '0 12 * * *' });
    node.nowMs = at('12:00:01');
    expect(names(sync(node))).toHaveLength(1);
    node.nowMs = at('13:00:00');
    node.cronJob = cronJobOf({ schedule: '30 12 * * *' });
    expect(sync(node)).toMatchObject({ create: [], wakeAtMs: at('12:30:00.100') + 86_400_000 });
    node.nowMs = at('14:00:00');
    node.cronJob = cronJobOf({ schedule: '30 12 * * *', timeZone: 'Europe/London' });
    expect(names(sync(node))).toEqual([]);
    node.cronJob = cronJobOf({ schedule: '30 12 * * *', timeZone: 'Europe/Berlin' });
    node.nowMs = at('12:29:59') + 86_400_000;
    expect(names(sync(node))).toEqual([]);
    node.nowMs = at('11:30:01') + 2 * 86_400_000;
    expect(names(sync(node))).toEqual([`backup-${(at('11:30:00') + 2 * 86_400_000) / 60_000}`]);
  });

  it('with Forbid waits for the Job before, and says so once', () => {
    const node = nodeOf({ concurrencyPolicy: 'Forbid' });
    for (const time of ['00:05:01', '00:10:01', '00:11:00']) {
      node.nowMs = at(time);
      const { events, create } = sync(node);
      expect([create.length, events.map(({ reason }) => reason)]).toEqual(
        { '00:05:01': [1, ['SuccessfulCreate']], '00:10:01': [0, ['JobAlreadyActive']], '00:11:00': [0, []] }[time],
      );
    }
    finish(node);
    expect(sync(node).events.map(({ reason }) => reason)).toEqual(['SawCompletedJob', 'SuccessfulCreate']);
  });

  it('with Replace ends the Job before', () => {
    const node = nodeOf({ concurrencyPolicy: 'Replace' });
    node.nowMs = at('00:05:01');
    const first = names(sync(node));
    node.nowMs = at('00:10:01');
    expect(sync(node)).toMatchObject({ delete: first, create: [{}] });
    expect(node.jobs).toHaveLength(1);
  });

  it('keeps as many finished Jobs as it shall, and the time of the last success', () => {
    const node = nodeOf({ successfulJobsHistoryLimit: 1 });
    for (const minute of ['05', '10', '15']) {
      node.nowMs = at(`00:${minute}:01`);
      sync(node);
      finish(node);
    }
    node.nowMs = at('00:16:00');
    expect(sync(node).delete).toEqual(['backup-29453770']);
    expect(node.record.status.lastSuccessfulTime).toBe('2026-01-01T00:15:01Z');
    expect(node.jobs.map(({ name }) => name)).toEqual(['backup-29453775']);
  });

  it('tells once what is wrong, and starts nothing', () => {
    const cases: readonly (readonly [Partial<CronJob['spec']>, string | undefined])[] = [
      [{ schedule: 'x' }, 'unparseable schedule: "x" : expected exactly 5 fields, found 1: [x]'],
      [{ timeZone: 'Nope/Zone' }, 'invalid timeZone: "Nope/Zone": unknown time zone Nope/Zone'],
      [{ schedule: '0 0 31 2 *' }, 'invalid schedule: 0 0 31 2 * : time difference between two schedules is less than 1 second'],
      [{ suspend: true }, undefined],
    ];
    for (const [spec, message] of cases) {
      const node = nodeOf(spec);
      node.nowMs = at('12:00:00');
      expect(sync(node).events[0]?.message).toBe(message);
      expect(sync(node)).toMatchObject({ create: [], delete: [], events: [] });
    }
  });

  it('tells of a Job that went and of one that it did not make', () => {
    const node = nodeOf();
    node.nowMs = at('00:05:01');
    sync(node);
    sync(node);
    node.jobs = [{ name: 'by-hand' }];
    expect(sync(node).events.map(({ reason }) => reason)).toEqual(['MissingJob', 'UnexpectedJob']);
    expect(sync(node).events).toEqual([]);
  });

  it('makes no Job twice in any history, with crashes at any step, and with Forbid never two at once', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('time' as const), seconds: fc.nat({ max: 2_000 }) }),
      fc.record({ type: fc.constantFrom('finish' as const, 'fail' as const, 'lostRecord' as const, 'lostAct' as const) }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom('Allow' as const, 'Forbid' as const, 'Replace' as const),
        fc.array(step, { maxLength: 30 }),
        (concurrencyPolicy, history) => {
          const node = nodeOf({ concurrencyPolicy });
          const made = new Set<string>();
          for (const { type, ...more } of history) {
            if (type === 'time') node.nowMs += ('seconds' in more ? more.seconds : 0) * 1_000;
            else if (type === 'finish') finish(node);
            else if (type === 'fail') finish(node, 'Failed');
            else if (type === 'lostAct') sync(node, false);
            else decide(node);
            for (const name of names(sync(node))) {
              expect(made.has(name)).toBe(false);
              made.add(name);
            }
            if (concurrencyPolicy !== 'Allow')
              expect(node.jobs.filter(({ finished }) => finished === undefined).length).toBeLessThanOrEqual(1);
            expect(decide(node)).toMatchObject({ create: [], delete: [], events: [] });
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
