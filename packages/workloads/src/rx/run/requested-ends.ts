import { metaTime } from '@solo-kubelet/diagnostics/text';
import type { WorkloadEntry } from '../../core/expand/workload-entry.js';

type Claim = { readonly metadata?: { readonly namespace?: string; readonly name?: string } };

/** Pods that are to end and claims that are to be kept no longer because somebody asked for it, until their workloads are without them. */
export interface RequestedEnds {
  endPod(owner: string, uid: string): void;
  /** `namespace/name`. */
  forgetClaim(claimKey: string): void;
  isForgotten(claim: Claim): boolean;
  /** The workload of this key is without the claim. */
  claimIsGone(claim: Claim): void;
  /** The entry without what was asked not to be: its Pods end, its claims are not there. Asked for once, Pods are not asked for again. */
  apply(key: string, entry: WorkloadEntry, nowMs: number): WorkloadEntry;
}

const claimKeyOf = ({ metadata }: Claim): string => `${metadata?.namespace}/${metadata?.name}`;

export const createRequestedEnds = (): RequestedEnds => {
  /** UIDs, by workload. */
  const podsToEnd = new Map<string, Set<string>>();
  const claims = new Set<string>();
  const isForgotten = (claim: Claim): boolean => claims.has(claimKeyOf(claim));

  const withoutPods = (key: string, entry: WorkloadEntry, nowMs: number): WorkloadEntry => {
    const uids = podsToEnd.get(key);
    if (uids === undefined) return entry;
    podsToEnd.delete(key);
    const endingSince = metaTime(nowMs);
    const children = entry.children.map((child) =>
      uids.has(child.pod.metadata.uid ?? '') && child.endingSince === undefined ? { ...child, endingSince } : child,
    );
    return { ...entry, children };
  };
  return {
    endPod: (owner, uid) => void podsToEnd.set(owner, (podsToEnd.get(owner) ?? new Set()).add(uid)),
    forgetClaim: (claimKey) => void claims.add(claimKey),
    isForgotten,
    claimIsGone: (claim) => void claims.delete(claimKeyOf(claim)),
    apply: (key, entry, nowMs) => {
      const next = withoutPods(key, entry, nowMs);
      return next.claims.some(({ claim }) => isForgotten(claim))
        ? { ...next, claims: next.claims.filter(({ claim }) => !isForgotten(claim)) }
        : next;
    },
  };
};
