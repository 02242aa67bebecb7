import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { resizeMetrics } from './resize-metrics.js';

it('resizes are counted under the names of upstream', async () => {
  const registry = new Registry();
  const counts = { deferred: 2, infeasible: 0, inProgress: 1 };
  const metrics = resizeMetrics(registry, () => counts);
  metrics.resizeRequested({ resource: 'cpu', requirement: 'limits', operation: 'add' });
  metrics.resizeInfeasible('swap_limitation');
  metrics.deferredResizeAccepted('pods_removed');
  metrics.resizeEnded(true, 60);
  const lines = (await registry.metrics()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'kubelet_container_requested_resizes_total{resource="cpu",requirement="limits",operation="add"} 1',
      'kubelet_pod_infeasible_resizes_total{reason_detail="swap_limitation"} 1',
      'kubelet_pod_deferred_accepted_resizes_total{retry_trigger="pods_removed"} 1',
      'kubelet_pod_pending_resizes{reason="deferred"} 2',
      'kubelet_pod_in_progress_resizes 1',
      'kubelet_pod_resize_duration_milliseconds_bucket{le="50",success="true"} 0',
      'kubelet_pod_resize_duration_milliseconds_bucket{le="100",success="true"} 1',
    ]),
  );
  expect(lines.some((line) => line.includes('reason="infeasible"'))).toBe(false);
});
