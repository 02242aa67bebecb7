import type { PodUid } from './core/pod-identity.js';
import { knownPod } from './core/world/sync-input.js';
import type { World } from './core/world/world.js';
import type { PodDoing } from './run-pass.js';

/** What the last step decided about pods: who is let in, and who is ended before its time. */
export const ledgerActivities = ([previous, next]: readonly [World, World]): readonly PodDoing[] =>
  previous.ledgers === next.ledgers
    ? []
    : [...next.ledgers.keys()].flatMap((podUid) => [...admissionOf(podUid, previous, next), ...terminationOf(podUid, previous, next)]);

const admissionOf = (podUid: PodUid, previous: World, next: World): readonly PodDoing[] => {
  const admission = next.ledgers.get(podUid)?.admission;
  const pod = next.desired.pods.get(podUid)?.pod;
  if (pod === undefined || admission === undefined || admission.state === 'pending') return [];
  if (admission === previous.ledgers.get(podUid)?.admission) return [];
  if (admission.state === 'admitted') return [{ podUid, pod, activity: { type: 'podAdmitted' } }];
  return [{ podUid, pod, activity: { type: 'podRefused', reason: admission.reason, message: admission.message } }];
};

const terminationOf = (podUid: PodUid, previous: World, next: World): readonly PodDoing[] => {
  const termination = next.ledgers.get(podUid)?.termination;
  const pod = knownPod(next, podUid);
  if (pod === undefined || termination === undefined || termination === previous.ledgers.get(podUid)?.termination) return [];
  return [{ podUid, pod, activity: { type: 'terminated', reason: termination.reason, message: termination.message } }];
};
