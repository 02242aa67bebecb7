import { expect, it } from 'vitest';
import { createFlowControl } from './flow-control.js';

/** A thread of which a part is taken by others, and the rest by what is started: so many ms of it each. */
const node = ({ othersTake, requestMs }: { othersTake: () => number; requestMs: number }) => {
  let [nowMs, busyMs, sinceMs] = [0, 0, 0];
  const due: { readonly atMs: number; readonly work: () => void }[] = [];
  const started: string[] = [];
  const control = createFlowControl({
    now: () => nowMs,
    later: (work, ms) => void due.push({ atMs: nowMs + ms, work }),
    utilization: () => {
      const part = busyMs / (nowMs - sinceMs) + othersTake();
      [busyMs, sinceMs] = [0, nowMs];
      return Math.min(1, part);
    },
  });
  return {
    control,
    started,
    ask: (peer: string, name = peer, cost = 1) =>
      control.admit(peer, cost, () => {
        busyMs += requestMs;
        started.push(name);
      }),
    /** Lets time pass, ms, in steps in which something is done. */
    pass: (ms: number, eachStep = (): void => {}, stepMs = 5) => {
      const untilMs = nowMs + ms;
      while (nowMs < untilMs) {
        nowMs += stepMs;
        eachStep();
        for (const { work } of due.filter(({ atMs }) => atMs <= nowMs).toSorted((a, b) => a.atMs - b.atMs)) work();
        for (let index = due.length - 1; index >= 0; index -= 1) if (due[index]!.atMs <= nowMs) due.splice(index, 1);
      }
    },
  };
};
const idle = () => 0;

it('starts every request at once while the thread has time, however many come', () => {
  const { ask, started, control, pass } = node({ othersTake: () => 0.2, requestMs: 0.1 });
  pass(1_000, () => {
    for (let index = 0; index < 10; index += 1) ask('a');
  });
  expect(started).toHaveLength(2_000);
  expect(control.waiting).toBe(0);
});

it('brings the rate down until half of the thread is free again', () => {
  // 8 requests each 5 ms of 2 ms each: more than three threads.
  const { ask, started, pass } = node({ othersTake: idle, requestMs: 2 });
  const storm = (): void => {
    for (let index = 0; index < 8; index += 1) ask(`peer-${index}`);
  };
  pass(2_000, storm);
  const before = started.length;
  pass(2_000, storm);
  const perSecond = (started.length - before) / 2;
  expect(perSecond * 2).toBeLessThan(650); // ms of each second
  expect(perSecond * 2).toBeGreaterThan(300);
});

it('starts some requests each second however busy the thread is', () => {
  const { ask, started, pass } = node({ othersTake: () => 1, requestMs: 1 });
  pass(2_000, () => void ask('a'));
  const before = started.length;
  pass(5_000, () => void ask('a'));
  expect((started.length - before) / 5).toBeGreaterThanOrEqual(15);
});

it('takes peers in turns: one with few requests is not behind one with many', () => {
  const { ask, started, pass } = node({ othersTake: () => 1, requestMs: 1 });
  pass(1_000, () => void ask('crowd'));
  ask('single');
  const before = started.length;
  pass(500);
  expect(started.slice(before).indexOf('single')).toBeLessThan(2);
});

it('keeps the order of the requests of one peer', () => {
  const { ask, started, pass } = node({ othersTake: () => 1, requestMs: 1 });
  pass(500, () => void ask('a', 'early'));
  for (const name of ['one', 'two', 'three']) ask('b', name);
  pass(2_000);
  expect(started.filter((name) => name !== 'early')).toEqual(['one', 'two', 'three']);
});

it('waits longer after a request that costs more', () => {
  const count = (cost: number): number => {
    const { ask, started, pass } = node({ othersTake: () => 1, requestMs: 1 });
    pass(2_000, () => void ask('a', 'a', cost));
    const before = started.length;
    pass(8_000, () => void ask('a', 'a', cost));
    return started.length - before;
  };
  expect(count(8)).toBeLessThan(count(1) / 6);
});

it('forgets a request that is taken back, and starts none twice', () => {
  const { ask, started, control, pass } = node({ othersTake: () => 1, requestMs: 1 });
  pass(1_000, () => void ask('a', 'early'));
  const leave = ask('b', 'left');
  const waiting = control.waiting;
  leave?.();
  leave?.();
  expect(control.waiting).toBe(waiting - 1);
  ask('b', 'stays');
  pass(60_000);
  expect(control.waiting).toBe(0);
  expect(started.filter((name) => name !== 'early')).toEqual(['stays']);
});

it('limits nothing any more soon after the thread has time again', () => {
  let others = 1;
  const { ask, started, control, pass } = node({ othersTake: () => others, requestMs: 0.1 });
  pass(2_000, () => void ask('a'));
  others = 0;
  pass(3_000);
  expect(control.waiting).toBe(0);
  const before = started.length;
  for (let index = 0; index < 500; index += 1) ask('a');
  expect(started.length - before).toBe(500);
});

it('takes no more in than may wait, but for one of each peer', () => {
  const { ask, control, pass, started } = node({ othersTake: () => 1, requestMs: 1 });
  pass(1_000, () => void ask('early'));
  for (let index = 0; index < 1_000; index += 1) ask('crowd');
  expect(control.waiting).toBe(512);
  expect([ask('crowd'), ask('single')]).toEqual([undefined, expect.any(Function)]);
  expect(ask('single')).toBeUndefined();
  const before = started.length;
  pass(60_000);
  expect([control.waiting, started.length - before]).toEqual([0, 513]);
});
