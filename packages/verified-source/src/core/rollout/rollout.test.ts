import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Admission, decideRollout, type RolloutFacts, type SourceHealth, type TrialClock } from './decide-rollout.js';
import {
  commandRollout,
  INITIAL_STATE,
  MAX_TRIAL_STARTS,
  offerAnswer,
  type Rollout,
  type RolloutAnswer,
  type RolloutCommand,
  refusalOf,
  resumeRollout,
} from './rollout.js';

const answer = (revision: number): RolloutAnswer => ({ revision, digest: `digest-${revision}` });
const LIMITS = { progressDeadlineMs: 60_000, minReadyMs: 10_000 };
const CLOSED: Admission = { open: false, reason: 'OutsideWindow', message: 'closed', untilMs: 1_000_000 };

/** A node: what lies on its disk, what it has in memory, and what has run. */
const node = () => {
  let rollout: Rollout<RolloutAnswer> = { state: INITIAL_STATE };
  let clock: TrialClock | undefined;
  let nowMs = 0;
  let admission: Admission = { open: true };
  let governed = true;
  let health: SourceHealth = { type: 'unknown' };
  let last: ReturnType<typeof decideRollout> = { rollout, clock };
  const ran: (number | undefined)[] = [];
  const changes: string[] = [];
  const facts = (): RolloutFacts<RolloutAnswer> => ({
    nowMs,
    wallMs: nowMs,
    health,
    admits: () => admission,
    trialOf: () => (governed ? LIMITS : undefined),
  });
  const settle = (): void => {
    for (let step = 0; ; step += 1) {
      expect(step).toBeLessThan(6);
      const before = rollout.current;
      last = decideRollout(rollout, clock, facts());
      ({ rollout, clock } = last);
      if (last.change === undefined) return;
      changes.push(last.change);
      if (rollout.current?.digest !== before?.digest) {
        ran.push(rollout.current?.revision);
        health = { type: 'unknown' };
      }
    }
  };
  return {
    offer: (revision: number) => {
      rollout = offerAnswer(rollout, answer(revision));
      settle();
    },
    hear: (news: SourceHealth) => {
      health = news;
      settle();
    },
    pass: (ms: number) => {
      nowMs += ms;
      settle();
    },
    admit: (news: Admission) => {
      admission = news;
      settle();
    },
    govern: (isGoverned: boolean) => {
      governed = isGoverned;
    },
    command: (command: RolloutCommand) => {
      const outcome = commandRollout(rollout, command, nowMs);
      if (outcome.ok) rollout = outcome.rollout;
      settle();
      return outcome;
    },
    /** The same disk, another process. */
    restart: () => {
      rollout = resumeRollout(JSON.parse(JSON.stringify(rollout)) as Rollout<RolloutAnswer>);
      clock = undefined;
      health = { type: 'unknown' };
      settle();
    },
    current: () => rollout.current?.revision,
    rollout: () => rollout,
    last: () => last,
    ran,
    changes,
    nowMs: () => nowMs,
    settle,
  };
};
const READY: SourceHealth = { type: 'ready' };
const served = () => {
  const box = node();
  box.offer(1);
  box.hear(READY);
  return box;
};

