import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodActivity } from '../activity.js';
import { newWorkerState, type PodWorkerState } from '../pod-worker-state.js';
import { noVerdicts } from '../probe-results.js';
import { withTerminated } from '../recently-terminated.js';
import { reducePodWorkerState } from '../reduce-pod-worker-state.js';
import type { Moment } from '../steady-times.js';
import { WHOLE_POD } from '../termination.js';
import type { KubeletState, KubeletStateInput, KubeletStateSettings } from './kubelet-state.js';
import { withInputs, withoutPod, withStatus, withWelcome } from './with-pod.js';

export const takeActivity = (
  settings: KubeletStateSettings,
  kubeletState: KubeletState,
  { podUid: uid, activity, pod }: KubeletStateInput & { readonly type: 'activity' },
  now: Moment,
): KubeletState => {
  const state = kubeletState.pods.get(uid);
  if (state === undefined) return kubeletState;
  const { observed, steadyTimes, desired, workerState: before } = state.inputs;
  if (activity.type !== 'podForgotten') {
    const workerState = reducePodWorkerState(before, activity, {
      observed,
      steadyTimes,
      policy: settings.backoffPolicy,
      nowMs: now.steadyMs,
      pod,
    });
    const after = withInputs(kubeletState, uid, { workerState });
    return hasReleased(activity) ? { ...after, resourceRevision: after.resourceRevision + 1 } : after;
  }
  const recentlyTerminated = withTerminated(kubeletState.recentlyTerminated, uid, state.status, now.steadyMs);
  const gone = { ...withStatus(kubeletState, uid, undefined, now), recentlyTerminated };
  if (desired === undefined && observed === undefined) return withoutPod(gone, uid);
  const afresh = withInputs(gone, uid, {
    probeResults: noVerdicts,
    workerState: desired === undefined ? newWorkerState(undefined) : anew(desired.pod, before),
  });
  // It came back while it was ending, or after the node ended it.
  return desired === undefined ? afresh : withWelcome(afresh, uid, now);
};

/** A pod that starts anew remembers nothing but how often the node has ended it. */
const anew = (pod: Pod, before: PodWorkerState | undefined): PodWorkerState => {
  const wait = before?.backoff.get(WHOLE_POD);
  return wait === undefined ? newWorkerState(pod) : { ...newWorkerState(pod), backoff: new Map([[WHOLE_POD, wait]]) };
};

const hasReleased = (activity: PodActivity): boolean => activity.type === 'actionSucceeded' && activity.action.type === 'releaseResources';
