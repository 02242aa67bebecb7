import type { Pod, PodStatus } from '@solo-kubelet/pod-spec';
import type { BackoffPolicy } from './crash-backoff.js';
import type { ObservedPod } from './observed-pod.js';
import type { PodUid } from './pod-identity.js';
import type { PodWorkerState } from './pod-worker-state.js';
import type { PodVerdicts } from './probe-results.js';
import type { SteadyTimes } from './steady-times.js';

/** Everything that a decision about one pod may depend on. */
export interface PodSyncInput {
  readonly podUid: PodUid;
  /** Whether a manifest asks for this UID now. */
  readonly wanted: boolean;
  /** Whether a control plane asks for it. Default false. */
  readonly ofCluster?: boolean;
  /** The manifest: the wanted one, or the last one of a pod that is ending; undefined for orphans. */
  readonly pod: Pod | undefined;
  readonly observed: ObservedPod | undefined;
  readonly workerState: PodWorkerState;
  /** The status as it last stood: start time, terminal phase, restart counts that the runtime no longer tells. */
  readonly status: PodStatus | undefined;
  readonly probeResults: PodVerdicts;
  /** Whether every source has delivered its first full set. */
  readonly allSynced: boolean;
  /** Other UIDs that still hold the pod's namespace and name. */
  readonly nameHeldBy: readonly PodUid[];
  /** The node is short of something or going down, as far as is known: what was ended for that does not come back yet. */
  readonly nodeUnderPressure: boolean;
  /** Whether there is anything on this node that pods have to be given. */
  readonly allocates: boolean;
  readonly backoffPolicy: BackoffPolicy;
  /** When the containers observed were made, started and ended, by the clock of `nowMs`. Default: as the runtime tells. */
  readonly steadyTimes?: SteadyTimes | undefined;
  /** Since when the pod counts as started, by the clock of `nowMs`. Default: the status' start time. */
  readonly activeSinceMs?: number | undefined;
  /** By the steady clock, ms: no decision rests on a clock that can be set. */
  readonly nowMs: number;
}

/** The same for a pod that runs by its manifest. */
export type RunningPodInput = PodSyncInput & { readonly pod: Pod };
