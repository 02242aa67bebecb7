import type { ApiObject } from '@solo-kubelet/object-spec';
import type { Pod, PodSpecIssue } from '@solo-kubelet/pod-spec';

/** Why a document, or its whole file, can't be used. */
export interface Problem {
  readonly issues: readonly PodSpecIssue[];
  readonly apiRef: string;
  readonly message: string;
}

/** The last version of a document that was valid, with the text it came from so that it can be parsed again after a restart. */
export interface GoodVersion {
  readonly asked: AskedFor;
  /** `objectKey` of what is asked for; that of a Pod begins with `Pod/`. */
  readonly key: string;
  readonly warnings: readonly PodSpecIssue[];
  /** Equal for equal Pods and objects, their identity included. */
  readonly fingerprint: string;
  /** Equal for what the document says alike, whatever the object went through before. */
  readonly content: string;
  readonly text: Uint8Array;
  /** What was parsed was made from `text` and is a secret: `text` alone is stored. */
  readonly sealed?: true;
  /** Position of the document in what was parsed. */
  readonly index: number;
  /** Since when this slot asks for this name, ms: the elder of two claims holds. */
  readonly claimedAtMs: number;
}

export type AskedFor = { readonly type: 'pod'; readonly pod: Pod } | { readonly type: 'object'; readonly object: ApiObject };

/** What is known of one document. At least one of `good` and `problem` is there. */
export interface Slot {
  readonly document: number;
  readonly good?: GoodVersion;
  readonly problem?: Problem;
}

export const problemOf = (message: string): Problem => ({ issues: [], apiRef: '', message });
