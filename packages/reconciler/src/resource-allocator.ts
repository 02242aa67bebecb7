import type { Pod } from '@solo-kubelet/pod-spec';
import type { Rejection } from './core/admission/rejection.js';
import type { PodUid } from './core/pod-identity.js';
import type { Abortable } from './runtime-port.js';

export interface AllocateOptions extends Abortable {
  /** Something of the pod already runs: what it has is kept, whatever has become of it. */
  readonly running: boolean;
}

/**
 * Gives pods what only one can have: CPUs, memory of a NUMA node, devices. What a container has been given reaches its config by
 * `allocations` of the pod environment. Several may stand behind one (see @solo-kubelet/resource-managers).
 */
export interface ResourceAllocator {
  /**
   * All that the pod's containers need, or nothing: called once the pod may run, before its sandbox is made, and for a pod that already runs when the
   * kubelet starts. A pod that already has all it needs keeps it: the call may be repeated at any time. A rejection stands until something is released,
   * the node changes or the manifest is written again. Rejects only when aborted or when a record of it can't be kept; then it is tried again.
   */
  allocate(pod: Pod, options: AllocateOptions): Promise<Rejection | undefined>;
  /** Takes back all that the pod has: nothing of it runs any more. A pod that has nothing is fine. */
  release(podUid: PodUid, options: Abortable): Promise<void>;
  /** Just before a container that has been given something is created, every time. A rejection is a failed start. */
  beforeStart(podUid: PodUid, containerName: string, options: Abortable): Promise<void>;
  /** Pods that hold something, also those of earlier processes: what nobody wants any more is released. */
  holders(): readonly string[];
}
