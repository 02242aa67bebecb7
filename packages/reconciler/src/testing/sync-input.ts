import { DEFAULT_BACKOFF } from '../core/crash-backoff.js';
import { podUid } from '../core/pod-identity.js';
import type { RunningPodInput } from '../core/pod-sync-input.js';
import { newWorkerState } from '../core/pod-worker-state.js';
import { noVerdicts } from '../core/probe-results.js';
import { pod } from './pod-builder.js';

/** What a decision about the pod `web` is made from: wanted, admitted, nothing seen of it, at time 100 s. */
export const syncInputOf = (rest: Partial<RunningPodInput> = {}): RunningPodInput => {
  const it = rest.pod ?? pod('web');
  return {
    podUid: podUid('uid-web'),
    wanted: true,
    pod: it,
    observed: undefined,
    workerState: { ...newWorkerState(it), admission: { state: 'admitted' } },
    status: undefined,
    probeResults: noVerdicts,
    allSynced: true,
    nameHeldBy: [],
    nodeUnderPressure: false,
    allocates: false,
    backoffPolicy: DEFAULT_BACKOFF,
    nowMs: 100_000,
    ...rest,
  };
};
