import { isOfCluster } from './cluster-pod.js';
import type { DesiredPod } from './desired-state.js';
import { holdsItsName, type ObservedPod } from './observed-pod.js';
import { type PodUid, podKey } from './pod-identity.js';
import { podsByName } from './pods-by-name.js';
import type { World } from './world/world.js';

export const desiredByName = podsByName(({ pod }: DesiredPod) => podKey(pod));
export const observedByName = podsByName(({ namespace, name }: ObservedPod) => `${namespace}/${name}`);

/**
 * Other UIDs that hold the pod's namespace and name: those of which something still runs; else, when several manifests ask for the name at once, the
 * ones asked for earlier that have not ended. A pod that itself runs is held up by nobody, nor is one of an API server, which gives a name to one at a time.
 */
export const nameHolders = (world: Pick<World, 'desired' | 'observed' | 'ledgers' | 'statuses'>, uid: PodUid): readonly PodUid[] => {
  const { desired, observed, ledgers } = world;
  const { pod, origin } = desired.pods.get(uid) ?? {};
  const own = observed.pods.get(uid);
  if (pod === undefined || isOfCluster(origin) || (own !== undefined && holdsItsName(own))) return [];
  const key = podKey(pod);
  const running = (observedByName(observed.pods).get(key) ?? []).filter((other) => other !== uid && holds(observed.pods.get(other)));
  if (running.length > 0) return running;
  const namesakes = desiredByName(desired.pods).get(key) ?? [];
  const earlier = namesakes.slice(0, namesakes.indexOf(uid));
  return earlier.filter((other) => ledgers.get(other)?.admission.state === 'admitted' && !hasEnded(world, other));
};

const holds = (pod: ObservedPod | undefined): boolean => pod !== undefined && holdsItsName(pod);

const hasEnded = ({ statuses }: Pick<World, 'statuses'>, uid: PodUid): boolean => {
  const phase = statuses.get(uid)?.phase;
  return phase === 'Succeeded' || phase === 'Failed';
};
