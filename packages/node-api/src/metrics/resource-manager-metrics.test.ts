import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { cpuManagerGauges, resourceManagerMetrics } from './resource-manager-metrics.js';

const lines = async (registry: Registry) => (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

it('the CPU manager is asked for its measurements at every scrape', async () => {
  const registry = new Registry();
  let exclusiveCpus = 1;
  const metrics = resourceManagerMetrics(registry);
  cpuManagerGauges(registry, () => ({
    sharedPoolMilliCpu: 3_000,
    exclusiveCpus,
    exclusiveByNumaNode: new Map([
      [0, exclusiveCpus],
      [1, 0],
    ]),
  }));
  metrics.cpuPinning('pinned');
  metrics.cpuPinning('failed');
  metrics.topologyAdmission({ admitted: false, durationMs: 1 });
  exclusiveCpus = 2;
  expect(await lines(registry)).toEqual(
    expect.arrayContaining([
      'kubelet_cpu_manager_pinning_requests_total 2',
      'kubelet_cpu_manager_pinning_errors_total 1',
      'kubelet_topology_manager_admission_requests_total 1',
      'kubelet_topology_manager_admission_errors_total 1',
      'kubelet_topology_manager_admission_duration_ms_count 1',
      'kubelet_cpu_manager_shared_pool_size_millicores 3000',
      'kubelet_cpu_manager_exclusive_cpu_allocation_count 2',
      'kubelet_cpu_manager_allocation_per_numa{numa_node="0"} 2',
    ]),
  );
});
