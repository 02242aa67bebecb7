import type { PodUid } from '../pod-identity.js';
import { newLedger, type PodLedger } from '../pod-ledger.js';
import type { World } from './world.js';

export const withLedger = (world: World, uid: PodUid, change: (ledger: PodLedger) => PodLedger): World => {
  const ledger = world.ledgers.get(uid);
  if (ledger === undefined) return world;
  const changed = change(ledger);
  return changed === ledger ? world : { ...world, ledgers: new Map(world.ledgers).set(uid, changed) };
};

export const withLedgers = (world: World, uids: readonly PodUid[]): World => {
  const missing = uids.filter((uid) => !world.ledgers.has(uid));
  if (missing.length === 0) return world;
  const ledgers = new Map(world.ledgers);
  for (const uid of missing) ledgers.set(uid, newLedger(world.desired.pods.get(uid)?.pod));
  return { ...world, ledgers };
};
