import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { type SourceMetrics, sourceGauges } from './source-metrics.js';

it('tells how sources are at each scrape, and forgets a reason that is over', async () => {
  const registry = new Registry();
  let sources: readonly SourceMetrics[] = [
    { name: 'a', state: 'Stale', revision: 3, appliedAtMs: 1_500, checkedAtMs: 2_500, failures: 2, reason: 'KeyUnknown' },
    {
      name: 'b',
      state: 'Failed',
      failures: 1,
      reason: 'Unreachable',
      notRenewed: true,
      onTrial: true,
      rollout: { reason: 'OutsideWindow', revision: 5 },
    },
  ];
  sourceGauges(registry, () => sources);
  const lines = async (): Promise<readonly string[]> => (await registry.metrics()).split('\n').filter((line) => line.startsWith('solo_'));
  expect(await lines()).toEqual([
    'solo_kubelet_source_ready{source="a"} 0',
    'solo_kubelet_source_ready{source="b"} 0',
    'solo_kubelet_source_revision{source="a"} 3',
    'solo_kubelet_source_applied_timestamp_seconds{source="a"} 1',
    'solo_kubelet_source_checked_timestamp_seconds{source="a"} 2',
    'solo_kubelet_source_not_renewed{source="a"} 0',
    'solo_kubelet_source_not_renewed{source="b"} 1',
    'solo_kubelet_source_on_trial{source="b"} 1',
    'solo_kubelet_source_next_revision{source="b"} 5',
    'solo_kubelet_source_rollout{source="b",reason="OutsideWindow"} 1',
    'solo_kubelet_source_failures{source="a",reason="KeyUnknown"} 2',
    'solo_kubelet_source_failures{source="b",reason="Unreachable"} 1',
  ]);
  sources = [{ name: 'a', state: 'Ready', failures: 0 }];
  expect(await lines()).toEqual(['solo_kubelet_source_ready{source="a"} 1', 'solo_kubelet_source_not_renewed{source="a"} 0']);
});
