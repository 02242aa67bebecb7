import { expect, it } from 'vitest';
import { conditionSince } from './condition-since.js';

it('moves with the status and not with the request', () => {
  const since = conditionSince(1_000);
  expect([since(true, 5_000), since(true, 9_000), since(false, 10_000), since(false, 20_000), since(true, 30_000)]).toEqual([
    1_000, 1_000, 10_000, 10_000, 30_000,
  ]);
});
