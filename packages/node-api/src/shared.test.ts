import { expect, it } from 'vitest';
import { shared } from './shared.js';

const never = new AbortController().signal;

it('runs once for all who ask meanwhile, and anew for who asks later', async () => {
  let runs = 0;
  const ask = shared(async () => {
    runs += 1;
    return runs;
  });
  expect(await Promise.all([ask(never), ask(never), ask(never)])).toEqual([1, 1, 1]);
  expect(await ask(never)).toBe(2);
});

it('goes on for the others when one who asked leaves', async () => {
  let finish = (_value: string): void => {};
  const ask = shared(
    () =>
      new Promise<string>((resolve) => {
        finish = resolve;
      }),
  );
  const leaving = new AbortController();
  const [left, stays] = [ask(leaving.signal), ask(never)];
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  finish('done');
  expect(await stays).toBe('done');
});

it('gives an error to all who waited, and is asked anew after it', async () => {
  let fails = true;
  const ask = shared(async () => {
    if (fails) throw new Error('no runtime');
    return 'there';
  });
  const asked = await Promise.allSettled([ask(never), ask(never)]);
  expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await ask(never)).toBe('there');
});

it('gives what is fresh to who asks later, and runs anew afterwards', async () => {
  let [runs, nowMs] = [0, 1_000];
  const ask = shared(
    async () => {
      runs += 1;
      return runs;
    },
    { freshMs: 500, now: () => nowMs },
  );
  expect(await ask(never)).toBe(1);
  nowMs += 499;
  expect(await ask(never)).toBe(1);
  nowMs += 1;
  expect(await ask(never)).toBe(2);
});

it('does not keep a failure as fresh', async () => {
  let fails = true;
  const ask = shared(
    async () => {
      if (fails) throw new Error('no runtime');
      return 'there';
    },
    { freshMs: 500, now: () => 0 },
  );
  await expect(ask(never)).rejects.toThrow('no runtime');
  fails = false;
  expect(await ask(never)).toBe('there');
});
