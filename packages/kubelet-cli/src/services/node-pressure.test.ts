import { expect, it } from 'vitest';
import { nodePressures } from './node-pressure.js';

const supplies = {
  'memory.available': { available: 90 * 2 ** 20, capacity: 2 ** 30 },
  'nodefs.available': { available: 9, capacity: 100 },
};

it.each([
  [{ 'memory.available': '100Mi' }, { memory: true, disk: false, pids: false }],
  [{ 'memory.available': '80Mi' }, { memory: false, disk: false, pids: false }],
  [{ 'nodefs.available': '10%' }, { memory: false, disk: true, pids: false }],
  [{ 'nodefs.available': '9%' }, { memory: false, disk: false, pids: false }],
  [{ 'pid.available': '10' }, { memory: false, disk: false, pids: false }],
])('thresholds %j mean %j', (thresholds, expected) => {
  expect(nodePressures(supplies, thresholds as Record<string, string>)).toEqual(expected);
});
