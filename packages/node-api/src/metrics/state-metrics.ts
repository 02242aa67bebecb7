import type { LogUsage } from '@solo-kubelet/node-stats';
import { Gauge, type Registry } from 'prom-client';
import { shared } from '../shared.js';
import { type BuildInfo, buildInfoMetric } from './component-metrics.js';
import type { NodeCounts } from './node-counts.js';
import { type CpuManagerMetrics, cpuManagerGauges } from './resource-manager-metrics.js';
import { type SourceMetrics, sourceGauges } from './source-metrics.js';

/** Every log file is looked at for it: who scrapes a hundred times a second does not cost a hundred walks, ms. */
const LOG_USAGE_FRESH_MS = 1_000;

/** What is asked for at every scrape, and what the kubelet learns of its node before it serves them. */
export interface ExposedState {
  readonly counts: () => NodeCounts;
  /** Default: no such series. */
  readonly cgroupVersion?: 1 | 2;
  /** Default: no `kubernetes_build_info`. */
  readonly build?: BuildInfo;
  /** The Kubernetes version from which on this runtime is too old. Default: none. */
  readonly losingSupport?: string;
  /** Default: no such series. */
  readonly logUsage?: () => Promise<readonly LogUsage[]>;
  /** Default, without a CPU manager: no such series. */
  readonly cpuManager?: (() => CpuManagerMetrics) | undefined;
  /** Records of image pulls on the disk. Default: no such series. */
  readonly imagePulls?: () => Promise<{ readonly intents: number; readonly records: number }>;
  /** Verified sources of manifests. Default: no such series. */
  readonly sources?: () => readonly SourceMetrics[];
}

/** Makes gauges whose values are asked for at every scrape. */
export const stateGauges =
  (registry: Registry) =>
  <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect: (gauge: Gauge<Label>) => void | Promise<void>,
  ) =>
    new Gauge<Label>({
      name: `kubelet_${name}`,
      help: `[ALPHA] ${help}`,
      labelNames: [...labelNames],
      registers: [registry],
      collect() {
        this.reset();
        return collect(this);
      },
    });

/** The state of the node under upstream's names (pkg/kubelet/metrics). */
export const stateMetrics = (
  registry: Registry,
  { counts, cgroupVersion, build, losingSupport, logUsage, cpuManager, imagePulls, sources }: ExposedState,
): void => {
  const gauge = stateGauges(registry);
  gauge(
    'desired_pods',
    'The number of pods the kubelet is being instructed to run. static is true if the pod is not from the apiserver.',
    ['static'],
    (g) => {
      g.set({ static: 'true' }, counts().desiredPods);
      g.set({ static: '' }, 0);
    },
  );
  gauge(
    'active_pods',
    'The number of pods the kubelet considers active and which are being considered when admitting new pods. static is true if the pod is not from the apiserver.',
    ['static'],
    (g) => {
      const { activePods, desiredPods } = counts();
      g.set({ static: 'true' }, activePods ?? desiredPods);
      g.set({ static: '' }, 0);
    },
  );
  gauge(
    'working_pods',
    'Number of pods the kubelet is actually running, broken down by lifecycle phase, whether the pod is desired, orphaned, or runtime only (also orphaned), and whether the pod is static. An orphaned pod has been removed from local configuration or force deleted in the API and consumes resources that are not otherwise visible.',
    ['lifecycle', 'config', 'static'],
    (g) => {
      // Every series upstream has is there, also where there is nothing to count.
      for (const lifecycle of ['sync', 'terminating', 'terminated']) {
        for (const config of ['desired', 'orphan']) for (const isStatic of ['', 'true']) g.set({ lifecycle, config, static: isStatic }, 0);
        g.set({ lifecycle, config: 'runtime_only', static: 'unknown' }, 0);
      }
      for (const { lifecycle, config } of counts().workingPods ?? []) {
        g.inc({ lifecycle, config, static: config === 'runtime_only' ? 'unknown' : 'true' }, 1);
      }
    },
  );
  if (build) buildInfoMetric(registry, build);
  if (cpuManager) cpuManagerGauges(registry, cpuManager);
  if (imagePulls) {
    gauge('imagemanager_ondisk_pullintents', 'Number of ImagePullIntents stored on disk.', [], async (g) =>
      g.set((await imagePulls()).intents),
    );
    gauge('imagemanager_ondisk_pulledrecords', 'Number of ImagePulledRecords stored on disk.', [], async (g) =>
      g.set((await imagePulls()).records),
    );
  }
  if (sources) sourceGauges(registry, sources);
  if (cgroupVersion !== undefined) gauge('cgroup_version', 'cgroup version on the hosts.', [], (g) => g.set(cgroupVersion));
  if (losingSupport !== undefined) {
    gauge(
      'cri_losing_support',
      'the Kubernetes version that the currently running CRI implementation will lose support on if not upgraded.',
      ['version'],
      (g) => g.set({ version: losingSupport }, 1),
    );
  }
  if (logUsage) {
    const usages = shared(logUsage, { freshMs: LOG_USAGE_FRESH_MS });
    gauge(
      'container_log_filesystem_used_bytes',
      "Bytes used by the container's logs on the filesystem.",
      ['uid', 'namespace', 'pod', 'container'],
      async (g) => {
        for (const { usedBytes, ...labels } of await usages(new AbortController().signal)) g.set(labels, usedBytes);
      },
    );
  }
  gauge('running_pods', 'Number of pods that have a running pod sandbox', [], (g) => g.set(counts().runningPods));
  gauge('running_containers', 'Number of containers currently running', ['container_state'], (g) => {
    for (const [state, count] of Object.entries(counts().containers)) g.set({ container_state: state }, count);
  });
};
