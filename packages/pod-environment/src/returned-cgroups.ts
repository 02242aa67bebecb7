/** So often is a pod that was cleaned looked for: with a look a minute for longer than a runtime takes to make or to give up a sandbox. */
const LOOKS = 10;

/** Pods that were cleaned a while ago and have a cgroup again. */
export interface ReturnedCgroups {
  /** Looked for from now on. */
  cleaned(podUid: string): void;
  /** It is there by right. */
  prepared(podUid: string): void;
  /** Those whose cgroup is there. */
  look(): Promise<readonly string[]>;
}

/**
 * A runtime whose RunPodSandbox was given up may still be at it, and makes the pod's cgroup anew when that has been removed: nothing else of the pod is left
 * then by which it could be found. Cgroups of pods that this process never cleaned are no business of its own: another kubelet may have made them.
 */
export const createReturnedCgroups = (hasCgroup: (podUid: string) => Promise<boolean>): ReturnedCgroups => {
  const looksLeft = new Map<string, number>();
  return {
    cleaned: (podUid) => void looksLeft.set(podUid, LOOKS),
    prepared: (podUid) => void looksLeft.delete(podUid),
    look: async () => {
      const returned: string[] = [];
      for (const podUid of [...looksLeft.keys()]) {
        const there = await hasCgroup(podUid);
        const left = looksLeft.get(podUid);
        if (left === undefined) continue; // prepared meanwhile
        if (there) returned.push(podUid);
        else if (left > 1) looksLeft.set(podUid, left - 1);
        else looksLeft.delete(podUid);
      }
      return returned;
    },
  };
};
