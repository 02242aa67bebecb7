import { expect, it } from 'vitest';
import { createRehearsalTurns } from './rehearsal-turns.js';

/** Work that lasts until it is told to end. */
const held = () => {
  let end = (): void => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end: () => end(), work: () => done };
};

it('takes one at a time, user by user, however many somebody asks', async () => {
  const turns = createRehearsalTurns();
  const order: string[] = [];
  const first = held();
  const ask = (user: string, what: string) => turns.take(user, async () => void order.push(what));
  const asked = [turns.take('a', first.work), ask('a', 'a1'), ask('a', 'a2'), ask('b', 'b1'), ask('c', 'c1'), ask('b', 'b2')];
  await Promise.resolve();
  expect(order).toEqual([]);
  first.end();
  await Promise.all(asked);
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2']);
});

it('goes on after one that fails, and tells whose it was', async () => {
  const turns = createRehearsalTurns();
  const failed = turns.take('a', () => Promise.reject(new Error('no')));
  expect(await turns.take('a', async () => 'yes')).toBe('yes');
  await expect(failed).rejects.toThrow('no');
});

it('refuses what is too much of one user, and of all, until turns come up', async () => {
  const turns = createRehearsalTurns();
  const first = held();
  const asked: Promise<unknown>[] = [turns.take('a', first.work)];
  for (let index = 0; index < 16; index += 1) asked.push(turns.take('a', async () => {}));
  await expect(turns.take('a', async () => {})).rejects.toMatchObject({ code: 429 });
  for (let index = 0; index < 240; index += 1) asked.push(turns.take(`user-${index}`, async () => {}));
  await expect(turns.take('another', async () => {})).rejects.toMatchObject({ code: 429 });
  first.end();
  await Promise.all(asked);
  expect(await turns.take('a', async () => 'yes')).toBe('yes');
});
