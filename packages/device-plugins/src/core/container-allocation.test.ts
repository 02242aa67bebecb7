import { expect, it } from 'vitest';
import { mergeResponses } from './container-allocation.js';

const empty = { envs: {}, mounts: [], devices: [], annotations: {}, cdiDevices: [] };

it('joins what several plugins say, and keeps the first of two that say the same thing differently', () => {
  const first = {
    ...empty,
    envs: { A: '1' },
    devices: [{ containerPath: '/dev/a', hostPath: '/dev/a0', permissions: 'rw' }],
    cdiDevices: [{ name: 'x/y=1' }],
  };
  const second = {
    ...empty,
    envs: { A: '2', B: '3' },
    devices: [
      { containerPath: '/dev/a', hostPath: '/dev/a1', permissions: 'rw' },
      { containerPath: '/dev/b', hostPath: '/dev/b1', permissions: 'r' },
    ],
    cdiDevices: [{ name: 'x/y=1' }, { name: 'x/y=2' }],
  };
  expect(mergeResponses([first, second])).toEqual({
    ...empty,
    envs: { A: '1', B: '3' },
    devices: [first.devices[0], second.devices[1]],
    cdiDevices: ['x/y=1', 'x/y=2'],
  });
});
