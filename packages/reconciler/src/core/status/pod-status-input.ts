import type { ResourceStatus } from '@solo-kubelet/pod-spec';
import type { RunningPodInput } from '../pod-sync-input.js';

export interface PodStatusInput extends RunningPodInput {
  /** Time by the machine's clock, ms: what new times in the status are. Default: `nowMs`. */
  readonly wallMs?: number;
  readonly nodeIps: readonly string[];
  /** Health of what its containers have been given, by container name; undefined: nothing. */
  readonly allocatedResources?: ReadonlyMap<string, readonly ResourceStatus[]> | undefined;
  /** Whether the pod's runtime handler makes mounts read-only all the way down. */
  readonly recursiveReadOnly: boolean;
  /** Whether what is observed is newer than anything this kubelet has done to the pod. In the middle of a restart nothing has come to its end. Default: true. */
  readonly settled?: boolean;
}