describe('a rollout', () => {
  it('takes the first revision at once, with nothing to go back to', () => {
    const box = node();
    box.admit(CLOSED);
    box.offer(1);
    expect(box.current()).toBe(1);
    expect(box.rollout().good).toBeUndefined();
    box.pass(1e9);
    expect(box.ran).toEqual([1]);
  });

  it('is over once all has been ready for long enough', () => {
    const box = served();
    box.offer(2);
    expect(box.last()).toMatchObject({ reason: 'Progressing', wakeAfterMs: 60_000 });
    box.pass(50_000);
    box.hear(READY);
    expect(box.last().wakeAfterMs).toBe(10_000);
    box.pass(5_000);
    box.hear({ type: 'progressing', message: 'pod/a' });
    box.pass(2_000);
    box.hear(READY);
    box.pass(9_999);
    expect(box.rollout().good?.revision).toBe(1);
    box.pass(1);
    expect(box.rollout()).toEqual({ current: answer(2), state: { refused: [] } });
    expect(box.last()).not.toHaveProperty('reason');
  });

  it.each<[string, (box: ReturnType<typeof node>) => void, RegExp]>([
    ['the deadline', (box) => box.pass(60_000), /^not all of it was ready within 60 s$/],
    [
      'readiness that is lost after the deadline',
      (box) => {
        box.hear(READY);
        box.pass(9_000);
        box.hear({ type: 'progressing', message: 'pod/a is not ready' });
        box.pass(51_000);
      },
      /within 60 s: pod\/a is not ready$/,
    ],
    ['what is hopeless', (box) => box.hear({ type: 'failed', message: 'no such image' }), /^no such image$/],
    [
      'a node that starts again and again',
      (box) => {
        for (let count = 0; count < MAX_TRIAL_STARTS; count += 1) {
          box.hear(READY);
          box.pass(9_999);
          box.restart();
        }
      },
      /^the kubelet was started 6 times/,
    ],
  ])('goes back after %s, and does not try again by itself', (_what, fail, message) => {
    const box = served();
    box.offer(2);
    fail(box);
    expect(box.ran).toEqual([1, 2, 1]);
    expect(box.last()).toMatchObject({ reason: 'RolledBack', message: expect.stringMatching(message) });
    box.offer(2);
    box.pass(1e9);
    box.restart();
    expect(box.ran).toEqual([1, 2, 1]);
    box.offer(3);
    expect(box.current()).toBe(3);
  });

  it.each<[string, (box: ReturnType<typeof node>) => void, readonly number[]]>([
    ['serves in the end', (box) => box.hear(READY), [1, 2]],
    ['never serves', () => {}, [1, 2, 1]],
  ])('gives what comes while the last good one is failing its whole time, over a restart too: it %s', (_what, happen, ran) => {
    const box = served();
    box.hear({ type: 'failed', message: 'pod/a ended 5 times' });
    box.offer(2);
    box.hear({ type: 'failed', message: 'pod/a ended 6 times' });
    expect(box.last()).toMatchObject({ reason: 'Progressing', message: 'pod/a ended 6 times' });
    box.restart();
    box.hear({ type: 'failed', message: 'pod/a ended 7 times' });
    expect(box.current()).toBe(2);
    happen(box);
    box.pass(60_000);
    expect(box.ran).toEqual(ran);
    const { refused, ...calm } = box.rollout().state;
    expect(calm).toEqual({});
    expect(refused.map(({ message }) => message)).toEqual(
      ran.length === 2 ? [] : ['not all of it was ready within 60 s: pod/a ended 7 times'],
    );
  });

  it.each<[string, (box: ReturnType<typeof node>) => void, readonly number[]]>([
    ['right after a start', (box) => box.restart(), [1, 2]],
    ['while nobody knows how the last good one is', (box) => box.hear({ type: 'unknown' }), [1, 2]],
    ['while the last good one is not ready', (box) => box.hear({ type: 'progressing', message: 'm' }), [1, 2]],
    ['while the last good one serves', (box) => box.hear(READY), [1, 2, 1]],
    [
      'in the place of one on trial, after one that served',
      (box) => {
        box.offer(3);
        box.hear({ type: 'progressing', message: 'm' });
      },
      [1, 3, 2, 1],
    ],
    [
      'in the place of one on trial, after one that did not',
      (box) => {
        box.restart();
        box.offer(3);
        box.hear(READY);
      },
      [1, 3, 2],
    ],
  ])('goes back at once from what fails only if the last good one is known to serve: %s', (_what, happen, ran) => {
    const box = served();
    happen(box);
    box.offer(2);
    box.hear({ type: 'failed', message: 'pod/a ended 5 times' });
    expect(box.ran).toEqual(ran);
    box.pass(60_000);
    expect(box.current()).toBe(1);
  });

  it('waits for its window, and for its turn', () => {
    const box = served();
    box.admit(CLOSED);
    box.offer(2);
    expect(box.last()).toMatchObject({ reason: 'OutsideWindow', wakeAfterMs: 1_000_000 });
    box.restart();
    expect(box.current()).toBe(1);
    box.admit({ open: true });
    expect(box.current()).toBe(2);
  });

  it('lets a newer revision take the place of one on trial, and goes back to what last served', () => {
    const box = served();
    box.offer(2);
    box.offer(3);
    box.hear({ type: 'failed', message: 'no' });
    expect(box.ran).toEqual([1, 2, 3, 1]);
  });

  it('judges what is on trial while something newer waits', () => {
    const box = served();
    box.offer(2);
    box.admit(CLOSED);
    box.offer(3);
    box.hear({ type: 'failed', message: 'no' });
    expect(box.current()).toBe(1);
    expect(box.rollout().next?.revision).toBe(3);
    box.admit({ open: true });
    expect(box.ran).toEqual([1, 2, 1, 3]);
  });

  it('is held, resumed, skipped and tried again by hand', () => {
    const box = served();
    expect(box.command('skip')).toMatchObject({ ok: false });
    expect(box.command('retry')).toMatchObject({ ok: false });
    box.command('hold');
    box.offer(2);
    expect(box.last().reason).toBe('Held');
    expect(box.command('retry')).toMatchObject({ ok: false, message: expect.stringContaining('resume') });
    box.command('skip');
    box.command('resume');
    expect(box.last().reason).toBe('Skipped');
    box.admit(CLOSED);
    expect(box.command('retry')).toMatchObject({ ok: true, message: 'revision 2 is begun now' });
    expect(box.current()).toBe(2);
    expect(box.command('skip')).toMatchObject({ ok: true, message: 'revision 2 is skipped, going back to revision 1' });
    expect(box.current()).toBe(1);
    box.restart();
    expect(box.last().reason).toBe('Skipped');
  });

  it('begins without a trial where nobody asks for one', () => {
    const box = served();
    box.govern(false);
    box.offer(2);
    box.hear({ type: 'failed', message: 'no' });
    expect(box.ran).toEqual([1, 2]);
    expect(box.rollout().good).toBeUndefined();
  });
});

