import type { Pod } from '@solo-kubelet/pod-spec';

/** A manifest whose amounts fit. */
export interface Allocating {
  readonly pod: Pod;
  /** Something of the pod has been made already, with what it was allocated before. */
  readonly started: boolean;
}
