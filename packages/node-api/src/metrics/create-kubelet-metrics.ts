import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { createHealthCheckMetrics } from './component-metrics.js';
import { imageSizeClass } from './image-size-class.js';
import type { KubeletMetrics } from './kubelet-metrics.js';
import type { NodeCounts } from './node-counts.js';
import { processMetrics } from './process-metrics.js';
import { resizeMetrics } from './resize-metrics.js';
import { resourceManagerMetrics } from './resource-manager-metrics.js';
import { type ExposedState, stateGauges, stateMetrics } from './state-metrics.js';

/** Upstream's set; it misspells portForward, which therefore counts as short. */
const LONG_RUNNING: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'debug']);
const DEFAULT_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const POD_START_BUCKETS = [
  0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1_200, 1_800, 2_700, 3_600,
];
const CONTAINERS_PER_POD_BUCKETS = [1, 2, 4, 8, 16];
const RUNTIME_BUCKETS = Array.from({ length: 14 }, (_, index) => 0.005 * 2.5 ** index);
const PULL_BUCKETS = [1, 5, 10, 20, 30, 60, 180, 300, 600, 900, 1_200, 1_800, 2_700, 3_600];
const PROBE_RESULTS = ['successful', 'failed', 'unknown'] as const;

const NO_COUNTS: NodeCounts = { desiredPods: 0, runningPods: 0, containers: {} };

/**
 * The kubelet's metrics, made before anything that counts in them. What is asked for at a scrape may be given at once, or by `expose` when the parts that
 * answer are there: until then its series are missing.
 */