type Step =
  | { readonly type: 'offer'; readonly revision: number }
  | { readonly type: 'hear'; readonly health: SourceHealth }
  | { readonly type: 'pass'; readonly ms: number }
  | { readonly type: 'window'; readonly open: boolean }
  | { readonly type: 'command'; readonly command: RolloutCommand }
  | { readonly type: 'restart' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('offer' as const), revision: fc.integer({ min: 1, max: 6 }) }),
  fc.record({
    type: fc.constant('hear' as const),
    health: fc.constantFrom<SourceHealth>(READY, { type: 'progressing', message: 'm' }, { type: 'failed', message: 'f' }),
  }),
  fc.record({ type: fc.constant('pass' as const), ms: fc.constantFrom(1, 5_000, 10_000, 60_000, 200_000) }),
  fc.record({ type: fc.constant('window' as const), open: fc.boolean() }),
  fc.record({ type: fc.constant('command' as const), command: fc.constantFrom<RolloutCommand>('hold', 'resume', 'skip', 'retry') }),
  fc.record({ type: fc.constant('restart' as const) }),
);

const take = (box: ReturnType<typeof node>, one: Step): unknown => {
  switch (one.type) {
    case 'offer':
      return box.offer(one.revision);
    case 'hear':
      return box.hear(one.health);
    case 'pass':
      return box.pass(one.ms);
    case 'window':
      return box.admit(one.open ? { open: true } : CLOSED);
    case 'command':
      return box.command(one.command);
    case 'restart':
      return box.restart();
  }
};

