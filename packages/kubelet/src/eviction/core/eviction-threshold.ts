import { parseQuantity, quantityValue } from '@solo-kubelet/pod-spec';
import type { EvictionSignal } from './eviction-signal.js';

/** A Kubernetes quantity, or a share of the capacity between 0 and 1. */
export type ThresholdValue = { readonly quantity: string } | { readonly fraction: number };

/** Below `value` the node is short. */
export interface EvictionThreshold {
  readonly signal: EvictionSignal;
  readonly value: ThresholdValue;
  /** How long it may be short before pods have to go, ms. 0: a hard threshold, and they go at once. */
  readonly gracePeriodMs: number;
  /** Once short, the node stays short until this much more than `value` is there. */
  readonly minReclaim?: ThresholdValue;
  /** Below it the node says so and gives back what nobody uses, but no pod has to go and none is kept out. */
  readonly reportOnly?: boolean;
}

/** Upstream counts a soft threshold without a wait as a hard one. */
export const isHard = ({ gracePeriodMs }: EvictionThreshold): boolean => gracePeriodMs === 0;

/** The value as a number of whatever the capacity counts. */
export const amountOf = (value: ThresholdValue, capacity: number): number =>
  'quantity' in value ? Number(quantityValue(parseQuantity(value.quantity))) : Math.trunc(capacity * value.fraction);
