/** How a quantity was written, and so how results of arithmetic with it are printed. */
export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount: `value` × 10^`scale`. */
export interface Amount {
  readonly value: bigint;
  readonly scale: number;
  readonly format: QuantityFormat;
  /** The text it was read from, where Kubernetes prints that text again. */
  readonly text?: string;
  /** Read from text that is beyond Kubernetes' 64-bit fast path, which rounds some of these otherwise. */
  readonly wide?: true;
}

export const pow10 = (exponent: number): bigint => 10n ** BigInt(exponent);

/** `value` × 10^`scale` as a multiple of 10^`target`, rounded away from zero. */
export const rescale = (value: bigint, scale: number, target: number): bigint => {
  if (scale >= target) return value * pow10(scale - target);
  if (value === 0n) return 0n;
  const digits = value.toString().length;
  const away = value > 0n ? 1n : -1n;
  if (target - scale > digits) return away;
  const divisor = pow10(target - scale);
  const quotient = value / divisor;
  return quotient * divisor === value ? quotient : quotient + away;
};

/** The exponent of ten of the first digit: amounts of one sign with different magnitudes compare by it alone. */
const magnitude = ({ value, scale }: Amount): number => (value < 0n ? -value : value).toString().length + scale;

export const signOf = ({ value }: Amount): -1 | 0 | 1 => (value === 0n ? 0 : value > 0n ? 1 : -1);

export const compareAmounts = (a: Amount, b: Amount): -1 | 0 | 1 => {
  const sign = signOf(a);
  if (sign !== signOf(b)) return sign > signOf(b) ? 1 : -1;
  if (sign === 0) return 0;
  const byMagnitude = magnitude(a) - magnitude(b);
  if (byMagnitude !== 0) return byMagnitude > 0 === sign > 0 ? 1 : -1;
  const scale = Math.min(a.scale, b.scale);
  const left = rescale(a.value, a.scale, scale);
  const right = rescale(b.value, b.scale, scale);
  return left === right ? 0 : left > right ? 1 : -1;
};

/** The sum; printed like `a`, or like `b` if `a` is nothing (Quantity.Add of apimachinery's resource package). */
export const addAmounts = (a: Amount, b: Amount): Amount => {
  const format = a.value === 0n ? b.format : a.format;
  if (a.value === 0n || b.value === 0n) {
    const { value, scale } = a.value === 0n ? b : a;
    return { value, scale, format };
  }
  const scale = Math.min(a.scale, b.scale);
  return { value: rescale(a.value, a.scale, scale) + rescale(b.value, b.scale, scale), scale, format };
};

/** Rounds away from zero to a multiple of 10^`scale`; an amount that needs none stays as it was written. */
export const roundAmountUp = (amount: Amount, scale: number): Amount =>
  amount.scale >= scale ? amount : { value: rescale(amount.value, amount.scale, scale), scale, format: amount.format };