describe('whatever happens', () => {
  it('begins only in an open window, by hand, or where nothing runs; and tries nothing twice by itself', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const box = node();
        let open = true;
        for (const one of steps) {
          const before = box.rollout();
          const [ranBefore, changesBefore] = [box.ran.length, box.changes.length];
          if (one.type === 'window') open = one.open;
          take(box, one);
          const began = box.changes.slice(changesBefore).includes('began');
          const byHand = one.type === 'command' && one.command === 'retry';
          if (began && before.current !== undefined) expect(open || byHand).toBe(true);
          if (began && before.current !== undefined && !byHand)
            expect(before.state.heldAtMs === undefined || one.type === 'command').toBe(true);
          // What has failed or was skipped comes back by hand alone.
          for (const revision of box.ran.slice(ranBefore))
            if (!byHand && before.good?.revision !== revision) expect(refusalOf(before.state, answer(revision ?? 0))).toBeUndefined();
          const now = box.rollout();
          // On trial there is something to go back to, which is another one, and nothing is on trial without it.
          expect(now.good === undefined).toBe(now.state.trialStarts === undefined);
          if (now.good !== undefined) expect(now.good.digest).not.toBe(now.current?.digest);
          if (now.next !== undefined) expect(now.next.digest).not.toBe(now.current?.digest);
          expect(now.state.refused.length).toBeLessThanOrEqual(16);
        }
      }),
      { numRuns: 1_000 },
    ));

  it('is at rest when asked again, and wakes only later: no busy loop', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const box = node();
        for (const one of steps) {
          take(box, one);
          const before = box.rollout();
          box.settle();
          expect(box.rollout()).toBe(before);
          const { wakeAfterMs } = box.last();
          if (wakeAfterMs !== undefined) expect(wakeAfterMs).toBeGreaterThan(0);
        }
      }),
      { numRuns: 500 },
    ));

  it('comes to an end: what does not serve is left for what last did, within its deadline and its soak', () =>
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), fc.boolean(), (steps, serves) => {
        const box = node();
        for (const one of steps) take(box, one);
        const { good, current } = box.rollout();
        box.admit(CLOSED);
        for (let count = 0; count < 100 && box.rollout().good !== undefined; count += 1) {
          if (serves) box.hear(READY);
          box.pass(Math.max(1, box.last().wakeAfterMs ?? 1));
        }
        expect(box.rollout().good).toBeUndefined();
        if (good !== undefined) expect(box.current()).toBe((serves ? current : good)?.revision);
      }),
      { numRuns: 500 },
    ));

  it('comes to the same with a restart at any point as without', () =>
    fc.assert(
      fc.property(
        fc.array(
          step.filter(({ type }) => type !== 'restart'),
          { maxLength: 30 },
        ),
        fc.nat(),
        fc.constantFrom<SourceHealth>(READY, { type: 'progressing', message: 'm' }),
        (steps, at, health) => {
          const finish = (box: ReturnType<typeof node>): object => {
            // Health is told anew after a start; how long it has been so is counted anew.
            box.hear(health);
            box.pass(10_000);
            box.hear(health);
            box.pass(60_000);
            return {
              ...box.rollout(),
              state: { ...box.rollout().state, refused: box.rollout().state.refused.map(({ digest, why }) => ({ digest, why })) },
            };
          };
          const [plain, restarted] = [node(), node()];
          const cut = at % (steps.length + 1);
          for (const one of steps.slice(0, cut)) {
            take(plain, one);
            take(restarted, one);
          }
          restarted.restart();
          const after = { ...restarted.rollout(), state: { ...restarted.rollout().state } };
          const { trialStarts: _a, ...stateBefore } = plain.rollout().state;
          const { trialStarts: _b, ...stateAfter } = after.state;
          // What lies on the disk is the same in every phase.
          expect({ ...after, state: stateAfter }).toEqual({ ...plain.rollout(), state: stateBefore });
          expect(finish(restarted)).toEqual(finish(plain));
        },
      ),
      { numRuns: 500 },
    ));
});
