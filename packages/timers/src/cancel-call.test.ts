import { setImmediate } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { cancelCall } from './cancel-call.js';

it('cancels at once, and again when a call of this turn has been passed on', async () => {
  const call = { cancel: vi.fn() };
  cancelCall(call);
  expect(call.cancel).toHaveBeenCalledTimes(1);
  await setImmediate();
  expect(call.cancel).toHaveBeenCalledTimes(2);
});
