import { backoffMs, type ExponentialBackoff } from '@solo-kubelet/timers/backoff';
import { finishedMs, type ObservedPod } from './pod-state.js';

/** As the DaemonSet controller holds back for Pods that fail again and again (cmd/kube-controller-manager/app/apps.go). */
const FAILED_PODS_BACKOFF: ExponentialBackoff = { initialMs: 1_000, maxMs: 900_000 };

/** Before when the Pods that ended are not replaced: 1 s after the last one, doubling while one follows the other, up to 15 minutes. */
export const replaceFromMs = (ended: readonly ObservedPod[]): number => {
  const times = ended.map(finishedMs).sort((a, b) => b - a);
  const last = times[0];
  if (last === undefined) return Number.NEGATIVE_INFINITY;
  const breaks = times.findIndex((time, i) => i > 0 && times[i - 1]! - time > 2 * FAILED_PODS_BACKOFF.maxMs);
  const count = breaks < 0 ? times.length : breaks;
  return last + backoffMs(FAILED_PODS_BACKOFF, count);
};
