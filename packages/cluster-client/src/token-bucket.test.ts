import { expect, it } from 'vitest';
import { tokenBucket } from './token-bucket.js';

it('0 a second is no limit', async () => {
  const { take } = tokenBucket(0, 1, () => 0);
  // With a limit and a clock that stands still the second would wait for ever.
  for (let i = 0; i < 10_000; i++) await take(new AbortController().signal);
});

it('what goes beyond the burst waits its turn', async () => {
  const { take } = tokenBucket(0.001, 2, () => 0);
  const giveUp = new AbortController();
  await take(giveUp.signal);
  await take(giveUp.signal);
  const third = take(giveUp.signal);
  giveUp.abort();
  await expect(third).rejects.toThrow();
});
