import type { Pod } from '@solo-kubelet/pod-spec';
import type { NodeAdmissionFacts } from './node-admission-facts.js';
import type { Neighbours } from './occupancy.js';
import type { Rejection } from './rejection.js';

/** A pod that asks to run, beside those that already may. */
export interface AdmissionRequest {
  readonly pod: Pod;
  readonly neighbours: Neighbours;
  readonly node: NodeAdmissionFacts;
}

export type AdmissionCheck = (request: AdmissionRequest) => Rejection | undefined;
