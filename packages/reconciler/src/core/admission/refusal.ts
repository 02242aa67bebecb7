import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from './node-admission-facts.js';

/** Why a pod may not run on this node, in upstream's words. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
  /** It only waits, and is shown as Pending: the type of the event that tells so. Undefined: it is rejected. */
  readonly waits?: 'Normal' | 'Warning';
}

/** A pod that asks to run, beside those that already may. */
export interface AdmissionRequest {
  readonly pod: Pod;
  /** Pods that take room on the node. Of several with one name no two run at a time: they count as the largest of them. */
  readonly others: readonly Pod[];
  readonly node: NodeAdmissionFacts;
}

export type AdmissionCheck = (request: AdmissionRequest) => Refusal | undefined;
