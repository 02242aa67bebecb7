import type { Quantity } from '../gen/pod-types.js';
import { type Amount, addAmounts, compareAmounts, rescale, roundAmountUp, signOf } from './amount.js';
import { formatAmount } from './format-quantity.js';
import { parseQuantity } from './parse-quantity.js';

/** A quantity, read or still as text. Text that is no quantity throws PodSpecError `POD_SPEC_QUANTITY`. */
export type QuantityLike = Quantity | Amount;

const read = (quantity: QuantityLike): Amount => (typeof quantity === 'string' ? parseQuantity(quantity) : quantity);

/** The text Kubernetes prints: canonical, e.g. `1500m` for `1.5` and `1Gi` for `1024Mi`. */
export const formatQuantity = (quantity: QuantityLike): string => formatAmount(read(quantity));

export const compareQuantities = (a: QuantityLike, b: QuantityLike): -1 | 0 | 1 => compareAmounts(read(a), read(b));

/** The exact sum, in the format of `a` (of `b` if `a` is zero). */
export const addQuantities = (a: QuantityLike, b: QuantityLike): Amount => addAmounts(read(a), read(b));

/** The exact difference, in the format of `a` (of `b` if `a` is zero). */
export const subQuantities = (a: QuantityLike, b: QuantityLike): Amount => {
  const subtrahend = read(b);
  return addAmounts(read(a), { ...subtrahend, value: -subtrahend.value });
};

const fitsInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

/**
 * Kubernetes' whole number of a negative amount in its big-number form: rounded towards zero, then one more, after the amount's billionths
 * were cut to 64 bits (scaledValue of apimachinery's resource package).
 */
const wideNegativeValue = ({ value, scale }: Amount, target: number): bigint => {
  const nanos = rescale(value, scale, -9);
  const unit = 10n ** BigInt(target + 9);
  const narrow = BigInt.asIntN(64, nanos);
  return narrow / unit + (narrow % unit === 0n ? 0n : 1n);
};

const scaledValue = (quantity: QuantityLike, target: number): bigint => {
  const amount = read(quantity);
  const exact = rescale(amount.value, amount.scale, target);
  return amount.wide && exact < 0n && fitsInt64(exact) ? wideNegativeValue(amount, target) : exact;
};

/** The whole number, rounded away from zero. It may not fit in 64 bits. */
export const quantityValue = (quantity: QuantityLike): bigint => scaledValue(quantity, 0);

/** Thousandths, rounded away from zero. They may not fit in 64 bits. */
export const quantityMilliValue = (quantity: QuantityLike): bigint => scaledValue(quantity, -3);

export const quantitySign = (quantity: QuantityLike): -1 | 0 | 1 => signOf(read(quantity));

/** Rounded away from zero to thousandths, as API defaulting does with every quantity of a pod. */
export const roundQuantityToMilli = (quantity: QuantityLike): Amount => roundAmountUp(read(quantity), -3);
