import type { ManifestEvent } from '@solo-kubelet/manifest-source';
import type { NodeApiOptions } from '@solo-kubelet/node-api';
import type { PodObjects } from '@solo-kubelet/pod-environment';
import type { NodeObjects } from '@solo-kubelet/pod-objects';
import type { Observable } from 'rxjs';

/** The cluster that the node has joined, as the rest of the kubelet sees it. Types alone: what is behind it is loaded with `--kubeconfig` only. */
export interface ClusterSide<Context> extends Disposable {
  readonly source: { readonly source: string; readonly path: string };
  /** Whether the cluster holds a pod of this UID for the node. */
  readonly holds: (podUid: string) => boolean;
  /** Pods that the cluster has given to this node. */
  readonly manifestEvent$: Observable<ManifestEvent>;
  /** What pods refer to: those of the cluster to its objects, others to those of files. */
  readonly objects: PodObjects;
  readonly pullSecret: NodeObjects['pullSecret'];
  /** Whom the cluster knows, and what they may do. */
  readonly reviews: Required<NonNullable<NodeApiOptions['reviews']>>;
  /** Node, lease, statuses, mirrors, events. */
  readonly service: (context: Context) => Observable<unknown>;
}
