import { expect, it } from 'vitest';
import { daemonUpdateCounts } from './daemon-set/update-counts.js';
import { statefulMaxUnavailable } from './stateful-set/max-unavailable.js';

it('rounds both shares of a DaemonSet up', () => {
  expect(daemonUpdateCounts('10%', '1%', 3)).toEqual({ ok: true, value: { surge: 1, unavailable: 1, allowsSurge: true } });
  expect(daemonUpdateCounts(undefined, 0, 3)).toEqual({ ok: true, value: { surge: 0, unavailable: 0, allowsSurge: false } });
  expect(daemonUpdateCounts(1, undefined, 3)).toEqual({ ok: false, error: 'nil value for IntOrString' });
});

it('lets at least one Pod of a StatefulSet be down', () => {
  expect([undefined, 0, '10%', '50%'].map((value) => statefulMaxUnavailable(value, 5))).toEqual(
    [1, 1, 1, 2].map((value) => ({ ok: true, value })),
  );
});
