import { changedKeys } from '@solo-kubelet/manifest-source/versioned-map';
import type { ResizeTrigger } from '../activity.js';
import type { PodUid } from '../pod-identity.js';
import type { KubeletState } from '../state/kubelet-state.js';

/** What made room for a resize that was deferred, from the step in which it was taken. */
export const resizeTrigger = (podUid: PodUid, previous: KubeletState, next: KubeletState): ResizeTrigger => {
  const wanted = (kubeletState: KubeletState, uid: PodUid) => kubeletState.pods.get(uid)?.inputs.desired;
  if (wanted(previous, podUid) !== wanted(next, podUid)) return 'pod_updated';
  const changed = [...changedKeys(previous.pods, next.pods)];
  if (changed.some((uid) => wanted(previous, uid) !== undefined && wanted(next, uid) === undefined)) return 'pods_removed';
  if (changed.some((uid) => wanted(previous, uid) === undefined && wanted(next, uid) !== undefined)) return 'pods_added';
  const resized = changed.some((uid) => {
    const [before, after] = [previous.pods.get(uid)?.inputs.workerState, next.pods.get(uid)?.inputs.workerState];
    if (uid === podUid || before === undefined || after === undefined) return false;
    return before.actuated !== after.actuated || before.podCgroup !== after.podCgroup;
  });
  return resized ? 'pod_resized' : 'pod_terminated';
};
