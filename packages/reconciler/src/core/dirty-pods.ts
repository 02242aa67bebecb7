import { allSynced } from './desired-state.js';
import { nameHolders } from './name-holders.js';
import type { PodUid } from './pod-identity.js';
import type { World, WorldSettings } from './world.js';

/** Pods whose next decision may come out differently: who, never what. */
export const dirtyPods = (settings: WorldSettings, previous: World, next: World): ReadonlySet<PodUid> => {
  const synced = allSynced(next.desired, settings.sources);
  const everyone = synced !== allSynced(previous.desired, settings.sources);
  const namesMayMove = previous.observed !== next.observed || previous.desired !== next.desired || previous.statuses !== next.statuses;
  const dirty = new Set<PodUid>();
  for (const [uid, ledger] of next.ledgers) {
    const before = previous.ledgers.get(uid);
    if (
      everyone ||
      before === undefined ||
      before.removed !== ledger.removed ||
      before.admission !== ledger.admission ||
      before.pod !== ledger.pod ||
      before.restartRequested !== ledger.restartRequested ||
      previous.desired.pods.get(uid)?.pod !== next.desired.pods.get(uid)?.pod ||
      previous.observed.pods.get(uid) !== next.observed.pods.get(uid) ||
      previous.verdicts.get(uid) !== next.verdicts.get(uid) ||
      (namesMayMove && next.desired.pods.has(uid) && nameHolders(previous, uid).length !== nameHolders(next, uid).length)
    ) {
      dirty.add(uid);
    }
  }
  return dirty;
};
