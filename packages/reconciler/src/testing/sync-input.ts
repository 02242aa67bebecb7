import { DEFAULT_BACKOFF } from '../core/crash-backoff.js';
import { podUid } from '../core/pod-identity.js';
import { newLedger } from '../core/pod-ledger.js';
import type { RunningPodInput } from '../core/pod-sync-input.js';
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
    ledger: { ...newLedger(it), admission: { state: 'admitted' } },
    status: undefined,
    verdicts: noVerdicts,
    allSynced: true,
    nameHeldBy: [],
    nodeInTrouble: false,
    allocates: false,
    backoffPolicy: DEFAULT_BACKOFF,
    nowMs: 100_000,
    ...rest,
  };
};
