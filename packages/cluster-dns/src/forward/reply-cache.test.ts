import { expect, it } from 'vitest';
import type { Reply } from '../wire/read-reply.js';
import { createReplyCache } from './reply-cache.js';

const reply = (part: Partial<Reply> = {}): Reply => ({
  bytes: new Uint8Array(100),
  rcode: 0,
  truncated: false,
  answered: true,
  ttlOffsets: [],
  ttl: 60,
  ...part,
});

const cacheAt = (limits: { maxEntries?: number; maxBytes?: number } = {}) => {
  let nowMs = 0;
  const cache = createReplyCache({ now: () => nowMs, ...limits });
  const wait = (seconds: number): void => {
    nowMs += seconds * 1_000;
  };
  return { cache, wait };
};

it('counts for its time to live, serves for an hour more, and is gone then', () => {
  const { cache, wait } = cacheAt();
  cache.put('a', reply());
  wait(59);
  expect(cache.get('a')).toMatchObject({ fresh: true, ageSeconds: 59 });
  wait(1);
  expect(cache.get('a')).toMatchObject({ fresh: false });
  wait(3_600);
  expect(cache.get('a')).toMatchObject({ fresh: false });
  wait(1);
  expect(cache.get('a')).toBeUndefined();
  expect(cache.size()).toBe(0);
});

it.each([
  ['an answer at most an hour', reply({ ttl: 90_000 }), 3_600],
  ['a name that does not exist at most half of it', reply({ ttl: 90_000, rcode: 3, answered: false }), 1_800],
  ['nothing less than 5 s', reply({ ttl: 0 }), 5],
])('%s', (_, kept, seconds) => {
  const { cache, wait } = cacheAt();
  cache.put('a', kept);
  wait(seconds - 1);
  expect(cache.get('a')?.fresh).toBe(true);
  wait(1);
  expect(cache.get('a')?.fresh).toBe(false);
});

it('what was used longest ago goes first, by number and by bytes', () => {
  const { cache } = cacheAt({ maxEntries: 2 });
  for (const key of ['a', 'b']) cache.put(key, reply());
  cache.get('a');
  cache.put('c', reply());
  expect(['a', 'b', 'c'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true]);
  const small = cacheAt({ maxBytes: 250 }).cache;
  for (const key of ['a', 'b', 'c', 'a']) small.put(key, reply());
  expect(['a', 'b', 'c'].map((key) => small.get(key) !== undefined)).toEqual([true, false, true]);
});

it('keeps nothing that has no time to live', () => {
  const { cache } = cacheAt();
  cache.put('a', reply({ ttl: undefined }));
  expect(cache.get('a')).toBeUndefined();
});
