import { expect, it } from 'vitest';
import { type CacheKey, cacheName, type KeptFile, surplusOf } from './cache-name.js';

const key: CacheKey = { command: 'run', program: 'ab', file: '1 2 3 4', node: 'v20.0.0', arch: 'x64', v8: 1 };
const file = (command: string, number: number, size = 1_000): KeptFile => ({
  name: `${command}-${String(number).padStart(32, '0')}.v8`,
  size,
  changedMs: number,
});

it('whatever has V8 compile otherwise has another name', () => {
  const others: readonly Partial<CacheKey>[] = [
    { command: 'up' },
    { program: 'ac' },
    { file: '1 2 3 5' },
    { node: 'v20.0.1' },
    { arch: 'arm64' },
    { v8: 2 },
  ];
  const names = [key, ...others.map((other) => ({ ...key, ...other }))].map(cacheName);
  expect(new Set(names).size).toBe(names.length);
  expect(names[0]).toMatch(/^run-[0-9a-f]{32}\.v8$/);
  expect(cacheName({ ...key })).toBe(names[0]);
});

it('of each command the newest two stay', () => {
  const files = [file('run', 1), file('run', 3), file('run', 2), file('get', 1), file('port-forward', 1)];
  expect(surplusOf(files, 10)).toEqual([file('run', 1).name]);
});

it('no more stay than have a limit, by number and by size, the newest first', () => {
  const many = Array.from({ length: 30 }, (_, index) => file(`c${'abcdefghijklmnopqrstuvwxyz-'[index] ?? ''}${'x'.repeat(index)}`, index));
  expect(surplusOf(many, 100)).toEqual([5, 4, 3, 2, 1, 0].map((index) => many[index]!.name));
  const large = [file('a', 1, 20 << 20), file('b', 2, 20 << 20), file('c', 3, 20 << 20), file('d', 0, 1_000)];
  expect(surplusOf(large, 10)).toEqual([large[0]!.name]);
});

it('of what others put there nothing is touched, and a half-written file goes when nobody writes it any more', () => {
  const part = { name: `${file('run', 1).name}.4711.part`, size: 1, changedMs: 0 };
  const theirs = { name: 'notes.txt', size: 1 << 30, changedMs: 0 };
  expect(surplusOf([part, theirs], 3_600_000)).toEqual([]);
  expect(surplusOf([part, theirs], 3_600_001)).toEqual([part.name]);
});
