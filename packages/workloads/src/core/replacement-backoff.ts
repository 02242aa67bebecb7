import { finishedMs, type ObservedPod } from './pod-state.js';

/** As the DaemonSet controller holds back for Pods that fail again and again (cmd/kube-controller-manager/app/apps.go). */
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 900_000;

/** Before when the Pods that ended are not replaced: 1 s after the last one, doubling while one follows the other, up to 15 minutes. */
export const replaceFromMs = (ended: readonly ObservedPod[]): number => {
  const times = ended.map(finishedMs).sort((a, b) => b - a);
  const last = times[0];
  if (last === undefined) return Number.NEGATIVE_INFINITY;
  const breaks = times.findIndex((time, i) => i > 0 && times[i - 1]! - time > 2 * MAX_BACKOFF_MS);
  const count = breaks < 0 ? times.length : breaks;
  return last + Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(count - 1, 10), MAX_BACKOFF_MS);
};
