import type { OrphanPod } from '../../core/expand/adopt-pods.js';
import type { SeenPod } from '../../core/expand/sync-workload.js';
import type { PodFeedback } from '../workload-output.js';

/** Pods as the kubelet last showed them. */
export interface SeenPods {
  pods(): ReadonlyMap<string, SeenPod>;
  /** Whether the runtime has been listed. */
  isListed(): boolean;
  orphans(): readonly OrphanPod[];
  /** Takes the newest feedback in. `first`: it is the first one after the runtime was listed; `changed`: UIDs of Pods that are new, other or gone. */
  take(feedback: PodFeedback): { readonly first: boolean; readonly changed: readonly string[] };
}

export const createSeenPods = (): SeenPods => {
  let pods: ReadonlyMap<string, SeenPod> = new Map();
  let listed = false;
  let orphans: () => readonly OrphanPod[] = () => [];
  return {
    pods: () => pods,
    isListed: () => listed,
    orphans: () => orphans(),
    take: (next) => {
      const first = !listed && next.listed;
      const changed: string[] = [];
      for (const [uid, pod] of next.pods) if (pods.get(uid) !== pod) changed.push(uid);
      for (const uid of pods.keys()) if (!next.pods.has(uid)) changed.push(uid);
      pods = next.pods;
      listed = next.listed;
      orphans = next.orphans ?? orphans;
      return { first, changed };
    },
  };
};
