import { expect, it } from 'vitest';
import { pressureConditions } from './pressure-conditions.js';

const times = { startedAtMs: 1_000, nowMs: 61_000 };

it('shows every pressure, since when it is as it is, in upstream’s words', () => {
  const conditions = pressureConditions([{ type: 'DiskPressure', status: true, sinceMs: 31_000 }], times);
  expect(conditions.map(({ type, status, reason }) => [type, status, reason])).toEqual([
    ['MemoryPressure', 'False', 'KubeletHasSufficientMemory'],
    ['DiskPressure', 'True', 'KubeletHasDiskPressure'],
    ['PIDPressure', 'False', 'KubeletHasSufficientPID'],
  ]);
  expect(conditions[1]).toMatchObject({
    message: 'kubelet has disk pressure',
    lastHeartbeatTime: '1970-01-01T00:01:01Z',
    lastTransitionTime: '1970-01-01T00:00:31Z',
  });
  expect(conditions[0]).toMatchObject({ lastTransitionTime: '1970-01-01T00:00:01Z' });
});
