import { allSynced } from './desired-state.js';
import { desiredByName, nameHolders, observedByName } from './name-holders.js';
import type { PodUid } from './pod-identity.js';
import type { World, WorldSettings } from './world/world.js';

/** Pods whose next decision may come out differently: who, never what. */
export const dirtyPods = (settings: WorldSettings, previous: World, next: World): ReadonlySet<PodUid> => {
  const everyone =
    allSynced(next.desired, settings.sources) !== allSynced(previous.desired, settings.sources) || next.node !== previous.node;
  const dirty = new Set<PodUid>();
  for (const uid of next.ledgers.keys()) if (everyone || isAffected(previous, next, uid)) dirty.add(uid);
  for (const uid of contested(previous, next)) {
    if (nameHolders(previous, uid).length !== nameHolders(next, uid).length) dirty.add(uid);
  }
  return dirty;
};

/** Pods whose manifest was written again as it was. */
export const touchedPods = (previous: World, next: World): readonly PodUid[] =>
  previous.ledgers === next.ledgers
    ? []
    : [...next.ledgers].filter(([uid, { touches }]) => touches > (previous.ledgers.get(uid)?.touches ?? 0)).map(([uid]) => uid);

const isAffected = (previous: World, next: World, uid: PodUid): boolean => {
  const [before, after] = [previous.ledgers.get(uid), next.ledgers.get(uid)];
  return (
    before === undefined ||
    before.removed !== after?.removed ||
    before.admission !== after.admission ||
    before.termination !== after.termination ||
    before.pod !== after.pod ||
    before.restartRequested !== after.restartRequested ||
    before.touches !== after.touches ||
    before.refreshes !== after.refreshes ||
    previous.desired.pods.get(uid)?.pod !== next.desired.pods.get(uid)?.pod ||
    previous.observed.pods.get(uid) !== next.observed.pods.get(uid) ||
    previous.verdicts.get(uid) !== next.verdicts.get(uid)
  );
};

/** Wanted pods whose name another pod bears too, when something changed that may move a name on. */
const contested = (previous: World, next: World): readonly PodUid[] => {
  if (previous.observed === next.observed && previous.desired === next.desired && previous.statuses === next.statuses) return [];
  const wanted = desiredByName(next.desired.pods);
  const seen = [observedByName(previous.observed.pods), observedByName(next.observed.pods)];
  return [...wanted].flatMap(([name, uids]) => {
    const bearers = new Set([...uids, ...seen.flatMap((byName) => byName.get(name) ?? [])]);
    return bearers.size > 1 ? uids : [];
  });
};
