import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { KubeletMetrics } from './kubelet-metrics.js';
import type { ResizeCounts } from './node-counts.js';

type ResizeMetrics = Pick<KubeletMetrics, 'resizeRequested' | 'resizeInfeasible' | 'deferredResizeAccepted' | 'resizeEnded'>;

const DURATION_BUCKETS_MS = [10, 50, 100, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** In-place resizes (pkg/kubelet/metrics/metrics.go). `counts` is asked at every scrape. */
export const resizeMetrics = (registry: Registry, counts: () => ResizeCounts | undefined): ResizeMetrics => {
  const registers = [registry];
  const requested = new Counter({
    name: 'kubelet_container_requested_resizes_total',
    help: "[ALPHA] Number of requested resizes, counted at the container level. Different resources on the same container are counted separately. The 'requirement' label refers to 'memory' or 'limits'; the 'operation' label can be one of 'add', 'remove', 'increase' or 'decrease'.",
    labelNames: ['resource', 'requirement', 'operation'],
    registers,
  });
  const duration = new Histogram({
    name: 'kubelet_pod_resize_duration_milliseconds',
    help: '[ALPHA] Duration in milliseconds to actuate a pod resize',
    labelNames: ['success'],
    buckets: DURATION_BUCKETS_MS,
    registers,
  });
  new Gauge({
    name: 'kubelet_pod_pending_resizes',
    help: '[ALPHA] Number of pending resizes for pods.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      const { deferred = 0, infeasible = 0 } = counts() ?? {};
      // As upstream: only reasons that somebody has.
      if (deferred > 0) this.set({ reason: 'deferred' }, deferred);
      if (infeasible > 0) this.set({ reason: 'infeasible' }, infeasible);
    },
  });
  const infeasible = new Counter({
    name: 'kubelet_pod_infeasible_resizes_total',
    help: '[ALPHA] Number of infeasible resizes for pods.',
    labelNames: ['reason_detail'],
    registers,
  });
  new Gauge({
    name: 'kubelet_pod_in_progress_resizes',
    help: '[ALPHA] Number of in-progress resizes for pods.',
    registers,
    collect() {
      this.set(counts()?.inProgress ?? 0);
    },
  });
  const accepted = new Counter({
    name: 'kubelet_pod_deferred_accepted_resizes_total',
    help: '[ALPHA] Cumulative number of resizes that were accepted after being deferred.',
    labelNames: ['retry_trigger'],
    registers,
  });
  return {
    resizeRequested: ({ resource, requirement, operation }) => requested.inc({ resource, requirement, operation }),
    resizeInfeasible: (reason_detail) => infeasible.inc({ reason_detail }),
    deferredResizeAccepted: (retry_trigger) => accepted.inc({ retry_trigger }),
    resizeEnded: (success, durationMs) => duration.observe({ success: String(success) }, durationMs),
  };
};
