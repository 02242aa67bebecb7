import type { ObservedPod } from '../core/observed-pod.js';

/** What a list alone tells: what there is and in which state, but no addresses, times, or exit codes. */
export const listedOnly = (pod: ObservedPod): ObservedPod => ({
  ...pod,
  sandboxes: pod.sandboxes.map((sandbox) => ({ ...sandbox, ips: [], networkReported: false })),
  containers: pod.containers.map(({ startedAtMs, finishedAtMs, ...container }) => ({ ...container, exitCode: 0, reason: '', message: '' })),
});
