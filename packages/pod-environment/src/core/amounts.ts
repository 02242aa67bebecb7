import { quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';

/** Thousandths of a CPU; 0 for none. */
export const milliCpu = (quantity: string | undefined): number => (quantity === undefined ? 0 : Number(quantityMilliValue(quantity)));

/** Bytes, rounded up; 0 for none. */
export const bytes = (quantity: string | undefined): bigint => (quantity === undefined ? 0n : quantityValue(quantity));
