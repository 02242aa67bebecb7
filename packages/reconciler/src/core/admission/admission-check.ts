import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from './node-admission-facts.js';
import type { Rejection } from './rejection.js';

/** A pod that asks to run, beside those that already may. */
export interface AdmissionRequest {
  readonly pod: Pod;
  /** Pods that take room on the node. Of several with one name no two run at a time: they count as the largest of them. */
  readonly others: readonly Pod[];
  readonly node: NodeAdmissionFacts;
}

export type AdmissionCheck = (request: AdmissionRequest) => Rejection | undefined;
