import type { Probe } from '@solo-kubelet/pod-spec';
import { delay, fromEvent, map, NEVER, type Observable, type ObservableInput, of, throwError } from 'rxjs';
import { TestScheduler } from 'rxjs/testing';
import { describe, expect, it } from 'vitest';
import type { ProbeHandler, ProbeOutcome } from './probe-handler.js';
import type { ProbeTarget } from './probe-target.js';
import { runProbes } from './run-probes.js';
import { probeTarget } from './testing/index.js';

type Result = ProbeOutcome['result'];

interface Scene {
  /** Target lists by the marbles that stand for them. */
  readonly marbles: string;
  readonly lists: Readonly<Record<string, readonly ProbeTarget[]>>;
  /** Answer of the nth attempt (from 0) on a container, made at a time. */
  readonly answer?: (n: number, target: ProbeTarget, options: { signal: AbortSignal }) => ObservableInput<ProbeOutcome> | Result;
  readonly untilMs: number;
  readonly random?: number;
}

/** Runs a scene in virtual time; one line a report: `10000 c1 liveness probe result failure`. */
const play = ({ marbles, lists, answer = () => 'success', untilMs, random = 0 }: Scene): readonly string[] => {
  const scheduler = new TestScheduler((actual, expected) => expect(actual).toEqual(expected));
  const lines: string[] = [];
  const tries = new Map<string, number>();
  const handler: ProbeHandler<'tcpSocket', unknown> = {
    field: 'tcpSocket',
    probe: (_action, target, options) => {
      const key = `${target.containerId} ${target.kind}`;
      const n = tries.get(key) ?? 0;
      tries.set(key, n + 1);
      const given = answer(n, target, options);
      return typeof given === 'string' ? of({ result: given, output: '' }) : given;
    },
  };
  scheduler.run(({ hot }) => {
    const subscription = hot(marbles, lists)
      .pipe(runProbes({ handlers: [handler], scheduler, random: () => random }))
      .subscribe((report) => {
        const probe = report.type === 'probeResult' ? report.probeResult : report.probe;
        const result =
          report.type === 'probeResult' ? ` ${report.probeResult.result}` : report.type === 'attempt' ? ` ${report.result}` : '';
        lines.push(`${scheduler.now()} ${probe.containerId} ${probe.kind} ${report.type}${result}`);
      });
    scheduler.schedule(() => subscription.unsubscribe(), untilMs);
  });
  return lines;
};

const times = (lines: readonly string[], what = 'attempt'): readonly number[] =>
  lines.filter((line) => line.includes(what)).map((line) => Number(line.split(' ')[0]));
const probeResults = (lines: readonly string[]): readonly string[] => lines.filter((line) => line.includes('probeResult'));

const tcp = (timing: Probe = {}): Probe => ({ tcpSocket: { port: 80 }, ...timing });
const one = (given: Partial<ProbeTarget>): Readonly<Record<string, readonly ProbeTarget[]>> => ({ a: [probeTarget(given)] });

describe('timing', () => {
  it('tries readiness at once and then every period', () => {
    expect(times(play({ marbles: 'a', lists: one({ probe: tcp({ periodSeconds: 3 }) }), untilMs: 10_000 }))).toEqual([
      0, 3_000, 6_000, 9_000,
    ]);
  });

  it('has a period of 10 s by default', () => {
    expect(times(play({ marbles: 'a', lists: one({}), untilMs: 25_000 }))).toEqual([0, 10_000, 20_000]);
  });

  it('starts when the initial delay since the container start is over', () => {
    const lists = one({ startedAtMs: 0, probe: tcp({ initialDelaySeconds: 5, periodSeconds: 2 }) });
    expect(times(play({ marbles: '1500ms a', lists, untilMs: 10_000 }))).toEqual([5_000, 7_000, 9_000]);
  });

  it('does not wait for a delay again that was over before', () => {
    const lists = one({ startedAtMs: -60_000, probe: tcp({ initialDelaySeconds: 5, periodSeconds: 2 }) });
    expect(times(play({ marbles: 'a', lists, untilMs: 3_000 }))).toEqual([0, 2_000]);
  });

  it('spreads containers found running at its start over one period, and no later ones', () => {
    const old = probeTarget({ containerId: 'old', startedAtMs: -1, probe: tcp({ periodSeconds: 4 }) });
    const young = probeTarget({ containerId: 'new', startedAtMs: 500, probe: tcp({ periodSeconds: 4 }) });
    const lines = play({ marbles: 'a 499ms b', lists: { a: [old], b: [old, young] }, untilMs: 6_000, random: 0.75 });
    expect(lines.filter((line) => line.includes('attempt'))).toEqual([
      '500 new readiness attempt success',
      '3000 old readiness attempt success',
      '4500 new readiness attempt success',
    ]);
  });

  it('takes a changed period from then on, and keeps what it has counted', () => {
    const lists = { a: [probeTarget({ probe: tcp({ periodSeconds: 10 }) })], b: [probeTarget({ probe: tcp({ periodSeconds: 2 }) })] };
    const lines = play({ marbles: 'a 999ms b', lists, untilMs: 6_000 });
    expect(times(lines)).toEqual([0, 3_000, 5_000]);
    expect(probeResults(lines)).toHaveLength(1);
  });

  it('drops ticks that come while an attempt is under way', () => {
    const lists = one({ probe: tcp({ periodSeconds: 1, timeoutSeconds: 3 }) });
    const answer = () => of({ result: 'failure' as const, output: '' }).pipe(delay(2_500));
    expect(times(play({ marbles: 'a', lists, answer, untilMs: 9_500 }))).toEqual([2_500, 5_500, 8_500]);
  });

  it('lets a slow target delay no other', () => {
    const slow = probeTarget({ containerId: 'slow', podUid: 'u2', probe: tcp({ periodSeconds: 1, timeoutSeconds: 30 }) });
    const quick = probeTarget({ containerId: 'quick', probe: tcp({ periodSeconds: 1 }) });
    const lines = play({
      marbles: 'a',
      lists: { a: [slow, quick] },
      answer: (_n, { containerId }) => (containerId === 'slow' ? NEVER : 'success'),
      untilMs: 3_500,
    });
    expect(times(lines)).toEqual([0, 1_000, 2_000, 3_000]);
  });
});

