import type { ResizeTrigger } from '../activity.js';
import type { PodUid } from '../pod-identity.js';
import type { World } from '../world/world.js';

/** What made room for a resize that was deferred, from the step in which it was taken. */
export const resizeTrigger = (podUid: PodUid, previous: World, next: World): ResizeTrigger => {
  const [before, after] = [previous.desired.pods, next.desired.pods];
  if (before.get(podUid) !== after.get(podUid)) return 'pod_updated';
  if ([...before.keys()].some((uid) => !after.has(uid))) return 'pods_removed';
  if ([...after.keys()].some((uid) => !before.has(uid))) return 'pods_added';
  const resized = [...next.ledgers].some(([uid, ledger]) => {
    const old = previous.ledgers.get(uid);
    return uid !== podUid && old !== undefined && (old.actuated !== ledger.actuated || old.podCgroup !== ledger.podCgroup);
  });
  return resized ? 'pod_resized' : 'pod_terminated';
};
