import { createKubeletMetrics } from '@solo-kubelet/node-api';
import type { KubeletActivity, PodUid } from '@solo-kubelet/reconciler';
import { pod } from '@solo-kubelet/reconciler/testing';
import { expect, it } from 'vitest';
import { activityRecorder } from './record-metrics.js';

type PodStep = Extract<KubeletActivity, { readonly scope: 'pod' }>;
type Told = PodStep extends infer Step ? (Step extends unknown ? Omit<Step, 'scope' | 'podUid' | 'pod' | 'atMs'> : never) : never;

it('the duration of a resize is that of its own steps, whatever else its pass does', async () => {
  const metrics = createKubeletMetrics({ nodeName: 'node1', counts: () => ({ desiredPods: 0, runningPods: 0, containers: {} }) });
  const record = activityRecorder(metrics);
  const tell = (atMs: number, told: Told): void =>
    record({ scope: 'pod', podUid: 'uid-web' as PodUid, pod: 'default/web', atMs, ...told } as KubeletActivity);
  const limits = pod('web');
  const [widest, final] = [false, true].map((last) => ({ type: 'resizePod', limits, final: last }) as const) as [
    { type: 'resizePod'; limits: typeof limits; final: boolean },
    { type: 'resizePod'; limits: typeof limits; final: boolean },
  ];
  const stop = { type: 'stopContainers', stops: [] } as const;
  tell(0, { type: 'actionStarted', action: widest });
  tell(40, { type: 'actionSucceeded', action: widest, durationMs: 40 });
  tell(40, { type: 'actionStarted', action: stop });
  tell(30_040, { type: 'actionSucceeded', action: stop, durationMs: 30_000 });
  tell(30_040, { type: 'actionStarted', action: final });
  tell(30_060, { type: 'actionSucceeded', action: final, durationMs: 20 });
  tell(40_000, { type: 'actionStarted', action: widest });
  tell(40_005, { type: 'actionFailed', action: widest, reason: 'ResizeError', message: '', retryAtMs: 0 });
  tell(40_006, { type: 'resizeRequested', operations: [{ resource: 'memory', requirement: 'requests', operation: 'decrease' }] });
  tell(40_006, { type: 'resizePending', reason: 'Infeasible', message: '', detail: 'swap_limitation' });
  tell(40_006, { type: 'resizePending', reason: 'Infeasible', message: 'too large' });
  const lines = (await metrics.registry.metrics()).split('\n').filter((line) => /resize/.test(line) && !line.startsWith('#'));
  expect(lines).toEqual(
    expect.arrayContaining([
      'kubelet_pod_resize_duration_milliseconds_sum{success="true"} 60',
      'kubelet_pod_resize_duration_milliseconds_sum{success="false"} 5',
      'kubelet_container_requested_resizes_total{resource="memory",requirement="requests",operation="decrease"} 1',
      'kubelet_pod_infeasible_resizes_total{reason_detail="swap_limitation"} 1',
    ]),
  );
});
