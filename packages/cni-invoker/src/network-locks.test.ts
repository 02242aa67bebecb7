import { expect, it } from 'vitest';
import { createNetworkLocks } from './network-locks.js';

/** A piece of work that ends when told to, and a record of what ran when. */
const setUp = () => {
  const locks = createNetworkLocks();
  const log: string[] = [];
  const ends = new Map<string, () => void>();
  const work = (name: string) => () => {
    log.push(`+${name}`);
    return new Promise<void>((resolve) => {
      ends.set(name, () => {
        log.push(`-${name}`);
        resolve();
      });
    });
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { locks, log, work, end };
};

it('runs different containers side by side and one container in turn, over all its networks', async () => {
  const { locks, log, work, end } = setUp();
  const all = [
    locks.withContainer('a', 'c1', work('1')),
    locks.withContainer('b', 'c1', work('2')),
    locks.withContainer('a', 'c2', work('3')),
  ];
  await new Promise(setImmediate);
  expect(log).toEqual(['+1', '+3']);
  await end('1');
  expect(log).toEqual(['+1', '+3', '-1', '+2']);
  await end('2');
  await end('3');
  await Promise.all(all);
});

it('gives a network alone to a collection, after what came before it and before what came later', async () => {
  const { locks, log, work, end } = setUp();
  const all = [
    locks.withContainer('a', 'c1', work('add')),
    locks.withNetwork('a', work('gc')),
    locks.withContainer('a', 'c2', work('later')),
    locks.withContainer('b', 'c3', work('elsewhere')),
  ];
  await new Promise(setImmediate);
  expect(log).toEqual(['+add', '+elsewhere']);
  await end('add');
  expect(log.at(-1)).toBe('+gc');
  await end('gc');
  expect(log.at(-1)).toBe('+later');
  await end('later');
  await end('elsewhere');
  await Promise.all(all);
});

it('lets go of the lock when the work fails', async () => {
  const { locks } = setUp();
  await expect(locks.withNetwork('a', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await expect(locks.withNetwork('a', async () => 'yes')).resolves.toBe('yes');
});

it('stops waiting when the caller gives up, and lets those behind it pass', async () => {
  const { locks, log, work, end } = setUp();
  const first = locks.withContainer('a', 'c1', work('first'));
  const controller = new AbortController();
  const waiting = locks.withNetwork('a', work('never'), controller.signal);
  const behind = locks.withContainer('a', 'c2', work('behind'));
  await new Promise(setImmediate);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await new Promise(setImmediate);
  expect(log).toEqual(['+first', '+behind']);
  await end('first');
  await end('behind');
  await Promise.all([first, behind]);
});
