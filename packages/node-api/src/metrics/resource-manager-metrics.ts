import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Of the static CPU manager. */
export interface CpuManagerMetrics {
  readonly sharedPoolMilliCpu: number;
  readonly exclusiveCpus: number;
  readonly exclusiveByNumaNode: ReadonlyMap<number, number>;
}

export interface ResourceManagerMetrics {
  /** A container asked for CPUs of its own. */
  cpuPinning(outcome: 'pinned' | 'failed'): void;
  /** A pod asked for resources under a topology policy. */
  topologyAdmission(outcome: { readonly admitted: boolean; readonly durationMs: number }): void;
}

const DURATION_BUCKETS_MS = Array.from({ length: 15 }, (_, index) => 0.05 * 2 ** index);

/** What the CPU and topology managers tell, under upstream's names. */
export const resourceManagerMetrics = (registry: Registry): ResourceManagerMetrics => {
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name: `kubelet_${name}`, help: `[ALPHA] ${help}`, registers });
  const requests = counter('cpu_manager_pinning_requests_total', 'The number of cpu core allocations which required pinning.');
  const errors = counter('cpu_manager_pinning_errors_total', 'The number of cpu core allocations which required pinning failed.');
  const asked = counter(
    'topology_manager_admission_requests_total',
    'The number of admission requests where resources have to be aligned.',
  );
  const refused = counter(
    'topology_manager_admission_errors_total',
    'The number of admission request failures where resources could not be aligned.',
  );
  const duration = new Histogram({
    name: 'kubelet_topology_manager_admission_duration_ms',
    help: '[ALPHA] Duration in milliseconds to serve a pod admission request.',
    buckets: DURATION_BUCKETS_MS,
    registers,
  });
  return {
    cpuPinning: (outcome) => {
      requests.inc();
      if (outcome === 'failed') errors.inc();
    },
    topologyAdmission: ({ admitted, durationMs }) => {
      asked.inc();
      if (!admitted) refused.inc();
      duration.observe(durationMs);
    },
  };
};

/** What CPUs containers have of their own, asked for at every scrape. */
export const cpuManagerGauges = (registry: Registry, cpuManager: () => CpuManagerMetrics): void => {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (measurements: CpuManagerMetrics) => number) =>
    new Gauge({
      name: `kubelet_cpu_manager_${name}`,
      help: `[ALPHA] ${help}`,
      registers,
      collect() {
        this.set(read(cpuManager()));
      },
    });
  gauge(
    'shared_pool_size_millicores',
    'The size of the shared CPU pool for non-guaranteed QoS pods, in millicores.',
    ({ sharedPoolMilliCpu }) => sharedPoolMilliCpu,
  );
  gauge(
    'exclusive_cpu_allocation_count',
    'The total number of CPUs exclusively allocated to containers running on this node',
    ({ exclusiveCpus }) => exclusiveCpus,
  );
  new Gauge({
    name: 'kubelet_cpu_manager_allocation_per_numa',
    help: '[ALPHA] Number of CPUs allocated per NUMA node',
    labelNames: ['numa_node'],
    registers,
    collect() {
      for (const [node, cpus] of cpuManager().exclusiveByNumaNode) this.set({ numa_node: String(node) }, cpus);
    },
  });
};
