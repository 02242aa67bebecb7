import type { ManifestOrigin } from '@solo-kubelet/manifest-source';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodUid } from './pod-identity.js';

/** A pod as the rest of the program sees it. */
export interface PodView {
  readonly podUid: PodUid;
  /** The manifest with `status` derived. For an orphan, what the runtime's labels tell: name, namespace, uid. */
  readonly pod: Pod;
  /** The same with the resources that are allocated to it, while the manifest asks for others. Default: `pod`. */
  readonly allocated?: Pod;
  /** Where the manifest is; undefined once it has gone. */
  readonly origin: ManifestOrigin | undefined;
  /** Its manifest has gone and it is being ended. */
  readonly terminating: boolean;
  /** Shown as Failed, but the kubelet starts it by itself once the cause is gone: it was refused, or evicted. */
  readonly returns?: 'refused' | 'evicted';
  /** Waits for another UID of the same name to end. */
  readonly waitingForName: boolean;
}
