import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodActivity } from '../activity.js';
import { withDeparted } from '../departed.js';
import { newLedger, type PodLedger } from '../pod-ledger.js';
import { noVerdicts } from '../probe-results.js';
import { reducePodLedger } from '../reduce-pod-ledger.js';
import type { Moment } from '../steady-times.js';
import { WHOLE_POD } from '../termination.js';
import { withInputs, withoutPod, withStatus, withWelcome } from './with-pod.js';
import type { World, WorldInput, WorldSettings } from './world.js';

export const takeActivity = (
  settings: WorldSettings,
  world: World,
  { podUid: uid, activity, pod }: WorldInput & { readonly type: 'activity' },
  now: Moment,
): World => {
  const state = world.pods.get(uid);
  if (state === undefined) return world;
  const { observed, steadyTimes, desired, ledger: before } = state.inputs;
  if (activity.type !== 'podForgotten') {
    const ledger = reducePodLedger(before, activity, {
      observed,
      steadyTimes,
      policy: settings.backoffPolicy,
      nowMs: now.steadyMs,
      pod,
    });
    const after = withInputs(world, uid, { ledger });
    return hasReleased(activity) ? { ...after, resourceRevision: after.resourceRevision + 1 } : after;
  }
  const departed = withDeparted(world.departed, uid, state.status, now.steadyMs);
  const gone = { ...withStatus(world, uid, undefined, now), departed };
  if (desired === undefined && observed === undefined) return withoutPod(gone, uid);
  const afresh = withInputs(gone, uid, {
    verdicts: noVerdicts,
    ledger: desired === undefined ? newLedger(undefined) : anew(desired.pod, before),
  });
  // It came back while it was ending, or after the node ended it.
  return desired === undefined ? afresh : withWelcome(afresh, uid, now);
};

/** A pod that starts anew remembers nothing but how often the node has ended it. */
const anew = (pod: Pod, before: PodLedger | undefined): PodLedger => {
  const wait = before?.backoff.get(WHOLE_POD);
  return wait === undefined ? newLedger(pod) : { ...newLedger(pod), backoff: new Map([[WHOLE_POD, wait]]) };
};

const hasReleased = (activity: PodActivity): boolean => activity.type === 'actionSucceeded' && activity.action.type === 'releaseResources';
