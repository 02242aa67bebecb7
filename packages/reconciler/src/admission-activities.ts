import type { PodActivity } from './core/activity.js';
import type { PodUid } from './core/pod-identity.js';
import type { World } from './core/world.js';

interface Admitted {
  readonly podUid: PodUid;
  readonly activity: PodActivity;
}

/** What the last step decided about admission. */
export const admissionActivities = ([previous, next]: readonly [World, World]): readonly Admitted[] =>
  previous.ledgers === next.ledgers
    ? []
    : [...next.ledgers].flatMap(([podUid, { admission }]): readonly Admitted[] => {
        if (admission === previous.ledgers.get(podUid)?.admission || admission.state === 'pending') return [];
        if (admission.state === 'admitted') return [{ podUid, activity: { type: 'podAdmitted' } }];
        return [{ podUid, activity: { type: 'podRefused', reason: admission.reason, message: admission.message } }];
      });
