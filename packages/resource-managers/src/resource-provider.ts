import type { ContainerAllocation } from '@solo-kubelet/pod-environment';
import type { Container, Pod } from '@solo-kubelet/pod-spec';
import type { ResourceHints, TopologyHint } from './core/topology/topology-hint.js';

/** Why something can't be given, in upstream's words. */
export interface Rejection {
  readonly reason: string;
  readonly message: string;
}

/** Kubernetes quantities by resource name. */
export interface NodeResources {
  readonly capacity: Readonly<Record<string, string>>;
  readonly allocatable: Readonly<Record<string, string>>;
}

export interface AllocateOptions {
  readonly signal: AbortSignal;
  /** Something of the pod already runs: what it has is kept, whatever has become of it. */
  readonly running: boolean;
}

/**
 * One kind of thing that only one container can have: CPUs, memory of a NUMA node, devices. Calls never overlap, but for `containerAllocation`,
 * `holders` and `nodeResources`, which answer at once from what is known. Upstream: HintProvider in pkg/kubelet/cm/topologymanager/scope.go.
 */
export interface ResourceProvider {
  /** Where what the container needs could come from now. Called only under a topology policy other than none, with scope container. */
  hints(pod: Pod, container: Container): ResourceHints;
  /** The same for all containers of the pod together: scope pod. */
  podHints(pod: Pod): ResourceHints;
  /**
   * Gives the container what it needs, from the nodes of `affinity` as far as they go, and keeps a record that outlives the process. What it already
   * has it keeps. Containers come in the order in which they run: init containers first, whose share later ones of the pod may reuse.
   */
  allocate(pod: Pod, container: Container, affinity: TopologyHint, options: AllocateOptions): Promise<Rejection | undefined>;
  /** Whether the pod gets anything at all from this provider. Default: it may. A pod that concerns none waits for no other pod's turn. */
  concerns?(pod: Pod): boolean;
  /** Takes back all of the pod's. */
  release(podUid: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /** For the container's config; undefined when nothing is given or held back. */
  containerAllocation(podUid: string, containerName: string): ContainerAllocation | undefined;
  /** Just before each creation of the container. Default: nothing to do. */
  beforeStart?(podUid: string, containerName: string, options: { readonly signal: AbortSignal }): Promise<void>;
  /** UIDs of pods that hold something. */
  holders(): readonly string[];
  /** What this adds to the node's resources. Default: nothing. */
  nodeResources?(): NodeResources;
}

/** A rejection for a cause that the pod's author could not foresee. Upstream: pkg/kubelet/lifecycle/admission.GetPodAdmitResult. */
export const unexpectedAdmission = (message: string): Rejection => ({
  reason: 'UnexpectedAdmissionError',
  message: `Allocate failed due to ${message}, which is unexpected`,
});
