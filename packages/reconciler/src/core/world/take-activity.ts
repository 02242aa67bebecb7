import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodActivity } from '../activity.js';
import { welcome, withDeparted } from '../departed.js';
import type { PodUid } from '../pod-identity.js';
import { newLedger, type PodLedger } from '../pod-ledger.js';
import { reducePodLedger } from '../reduce-pod-ledger.js';
import type { Moment } from '../steady-times.js';
import { WHOLE_POD } from '../termination.js';
import { withLedger } from './with-ledger.js';
import type { World, WorldInput, WorldSettings } from './world.js';

export const takeActivity = (
  settings: WorldSettings,
  world: World,
  { podUid: uid, activity, pod }: WorldInput & { readonly type: 'activity' },
  now: Moment,
): World => {
  if (activity.type !== 'podForgotten') {
    const after = withLedger(world, uid, (ledger) =>
      reducePodLedger(ledger, activity, {
        observed: world.observed.pods.get(uid),
        steadyTimes: world.steadyTimes,
        policy: settings.backoffPolicy,
        nowMs: now.steadyMs,
        pod,
      }),
    );
    return hasReleased(activity) ? { ...after, resourceRevision: after.resourceRevision + 1 } : after;
  }
  const gone = { ...world, departed: withDeparted(world, uid, now.steadyMs), statuses: dropped(world.statuses, uid) };
  const wanted = world.desired.pods.get(uid);
  const ledgers = new Map(world.ledgers);
  if (wanted === undefined) ledgers.delete(uid);
  else ledgers.set(uid, anew(wanted.pod, world.ledgers.get(uid))); // it came back while it was ending, or after the node ended it
  return { ...gone, ...(wanted && welcome(gone, uid, now)), ledgers, verdicts: dropped(world.verdicts, uid) };
};

/** A pod that starts anew remembers nothing but how often the node has ended it. */
const anew = (pod: Pod, before: PodLedger | undefined): PodLedger => {
  const wait = before?.backoff.get(WHOLE_POD);
  return wait === undefined ? newLedger(pod) : { ...newLedger(pod), backoff: new Map([[WHOLE_POD, wait]]) };
};

const hasReleased = (activity: PodActivity): boolean => activity.type === 'actionSucceeded' && activity.action.type === 'releaseResources';

const dropped = <V>(map: ReadonlyMap<PodUid, V>, uid: PodUid): ReadonlyMap<PodUid, V> => new Map([...map].filter(([key]) => key !== uid));
