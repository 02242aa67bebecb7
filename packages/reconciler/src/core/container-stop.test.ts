import { describe, expect, it } from 'vitest';
import { pod } from '../testing/pod-builder.js';
import { stopOf } from './container-stop.js';
import type { ObservedContainer } from './observed-pod.js';

const running = { id: 'c1', name: 'app', state: 'running' } as ObservedContainer;

describe('the grace period of a stop', () => {
  it.each([
    [30, 30],
    [-1, 1],
    [-9_223_372_036_854_775_808n, 1],
    [2_147_483_647, 2_147_483_647],
    [1_000_000_000_000, 2_147_483_647],
    [9_223_372_036_854_775_807n, 2_147_483_647],
  ])('of %d s is %d s, which any runtime can count', (terminationGracePeriodSeconds, seconds) => {
    const stop = stopOf(pod('web', { terminationGracePeriodSeconds }), running, 'PodEnded');
    expect(stop.gracePeriodSeconds).toBe(seconds);
  });
});
