import type { PodStatus } from '@solo-kubelet/pod-spec';
import type { DesiredPod } from '../desired-state.js';
import type { ObservedPod } from '../observed-pod.js';
import { newWorkerState, type PodWorkerState } from '../pod-worker-state.js';
import { noVerdicts, type PodVerdicts } from '../probe-results.js';
import type { SteadyTimes } from '../steady-times.js';

/**
 * How what is observed of a pod relates to what its worker does. `none`: nobody has been able to read it yet; `unsettled`: a sync is at work on it, or
 * ended and its effect has not been seen; `settled`: what is observed is newer than the worker's last effect.
 */
export type Sight = 'none' | 'unsettled' | 'settled';

/** What decisions about one pod and its status depend on. Another object exactly when one of them changed. */
export interface PodInputs {
  /** Undefined: no manifest asks for it now. */
  readonly desired: DesiredPod | undefined;
  /** Undefined: the runtime has nothing of it. */
  readonly observed: ObservedPod | undefined;
  readonly sight: Sight;
  /** When the containers of `observed` were made, started and ended, by the clock that nobody can set. */
  readonly steadyTimes: SteadyTimes;
  readonly probeResults: PodVerdicts;
  readonly workerState: PodWorkerState;
}

/** All that is known of one pod. Another object exactly when something of it changed: by that alone every reader tells what a step was about. */
export interface PodState {
  readonly inputs: PodInputs;
  /** As last derived: the memory of transition times, restart counts and terminal phases. Undefined: not yet. */
  readonly status: PodStatus | undefined;
  /** Since when the pod counts as started, by the steady clock, ms: its `startTime`, as the machine's clock stood when it was set or read. */
  readonly activeSinceMs: number | undefined;
}

/** A pod of which nothing is known yet. */
export const newPodState: PodState = {
  inputs: {
    desired: undefined,
    observed: undefined,
    sight: 'none',
    steadyTimes: new Map(),
    probeResults: noVerdicts,
    workerState: newWorkerState(undefined),
  },
  status: undefined,
  activeSinceMs: undefined,
};

export const sameInputs = (a: PodInputs, b: PodInputs): boolean =>
  a === b || (Object.keys(a) as (keyof PodInputs)[]).every((part) => a[part] === b[part]);
