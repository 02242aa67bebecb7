import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import { allSynced } from './desired-state.js';
import { nameHolders } from './name-holders.js';
import type { PodUid } from './pod-identity.js';
import { sameOrders } from './pod-worker-state.js';
import type { KubeletState, KubeletStateSettings } from './state/kubelet-state.js';
import { namesOf } from './state/pod-index.js';
import type { PodState } from './state/pod-state.js';

/** Pods whose next decision may come out differently: who, never what. */
export const dirtyPods = (settings: KubeletStateSettings, previous: KubeletState, next: KubeletState): ReadonlySet<PodUid> => {
  const everyone =
    allSynced(next.syncedSources, settings.sources) !== allSynced(previous.syncedSources, settings.sources) || next.node !== previous.node;
  const changed = changedKeys(previous.pods, next.pods);
  const dirty = new Set<PodUid>(everyone ? next.pods.keys() : [...changed].filter((uid) => isAffected(previous, next, uid)));
  for (const uid of contested(previous, next, changed)) {
    if (nameHolders(previous, uid).length !== nameHolders(next, uid).length) dirty.add(uid);
  }
  return dirty;
};

/** Pods whose manifest was written again as it was. */
export const touchedPods = (previous: KubeletState, next: KubeletState): readonly PodUid[] =>
  [...changedKeys(previous.pods, next.pods)].filter((uid) => touchesOf(next.pods.get(uid)) > touchesOf(previous.pods.get(uid)));

const touchesOf = (state: PodState | undefined): number => state?.inputs.workerState.touches ?? 0;

/** What the pod's worker did itself is no reason for it to come again. */
const isAffected = (previous: KubeletState, next: KubeletState, uid: PodUid): boolean => {
  const [before, after] = [previous.pods.get(uid)?.inputs, next.pods.get(uid)?.inputs];
  if (after === undefined || before === after) return false;
  return (
    before === undefined ||
    !sameOrders(before.workerState, after.workerState) ||
    before.desired?.pod !== after.desired?.pod ||
    before.observed !== after.observed ||
    before.probeResults !== after.probeResults
  );
};

/** Wanted pods whose name one that has changed bears or bore: the name may move on to them. */
export const contested = (previous: KubeletState, next: KubeletState, changed: ReadonlySet<PodUid>): ReadonlySet<PodUid> => {
  const rivals = new Set<PodUid>();
  for (const uid of changed) {
    const [before, after] = [previous.pods.get(uid), next.pods.get(uid)];
    for (const name of new Set([...namesOf(before?.inputs), ...namesOf(after?.inputs)])) {
      const bearers = next.index.byName.get(name) ?? [];
      if (bearers.length === 1 && bearers[0] === uid) continue;
      for (const other of bearers) if (next.pods.get(other)?.inputs.desired !== undefined) rivals.add(other);
    }
  }
  return rivals;
};
