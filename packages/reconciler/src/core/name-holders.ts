import { sameNamed } from './desired-state.js';
import { holdsItsName, type ObservedPod } from './observed-pod.js';
import { type PodUid, podKey } from './pod-identity.js';
import type { World } from './world.js';

const keyOf = (pod: ObservedPod): string => `${pod.namespace}/${pod.name}`;

/**
 * Other UIDs that hold the pod's namespace and name: those of which something still runs; else, when several manifests ask for the name at once, the
 * ones asked for earlier that have not ended. A pod that itself runs is held up by nobody.
 */
export const nameHolders = (world: Pick<World, 'desired' | 'observed' | 'ledgers' | 'statuses'>, uid: PodUid): readonly PodUid[] => {
  const pod = world.desired.pods.get(uid)?.pod;
  const own = world.observed.pods.get(uid);
  if (pod === undefined || (own !== undefined && holdsItsName(own))) return [];
  const key = podKey(pod);
  const running = [...world.observed.pods.values()].filter((other) => other.uid !== uid && keyOf(other) === key && holdsItsName(other));
  if (running.length > 0) return running.map((other) => other.uid);
  const order = [...world.desired.pods.keys()];
  return sameNamed(world.desired, uid).filter(
    (other) =>
      order.indexOf(other) < order.indexOf(uid) && world.ledgers.get(other)?.admission.state === 'admitted' && !hasEnded(world, other),
  );
};

const hasEnded = ({ statuses }: Pick<World, 'statuses'>, uid: PodUid): boolean => {
  const phase = statuses.get(uid)?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
};
