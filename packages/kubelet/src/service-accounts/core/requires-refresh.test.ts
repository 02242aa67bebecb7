import { expect, it } from 'vitest';
import { requiresRefresh } from './requires-refresh.js';

const HOUR = 3_600_000;

it.each<[string, number, number, number, boolean]>([
  ['is kept while it is young', HOUR, 0.79 * HOUR, 0, false],
  ['goes after 80 % of its life', HOUR, 0.81 * HOUR, 0, true],
  ['goes a little earlier by chance', HOUR, 0.8 * HOUR - 9_000, 1, true],
  ['goes after a day, however long its life', 1_000 * HOUR, 24 * HOUR + 1, 0, true],
  ['is kept for a day', 1_000 * HOUR, 24 * HOUR - 1, 0, false],
  ['goes when the clock was set back', HOUR, -1, 0, true],
])('a token %s', (_what, lifeMs, ageMs, random, refreshed) => {
  const issuedAtMs = 1_700_000_000_000;
  expect(requiresRefresh({ issuedAtMs, expiresAtMs: issuedAtMs + lifeMs }, issuedAtMs + ageMs, random)).toBe(refreshed);
});
