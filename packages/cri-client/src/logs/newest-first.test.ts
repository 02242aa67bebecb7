import { expect, it } from 'vitest';
import { newestFirst } from './newest-first.js';

const instance = (uid: string, attempt: number, createdAt: bigint) => ({
  labels: { 'io.kubernetes.pod.uid': uid },
  metadata: { attempt },
  createdAt,
});

it('goes by attempts and not by a clock that was set back between them', () => {
  const [first, second, third] = [instance('a', 0, 500n), instance('a', 1, 700n), instance('a', 2, 100n)];
  expect(newestFirst([first!, third!, second!])).toEqual([third, second, first]);
});

it('does not compare the attempts of two pods', () => {
  const [old, young] = [instance('old', 7, 100n), instance('young', 0, 200n)];
  expect(newestFirst([old!, young!])).toEqual([young, old]);
});
