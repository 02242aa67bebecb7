import { CriError } from '@solo-kubelet/cri-client';
import { expect, it } from 'vitest';
import { untilRecovered } from './runtime-recovery.js';

const failing = (...failures: readonly (readonly ['CRI_UNAVAILABLE' | 'CRI_UNKNOWN', string])[]) => {
  const left = [...failures];
  const runtime = {
    status: async () => {
      const next = left.shift();
      if (next) throw new CriError({ code: next[0], message: `Status failed: ${next[1]}`, retryable: false });
      return { status: undefined, info: {} };
    },
  };
  return { cri: { runtime } as never, left };
};

it('waits for a runtime that has not read its old pods yet, whichever code it says it by', async () => {
  let pauses = 0;
  const { cri } = failing(['CRI_UNKNOWN', 'server is not initialized yet'], ['CRI_UNAVAILABLE', 'server is not initialized yet']);
  await untilRecovered(cri, {
    pause: async () => {
      pauses += 1;
    },
  });
  expect(pauses).toBe(2);
});

it('does not wait for what will not change by itself', async () => {
  const { cri, left } = failing(['CRI_UNAVAILABLE', 'connection refused'], ['CRI_UNKNOWN', 'never asked for']);
  await expect(untilRecovered(cri, { pause: async () => {} })).rejects.toThrow('connection refused');
  expect(left).toHaveLength(1);
});
