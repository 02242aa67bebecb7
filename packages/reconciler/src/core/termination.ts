import type { PodStatus } from '@solo-kubelet/pod-spec';

/** Why and how the kubelet ends a pod before its time. */
export interface Termination {
  /** In Kubernetes' words: `Evicted`, `Terminated`, … The phase is Failed. */
  readonly reason: string;
  readonly message: string;
  /** At most, s; the pod's own grace period is never lengthened. Less than 1 counts as 1. */
  readonly gracePeriodSeconds: number;
  /**
   * Whether the node is the cause and not the pod. Then it has the condition DisruptionTarget, and is started anew once the node is free of what
   * stood against it; else it has ended for good.
   */
  readonly disruption: boolean;
  /** How long a disrupted pod stays away at least, ms. Default: as long as a container that crashed that often. */
  readonly retryAfterMs?: number;
  /** A disrupted pod waits for nothing but the node: what ended it does not come again soon. Default false. */
  readonly returnsAtOnce?: boolean;
}

/** Key of the pod's own entry among the back-offs of its containers, whose names are never empty. */
export const WHOLE_POD = '';

/** A phase that a pod does not leave. */
export const isTerminal = (status: PodStatus | undefined): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';

/** Whether the kubelet has thrown the pod out, for what it takes or what the node lacks (upstream eviction.PodIsEvicted). */
export const isEvicted = (status: PodStatus | undefined): boolean => status?.phase === 'Failed' && status.reason === 'Evicted';