/** An answer that only the end of its time brings about. */
const waitForAbort = (signal: AbortSignal): Observable<ProbeOutcome> =>
  fromEvent(signal, 'abort').pipe(map(() => ({ result: 'failure' as const, output: 'late' })));

describe('thresholds', () => {
  const script =
    (results: string) =>
    (n: number): Result =>
      results[n] === '+' ? 'success' : results[n] === '!' ? 'warning' : 'failure';

  it.each<[string, Partial<ProbeTarget>, string, readonly string[]]>([
    ['readiness turns true on the first success', {}, '-+++', ['1000 c1 readiness probeResult success']],
    ['a warning is a success', {}, '!', ['0 c1 readiness probeResult success']],
    [
      'readiness turns false after three failures in a row only',
      {},
      '+--+---+',
      ['0 c1 readiness probeResult success', '6000 c1 readiness probeResult failure', '7000 c1 readiness probeResult success'],
    ],
    [
      'successThreshold asks for that many in a row',
      { probe: tcp({ periodSeconds: 1, successThreshold: 3 }) },
      '++-+++',
      ['5000 c1 readiness probeResult success'],
    ],
    [
      'liveness is a success until failureThreshold failures, and then final',
      { kind: 'liveness', startedAtMs: -60_000, probe: tcp({ periodSeconds: 1, failureThreshold: 2 }) },
      '+-+--++++',
      ['4000 c1 liveness probeResult failure'],
    ],
    [
      'startup is unknown until its threshold, and then final',
      { kind: 'startup', started: false, startedAtMs: -60_000, probe: tcp({ periodSeconds: 1 }) },
      '--+-----',
      ['2000 c1 startup probeResult success'],
    ],
    [
      'startup fails after failureThreshold failures, and is not tried again',
      { kind: 'startup', started: false, startedAtMs: -60_000, probe: tcp({ periodSeconds: 1, failureThreshold: 4 }) },
      '----++',
      ['3000 c1 startup probeResult failure'],
    ],
  ])('%s', (_what, given, results, expected) => {
    const lists = one({ probe: tcp({ periodSeconds: 1 }), ...given });
    expect(probeResults(play({ marbles: 'a', lists, answer: script(results), untilMs: results.length * 1_000 - 1 }))).toEqual(expected);
  });

  it('make no more attempts once the probe result is final', () => {
    const lists = one({ kind: 'liveness', startedAtMs: -60_000, probe: tcp({ periodSeconds: 1, failureThreshold: 1 }) });
    expect(times(play({ marbles: 'a', lists, answer: () => 'failure', untilMs: 5_000 }))).toEqual([0]);
  });

  it.each<[ProbeTarget['kind'], boolean]>([
    ['liveness', true],
    ['startup', false],
  ])('give a container without an initial delay one period before a %s failure counts', (kind, started) => {
    const lists = one({ kind, started, startedAtMs: 0, probe: tcp({ periodSeconds: 2, failureThreshold: 1 }) });
    const lines = play({ marbles: 'a', lists, answer: () => 'failure', untilMs: 7_000 });
    expect(times(lines)).toEqual([0, 2_000]);
    expect(probeResults(lines)).toEqual([`2000 c1 ${kind} probeResult failure`]);
  });

  it('let an early success of a startup probe count', () => {
    const lists = one({ kind: 'startup', started: false, probe: tcp() });
    expect(probeResults(play({ marbles: 'a', lists, untilMs: 1_000 }))).toEqual(['0 c1 startup probeResult success']);
  });
});

