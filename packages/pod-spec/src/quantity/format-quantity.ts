import { type Amount, compareAmounts, rescale } from './amount.js';
import { binarySuffix, decimalSuffix } from './suffix.js';

const kibi: Amount = { value: 1024n, scale: 0, format: 'DecimalSI' };
const minusKibi: Amount = { ...kibi, value: -1024n };

const removeFactors = (value: bigint, factor: bigint): { rest: bigint; times: number } => {
  let rest = value;
  let times = 0;
  while (rest !== 0n && rest % factor === 0n) {
    rest /= factor;
    times += 1;
  }
  return { rest, times };
};

/** Mantissa and exponent of ten, the exponent a multiple of three and as large as can be. */
const decimalParts = ({ value, scale }: Amount): { mantissa: bigint; exponent: number } => {
  const { rest, times } = removeFactors(value, 10n);
  const exponent = scale + times;
  const excess = ((exponent % 3) + 3) % 3;
  return { mantissa: rest * 10n ** BigInt(excess), exponent: exponent - excess };
};

const isWholeFromKibi = (amount: Amount): boolean => {
  if (compareAmounts(amount, minusKibi) > 0 && compareAmounts(amount, kibi) < 0) return false;
  return amount.scale >= 0 || rescale(amount.value, amount.scale, 0) * 10n ** BigInt(-amount.scale) === amount.value;
};

/** The text of an amount in Kubernetes' canonical form (Quantity.CanonicalizeBytes), or the text it was read from where that is kept. */
export const formatAmount = (amount: Amount): string => {
  if (amount.text !== undefined) return amount.text;
  if (amount.value === 0n) return '0';
  if (amount.format === 'BinarySI' && isWholeFromKibi(amount)) {
    const { rest, times } = removeFactors(rescale(amount.value, amount.scale, 0), 1024n);
    return `${rest}${binarySuffix(times)}`;
  }
  const { mantissa, exponent } = decimalParts(amount);
  return `${mantissa}${decimalSuffix(exponent, amount.format === 'BinarySI' ? 'DecimalSI' : amount.format)}`;
};

/**
 * Like formatAmount, but keeps the value of amounts beyond exa, which Kubernetes prints without their exponent:
 * `1000E` stays `1000E` here and prints as `1`.
 */
export const formatExactly = (amount: Amount): string => {
  if (amount.text !== undefined || amount.format === 'DecimalExponent' || amount.value === 0n) return formatAmount(amount);
  const { mantissa, exponent } = decimalParts(amount);
  return exponent > 18 ? `${mantissa * 10n ** BigInt(exponent - 18)}E` : formatAmount(amount);
};
