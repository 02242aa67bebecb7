import { parseQuantity, quantityMilliValue, quantityValue } from '@solo-kubelet/pod-spec';

/** Bytes, or a count, of a quantity. */
export const countOf = (quantity: string): number => Number(quantityValue(parseQuantity(quantity)));
export const milliOf = (quantity: string): number => Number(quantityMilliValue(parseQuantity(quantity)));

/** `1500m`, or `2` where there is nothing behind the point. */
export const formatMilli = (milli: number): string => (milli % 1_000 === 0 ? String(milli / 1_000) : `${milli}m`);
