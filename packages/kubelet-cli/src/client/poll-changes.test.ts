import { expect, it } from 'vitest';
import { pollChanges } from './poll-changes.js';

it('tells what came, changed and went between two looks', async () => {
  const looks = [
    [
      { id: 'a', tag: '1' },
      { id: 'b', tag: '1' },
    ],
    [
      { id: 'b', tag: '2' },
      { id: 'c', tag: '1' },
    ],
  ];
  const ending = new AbortController();
  const changes: unknown[] = [];
  const source = pollChanges({
    list: async () => looks.shift() ?? [],
    keyOf: ({ id }) => id,
    signal: ending.signal,
    intervalMs: 1,
  });
  for await (const change of source) if (changes.push(change) === 3) ending.abort();
  expect(changes).toEqual([
    { type: 'DELETED', object: { id: 'a', tag: '1' } },
    { type: 'MODIFIED', object: { id: 'b', tag: '2' } },
    { type: 'ADDED', object: { id: 'c', tag: '1' } },
  ]);
});
