import type { NumaMask } from './numa-mask.js';

/** NUMA nodes from which a request can be met. Upstream: TopologyHint in pkg/kubelet/cm/topologymanager. */
export interface TopologyHint {
  /** Undefined: any. */
  readonly affinity: NumaMask | undefined;
  /** No smaller set of nodes could ever meet the request. */
  readonly preferred: boolean;
}

/**
 * Where each resource of a request can come from, by resource name. Undefined: the resource does not care. Empty: there is none to be had, which no
 * policy but best-effort admits. A resource that the request does not ask for is left out.
 */
export type ResourceHints = Readonly<Record<string, readonly TopologyHint[] | undefined>>;

export const anyNode: TopologyHint = { affinity: undefined, preferred: true };
