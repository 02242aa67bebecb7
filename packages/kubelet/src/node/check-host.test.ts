import { expect, it } from 'vitest';
import { checkHost } from './check-host.js';

const wanted = { failSwapOn: true, failCgroupV1: true, 'memorySwap.swapBehavior': 'LimitedSwap', singleProcessOOMKill: undefined };

it.each([
  ['has swap on', { swap: true, cgroupVersion: 2 }, wanted, /running with swap on is not supported/],
  [
    'has only cgroup v1',
    { swap: false, cgroupVersion: 1 },
    { ...wanted, 'memorySwap.swapBehavior': '' },
    /not run on a host using cgroup v1/,
  ],
  ['cannot give pods swap', { swap: false, cgroupVersion: 1 }, { ...wanted, failCgroupV1: false }, /LimitedSwap is not supported/],
  [
    'cannot end a container as a whole',
    { swap: false, cgroupVersion: 1 },
    { failSwapOn: true, failCgroupV1: false, 'memorySwap.swapBehavior': '', singleProcessOOMKill: false },
    /singleProcessOOMKill must not be explicitly set to false when using cgroup v1/,
  ],
] as const)('refuses a machine that %s', (_what, host, config, message) => {
  expect(() => checkHost(config, host)).toThrow(message);
});

it('takes a machine that has what is asked for', () => {
  expect(() => checkHost({ ...wanted, failSwapOn: false }, { swap: true, cgroupVersion: 2 })).not.toThrow();
});