describe('gating and identity', () => {
  it('probes liveness and readiness only of started containers, readiness at once when they are', () => {
    const kinds = (started: boolean): readonly ProbeTarget[] => [
      probeTarget({ kind: 'startup', started, probe: tcp({ periodSeconds: 2 }) }),
      probeTarget({ kind: 'liveness', started, probe: tcp({ periodSeconds: 2 }) }),
      probeTarget({ kind: 'readiness', started, probe: tcp({ periodSeconds: 2 }) }),
    ];
    const lines = play({ marbles: 'a 2999ms b', lists: { a: kinds(false), b: kinds(true) }, untilMs: 5_500 });
    expect(lines.filter((line) => line.includes('attempt'))).toEqual([
      '0 c1 startup attempt success',
      '3000 c1 readiness attempt success',
      '4000 c1 liveness attempt success',
      '5000 c1 readiness attempt success',
    ]);
  });

  it('looks at once at a container that is not ready when anything about its Pod changes', () => {
    const target = probeTarget({ probe: tcp({ periodSeconds: 10 }) });
    const other = probeTarget({ containerName: 'other', containerId: 'c2', kind: 'liveness', startedAtMs: -60_000 });
    const stranger = probeTarget({ podUid: 'another', containerId: 'c3' });
    const lists = { a: [target], b: [target, other], c: [target, other, stranger] };
    const lines = play({
      marbles: 'a 3999ms b 1999ms c',
      lists,
      answer: (_n, { containerId }) => (containerId === 'c1' ? 'failure' : 'success'),
      untilMs: 15_000,
    });
    expect(times(lines, 'c1 readiness attempt')).toEqual([0, 4_000, 14_000]);
  });

  it('starts afresh with a new container id and says that the old one ended', () => {
    const lists = { a: [probeTarget({ containerId: 'c1' })], b: [probeTarget({ containerId: 'c2' })] };
    expect(play({ marbles: 'a 1999ms b', lists, untilMs: 3_000 })).toEqual([
      '0 c1 readiness attempt success',
      '0 c1 readiness probeResult success',
      '2000 c1 readiness ended',
      '2000 c2 readiness attempt success',
      '2000 c2 readiness probeResult success',
    ]);
  });

  it('aborts the attempt of a target that goes, and forgets its answer', () => {
    const signals: AbortSignal[] = [];
    const lists = { a: [probeTarget({ probe: tcp({ timeoutSeconds: 5 }) })], b: [] };
    const answer = (_n: number, _t: ProbeTarget, { signal }: { signal: AbortSignal }) => {
      signals.push(signal);
      return NEVER;
    };
    expect(play({ marbles: 'a 999ms b', lists, answer, untilMs: 30_000 })).toEqual(['1000 c1 readiness ended']);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
  });

  it('takes up a target again that was away', () => {
    const lists = { a: [probeTarget()], b: [] };
    const lines = play({ marbles: 'a 999ms b 999ms a', lists, untilMs: 3_000 });
    expect(times(lines)).toEqual([0, 2_000]);
    expect(probeResults(lines)).toHaveLength(2);
  });
});

describe('trouble', () => {
  it('tries three times at once when an attempt cannot be made, and counts nothing', () => {
    let tries = 0;
    const answer = () => {
      tries += 1;
      return throwError(() => new Error('no runtime'));
    };
    const lines = play({ marbles: 'a', lists: one({ probe: tcp({ failureThreshold: 1 }) }), answer, untilMs: 1_000 });
    expect(lines).toEqual(['0 c1 readiness attempt unknown']);
    expect(tries).toBe(3);
  });

  it('takes the answer of a later try', () => {
    const answer = (n: number): Result => (n < 2 ? 'unknown' : 'success');
    expect(play({ marbles: 'a', lists: one({}), answer, untilMs: 1_000 })).toContain('0 c1 readiness attempt success');
  });

  it('counts a timeout as a failure, and does not try again at once', () => {
    const lists = one({ kind: 'liveness', startedAtMs: -60_000, probe: tcp({ timeoutSeconds: 2, failureThreshold: 1 }) });
    const lines = play({ marbles: 'a', lists, answer: (_n, _t, { signal }) => waitForAbort(signal), untilMs: 9_000 });
    expect(lines).toEqual(['2000 c1 liveness attempt failure', '2000 c1 liveness probeResult failure']);
  });

  it('gives up half a second later on a handler that ignores the end of its time', () => {
    const lines = play({ marbles: 'a', lists: one({ probe: tcp({ timeoutSeconds: 2 }) }), answer: () => NEVER, untilMs: 9_000 });
    expect(lines).toEqual(['2500 c1 readiness attempt unknown']);
  });

  it('says that there is no handler for a kind of probe', () => {
    const lists = one({ custom: { field: 'smtp', action: {} } });
    expect(play({ marbles: 'a', lists, untilMs: 1_000 })).toEqual(['0 c1 readiness attempt unknown']);
  });

  it('goes on when a handler throws', () => {
    const answer = (n: number): Result => {
      if (n < 3) throw new Error('bug');
      return 'success';
    };
    expect(times(play({ marbles: 'a', lists: one({ probe: tcp({ periodSeconds: 1 }) }), answer, untilMs: 1_500 }))).toEqual([0, 1_000]);
  });

  it('does not stop probing when the clock was set back', () => {
    const lists = one({ startedAtMs: 3_600_000, probe: tcp({ initialDelaySeconds: 2, periodSeconds: 1 }) });
    expect(times(play({ marbles: 'a', lists, untilMs: 3_500 }))).toEqual([2_000, 3_000]);
  });
});
