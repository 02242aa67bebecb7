import { expect, it } from 'vitest';
import { createKubeletMetrics } from './create-kubelet-metrics.js';

const seriesOf = async ({ registry }: ReturnType<typeof createKubeletMetrics>) =>
  (await registry.metrics()).split('\n').filter((line) => line.startsWith('kubelet_') || line.startsWith('kubernetes_'));
const counts = () => ({ desiredPods: 3, runningPods: 2, containers: { running: 4 } });

it('kubelet_runtime_operations_total counts from the first call on; what is asked at a scrape is there once it is exposed', async () => {
  const metrics = createKubeletMetrics({ nodeName: 'node1' });
  metrics.runtimeOperation('version', 0.1, false);
  const before = await seriesOf(metrics);
  expect(before).toContain('kubelet_runtime_operations_total{operation_type="version"} 1');
  expect(before.filter((line) => /desired_pods|running_pods|build_info|cgroup_version/.test(line))).toEqual([]);
  metrics.expose({ counts, cgroupVersion: 2 });
  expect(await seriesOf(metrics)).toEqual(
    expect.arrayContaining([
      'kubelet_runtime_operations_total{operation_type="version"} 1',
      'kubelet_desired_pods{static="true"} 3',
      'kubelet_running_pods 2',
      'kubelet_running_containers{container_state="running"} 4',
      'kubelet_cgroup_version 2',
    ]),
  );
});

it('kubelet_cpu_manager gauges: absent without a CPU manager', async () => {
  const series = await seriesOf(createKubeletMetrics({ nodeName: 'node1', counts }));
  expect(series.filter((line) => line.includes('shared_pool') || line.includes('exclusive'))).toEqual([]);
});
