import type { PodUid } from './core/pod-identity.js';
import type { World } from './core/world.js';
import type { PodDoing } from './run-pass.js';

/** What the last step decided about admission. */
export const admissionActivities = ([previous, next]: readonly [World, World]): readonly PodDoing[] =>
  previous.ledgers === next.ledgers ? [] : [...next.ledgers.keys()].flatMap((podUid) => decisionAbout(podUid, previous, next));

const decisionAbout = (podUid: PodUid, previous: World, next: World): readonly PodDoing[] => {
  const admission = next.ledgers.get(podUid)?.admission;
  const pod = next.desired.pods.get(podUid)?.pod;
  if (pod === undefined || admission === undefined || admission.state === 'pending') return [];
  if (admission === previous.ledgers.get(podUid)?.admission) return [];
  if (admission.state === 'admitted') return [{ podUid, pod, activity: { type: 'podAdmitted' } }];
  return [{ podUid, pod, activity: { type: 'podRefused', reason: admission.reason, message: admission.message } }];
};
