import { expect, it } from 'vitest';
import { checkHost } from './check-host.js';

const wanted = { failSwapOn: true, failCgroupV1: true, 'memorySwap.swapBehavior': 'LimitedSwap' };

it.each([
  ['has swap on', { swap: true, cgroupVersion: 2 }, wanted, /running with swap on is not supported/],
  [
    'has only cgroup v1',
    { swap: false, cgroupVersion: 1 },
    { ...wanted, 'memorySwap.swapBehavior': '' },
    /not run on a host using cgroup v1/,
  ],
  ['cannot give pods swap', { swap: false, cgroupVersion: 1 }, { ...wanted, failCgroupV1: false }, /LimitedSwap is not supported/],
] as const)('refuses a machine that %s', (_what, host, config, message) => {
  expect(() => checkHost(config, host)).toThrow(message);
});

it('takes a machine that has what is asked for', () => {
  expect(() => checkHost({ ...wanted, failSwapOn: false }, { swap: true, cgroupVersion: 2 })).not.toThrow();
});
