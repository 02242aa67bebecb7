import type { ObjectMeta, PodSpec } from '@solo-kubelet/pod-spec';
import type { ObservedPod } from './pod-state.js';

/** What is told of a workload, as an Event of Kubernetes. */
export interface WorkloadEvent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Name of the ReplicaSet of a Deployment that it is about; undefined: the workload itself. */
  readonly replicaSet?: string;
}

export interface NewPod {
  /** Name of the ReplicaSet of a Deployment that is in charge of it; undefined: the workload itself. */
  readonly replicaSet?: string;
  readonly metadata: ObjectMeta & { readonly name: string };
  readonly spec: PodSpec;
}

/** Which Pod is to end. */
export type PodIdentity = Pick<ObservedPod['metadata'], 'name' | 'uid'>;

/** The earliest of the times that are to come; undefined if there is none. */
export const earliest = (times: readonly (number | undefined)[], nowMs: number): number | undefined => {
  const coming = times.filter((time): time is number => time !== undefined && Number.isFinite(time) && time > nowMs);
  return coming.length === 0 ? undefined : Math.min(...coming);
};
