import type { SourceImage } from './images/source-image.js';
import type { PublishedRollout } from './rollout/rollout-policy.js';

/** What a publisher says about an answer, in its first document: a `SourceRevision` of `solo-kubelet.dev/v1alpha1`. */
export interface SourceRevision {
  /** Rises with each answer that is published. */
  readonly revision: number;
  /** After which it is not taken any more, ms since 1970. What runs by then runs on. */
  readonly expiresMs?: number;
  /** Name of the source that it is meant for. Default: any. */
  readonly source?: string;
  /** Highest revision that may be left for this lower one. */
  readonly rollbackFrom?: number;
  /** Which nodes take it, and how it is tried there. Default: all, as their sources say. */
  readonly rollout?: PublishedRollout;
  /** Images that a node fetches before anything of it begins. Default: none. */
  readonly images?: readonly SourceImage[];
}
