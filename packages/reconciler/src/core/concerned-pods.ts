import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { PodUid } from './pod-identity.js';
import type { KubeletState } from './state/kubelet-state.js';

/** Pods whose running or waiting sync has to look again after a step: those of which something changed, or how recent it is. Undefined: all pods. */
export const concernedPods = (previous: KubeletState, next: KubeletState): Iterable<PodUid> | undefined => {
  const changesForAll =
    previous.restored !== next.restored ||
    (previous.node === undefined) !== (next.node === undefined) ||
    previous.syncedSources !== next.syncedSources ||
    previous.ages.generation !== next.ages.generation;
  if (changesForAll) return undefined;
  const changed = changedKeys(previous.pods, next.pods);
  if (previous.ages === next.ages) return changed;
  const [was, is] = [previous.ages, next.ages];
  return new Set([...changed, ...changedKeys(was.inspected, is.inspected), ...changedKeys(was.unread, is.unread)]);
};
