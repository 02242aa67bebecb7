import { expect, it } from 'vitest';
import { taintFaults } from './node-taints.js';

it.each<[object, string | undefined]>([
  [{ key: 'dedicated', value: 'gpu', effect: 'NoSchedule' }, undefined],
  [{ key: 'example.org/dedicated', effect: 'NoExecute', timeAdded: null }, undefined],
  [{ key: 'dedicated' }, undefined],
  [
    { key: '', effect: 'NoSchedule' },
    'invalid taint: {  NoSchedule <nil>} (registerWithTaints[0]): invalid taint key: name part must be non-empty',
  ],
  [{ effect: 'NoSchedule' }, 'invalid taint key'],
  [{ key: 'a b', effect: 'NoSchedule' }, 'invalid taint key'],
  [{ key: 'a/b/c', effect: 'NoSchedule' }, 'invalid taint key'],
  [{ key: 'a', value: 'x y', effect: 'NoSchedule' }, 'invalid taint value'],
  [{ key: 'a', value: 'x'.repeat(64), effect: 'NoSchedule' }, 'invalid taint value'],
  [{ key: 'a', effect: 'Never' }, 'invalid taint effect: Never, unsupported taint effect'],
  [{ key: 'a', effect: 'NoSchedule', timeAdded: '2026-01-01T00:00:00Z' }, 'taint.TimeAdded is not nil'],
  [{ key: 7, effect: 'NoSchedule' }, 'must be strings'],
  [{ key: 'a', efect: 'NoSchedule' }, 'unknown field "efect"'],
])('%j', (taint, fault) => {
  const faults = taintFaults([taint as Readonly<Record<string, unknown>>]);
  if (fault === undefined) expect(faults).toEqual([]);
  else expect(faults).toEqual([expect.stringContaining(fault)]);
});
