import type { Pod, PodSpecIssue } from '@solo-kubelet/pod-spec';

/** Why a document, or its whole file, can't be used. */
export interface Problem {
  readonly issues: readonly PodSpecIssue[];
  readonly apiRef: string;
  readonly message: string;
}

/** The last version of a document that was valid, with the text it came from so that it can be parsed again after a restart. */
export interface GoodVersion {
  readonly pod: Pod;
  readonly podKey: string;
  readonly warnings: readonly PodSpecIssue[];
  /** Equal for equal Pods. */
  readonly fingerprint: string;
  readonly text: Uint8Array;
  /** Position of the document in `text`. */
  readonly index: number;
  /** Since when this slot asks for this name, ms: the elder of two claims holds. */
  readonly claimedAtMs: number;
}

/** What is known of one document. At least one of `good` and `problem` is there. */
export interface Slot {
  readonly document: number;
  readonly good?: GoodVersion;
  readonly problem?: Problem;
}

export const problemOf = (message: string): Problem => ({ issues: [], apiRef: '', message });