export const createKubeletMetrics = ({ nodeName, ...exposed }: { readonly nodeName: string } & Partial<ExposedState>): KubeletMetrics => {
  let counts = exposed.counts ?? ((): NodeCounts => NO_COUNTS);
  const registry = new Registry();
  const probeRegistry = new Registry();
  const registers = [registry];
  processMetrics(registry);
  const counter = <Label extends string>(name: string, help: string, labelNames: readonly Label[] = []) =>
    new Counter<Label>({ name: `kubelet_${name}`, help: `[ALPHA] ${help}`, labelNames: [...labelNames], registers });
  const histogram = <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
    buckets: readonly number[] = RUNTIME_BUCKETS,
  ) =>
    new Histogram<Label>({
      name: `kubelet_${name}`,
      help: `[ALPHA] ${help}`,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers,
    });
  const gauge = stateGauges(registry);

  gauge('node_name', "The node's name. The count is always 1.", ['node'], (g) => g.set({ node: nodeName }, 1));
  let lastRelistMs = 0;
  gauge('pleg_last_seen_seconds', 'Timestamp in seconds when PLEG was last seen active.', [], (g) =>
    g.set(Math.floor(lastRelistMs / 1_000)),
  );

  const operations = counter('runtime_operations_total', 'Cumulative number of runtime operations by operation type.', ['operation_type']);
  const operationErrors = counter('runtime_operations_errors_total', 'Cumulative number of runtime operation errors by operation type.', [
    'operation_type',
  ]);
  const operationSeconds = histogram(
    'runtime_operations_duration_seconds',
    'Duration in seconds of runtime operations. Broken down by operation type.',
    ['operation_type'],
  );
  const httpRequests = counter('http_requests_total', 'Number of the http requests received since the server started', [
    'method',
    'path',
    'server_type',
    'long_running',
  ]);
  const httpSeconds = histogram('http_requests_duration_seconds', 'Duration in seconds to serve http requests', [
    'method',
    'path',
    'server_type',
    'long_running',
  ]);
  const inflight = new Gauge({
    name: 'kubelet_http_inflight_requests',
    help: '[ALPHA] Number of the inflight http requests',
    labelNames: ['method', 'path', 'server_type', 'long_running'],
    registers,
  });
  const relistSeconds = histogram('pleg_relist_duration_seconds', 'Duration in seconds for relisting pods in PLEG.', [], DEFAULT_BUCKETS);
  const relistInterval = histogram('pleg_relist_interval_seconds', 'Interval in seconds between relisting in PLEG.', [], DEFAULT_BUCKETS);
  const workSeconds = histogram(
    'pod_worker_duration_seconds',
    'Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync',
    ['operation_type'],
    DEFAULT_BUCKETS,
  );
  const containersPerPod = histogram('containers_per_pod_count', 'The number of containers per pod.', [], CONTAINERS_PER_POD_BUCKETS);
  const startedContainers = counter('started_containers_total', 'Cumulative number of containers started', ['container_type']);
  const startedContainerErrors = counter('started_containers_errors_total', 'Cumulative number of errors when starting containers', [
    'container_type',
    'code',
  ]);
  const startedPods = counter('started_pods_total', 'Cumulative number of pods started');
  const startedPodErrors = counter('started_pods_errors_total', 'Cumulative number of errors when starting pods');
  const startSeconds = histogram(
    'pod_start_duration_seconds',
    'Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
    [],
    POD_START_BUCKETS,
  );
  const pullSeconds = histogram(
    'image_pull_duration_seconds',
    'Duration in seconds to pull an image.',
    ['image_size_in_bytes'],
    PULL_BUCKETS,
  );
  const imageRequests = counter('image_manager_ensure_image_requests_total', 'Number of ensure-image requests processed by the kubelet.', [
    'pull_policy',
    'present_locally',
    'pull_required',
  ]);
  const accessChecks = counter(
    'imagemanager_image_mustpull_checks_total',
    'Counter for how many times kubelet checked whether credentials need to be re-verified to access an image',
    ['result'],
  );
  const collectedImages = counter(
    'image_garbage_collected_total',
    'Total number of images garbage collected by the kubelet, whether through disk usage or image age.',
    ['reason'],
  );
  const sandboxSeconds = histogram(
    'run_podsandbox_duration_seconds',
    'Duration in seconds of the run_podsandbox operations. Broken down by RuntimeClass.Handler.',
    ['runtime_handler'],
    DEFAULT_BUCKETS,
  );
  const sandboxErrors = counter(
    'run_podsandbox_errors_total',
    'Cumulative number of the run_podsandbox operation errors by RuntimeClass.Handler.',
    ['runtime_handler'],
  );
  const rejections = counter('admission_rejections_total', 'Cumulative number pod admission rejections by the Kubelet.', ['reason']);
  let shutdown = { startSeconds: 0, endSeconds: 0 };
  gauge('graceful_shutdown_start_time_seconds', 'Last graceful shutdown start time since unix epoch in seconds', [], (g) =>
    g.set(shutdown.startSeconds),
  );
  gauge('graceful_shutdown_end_time_seconds', 'Last graceful shutdown end time since unix epoch in seconds', [], (g) =>
    g.set(shutdown.endSeconds),
  );
  const evictions = counter('evictions', 'Cumulative number of pod evictions by eviction signal', ['eviction_signal']);
  const evictionStatsAge = histogram(
    'eviction_stats_age_seconds',
    'Time between when stats are collected, and when pod is evicted based on those stats by eviction signal',
    ['eviction_signal'],
    DEFAULT_BUCKETS,
  );
  const probes = new Counter({
    name: 'prober_probe_total',
    help: '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.',
    labelNames: ['probe_type', 'result', 'container', 'pod', 'namespace', 'pod_uid'],
    registers: [probeRegistry],
  });
  const probeSeconds = new Histogram({
    name: 'prober_probe_duration_seconds',
    help: '[ALPHA] Duration in seconds for a probe response.',
    labelNames: ['probe_type', 'container', 'pod', 'namespace'],
    registers: [probeRegistry],
  });

  const seriesOfPod = new Map<string, Map<string, Record<'probe_type' | 'container' | 'pod' | 'namespace', string>>>();

  const expose = (state: ExposedState): void => {
    counts = state.counts;
    stateMetrics(registry, state);
  };
  if (exposed.counts !== undefined) expose({ ...exposed, counts: exposed.counts });
  return {
    registry,
    probeRegistry,
    expose,
    healthChecks: createHealthCheckMetrics(),
    ...resourceManagerMetrics(registry),
    ...resizeMetrics(registry, () => counts().resizes),
    imageCollected: (reason) => collectedImages.inc({ reason }),
    sandboxRun: (runtime_handler, durationSeconds, failed) => {
      if (failed) sandboxErrors.inc({ runtime_handler });
      else sandboxSeconds.observe({ runtime_handler }, durationSeconds);
    },
    runtimeOperation: (operation_type, durationSeconds, failed) => {
      operations.inc({ operation_type });
      operationSeconds.observe({ operation_type }, durationSeconds);
      if (failed) operationErrors.inc({ operation_type });
    },
    httpRequest: (method, path, server_type) => {
      const labels = { method, path, server_type, long_running: String(LONG_RUNNING.has(path)) };
      httpRequests.inc(labels);
      inflight.inc(labels);
      return (durationSeconds) => {
        inflight.dec(labels);
        httpSeconds.observe(labels, durationSeconds);
      };
    },
    relisted: (durationSeconds, atMs) => {
      if (lastRelistMs > 0) relistInterval.observe((atMs - lastRelistMs) / 1_000);
      lastRelistMs = atMs;
      relistSeconds.observe(durationSeconds);
    },
    containerStarting: (container_type) => startedContainers.inc({ container_type }),
    containerStartFailed: (container_type, code) => startedContainerErrors.inc({ container_type, code }),
    podStarting: () => startedPods.inc(),
    podStartFailed: () => startedPodErrors.inc(),
    podSeen: (containers) => containersPerPod.observe(containers),
    podWorked: (operation_type, durationSeconds) => workSeconds.observe({ operation_type }, durationSeconds),
    podStartDuration: (seconds) => startSeconds.observe(seconds),
    imagePulled: (sizeBytes, seconds) => pullSeconds.observe({ image_size_in_bytes: imageSizeClass(sizeBytes) }, seconds),
    imageRequested: ({ pullPolicy, present, pullRequired }) =>
      imageRequests.inc({
        pull_policy: pullPolicy.toLowerCase(),
        present_locally: String(present ?? 'unknown'),
        pull_required: String(pullRequired ?? 'unknown'),
      }),
    imageAccessChecked: (result) => accessChecks.inc({ result }),
    admissionRejected: (reason) => rejections.inc({ reason }),
    gracefulShutdown: (startTimeMs = 0, endTimeMs = 0) => {
      shutdown = { startSeconds: startTimeMs / 1_000, endSeconds: endTimeMs / 1_000 };
    },
    podEvicted: (eviction_signal) => evictions.inc({ eviction_signal }),
    evictionStatsAge: (eviction_signal, seconds) => evictionStatsAge.observe({ eviction_signal }, seconds),
    probe: ({ probeType, result, container, pod, namespace, podUid, durationSeconds }) => {
      const labels = { probe_type: probeType, container, pod, namespace };
      probes.inc({ ...labels, result, pod_uid: podUid });
      if (durationSeconds !== undefined) probeSeconds.observe(labels, durationSeconds);
      const series = seriesOfPod.get(podUid) ?? new Map();
      seriesOfPod.set(podUid, series.set(`${probeType}/${container}`, labels));
    },
    forgetPod: (podUid) => {
      for (const labels of seriesOfPod.get(podUid)?.values() ?? []) {
        for (const result of PROBE_RESULTS) probes.remove({ ...labels, result, pod_uid: podUid });
        probeSeconds.remove(labels);
      }
      seriesOfPod.delete(podUid);
    },
  };
};
