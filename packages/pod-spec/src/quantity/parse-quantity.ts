import { PodSpecError } from '../pod-spec-error.js';
import { type Amount, rescale } from './amount.js';
import { readSuffix, type SuffixMeaning } from './suffix.js';

const wrongForm = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const wrongNumber = 'unable to parse numeric part of quantity';
const wrongSuffix = "unable to parse quantity's suffix";

/** Sign, digits before and after the point, suffix. As loose as Kubernetes' own scanner: `+`, `.` and `5.n` are numbers. */
const form = /^([+-]?)([0-9]*)(?:\.([0-9]*))?((?:[eEinumkKMGTP]+[+-]?[0-9]*|[+-][0-9]*)?)$/;
/** The smallest amount there is, 1n, as an exponent of ten. */
const nanoScale = -9;
/** Decimal digits that fit in Kubernetes' int64 fast path. */
const fastDigits = 18;
const maxBinary = 2n ** 63n - 1n;
/** Beyond this many digits a quantity is nonsense, and arithmetic with it slow. */
const maxLength = 4_096;

interface Parts {
  readonly text: string;
  readonly negative: boolean;
  readonly numerator: string;
  readonly fraction: string;
  readonly hasDigits: boolean;
}

/** Whether Kubernetes reads it into an int64 at once, which decides whether it prints the text it was given again. */
const isFast = ({ numerator, fraction }: Parts, { exponent, format }: SuffixMeaning): boolean => {
  if (format !== 'BinarySI') return numerator.length + fraction.length <= fastDigits && exponent - fraction.length >= nanoScale;
  return fraction.length === 0 && 15 - numerator.length - Math.trunc((exponent * 3) / 10) - 1 >= 0;
};

const readFast = (parts: Parts, { exponent, format }: SuffixMeaning): Amount => {
  const digits = parts.numerator + parts.fraction;
  const unsigned = BigInt(digits);
  const sign = parts.negative ? -1n : 1n;
  if (format === 'BinarySI') {
    const amount = { value: sign * (unsigned << BigInt(exponent)), scale: 0, format };
    return (unsigned & 7n) !== 0n ? { ...amount, text: parts.text } : amount;
  }
  const scale = exponent - parts.fraction.length;
  const amount = { value: sign * unsigned, scale, format };
  const canonical = scale % 3 === 0 && !digits.endsWith('000') && digits[0] !== '0';
  return canonical ? { ...amount, text: parts.text } : amount;
};

const readExact = (parts: Parts, { base, exponent, format }: SuffixMeaning): Amount => {
  const digits = BigInt(parts.numerator + parts.fraction);
  const unscaled = base === 2 ? digits << BigInt(exponent) : digits;
  const exactScale = (base === 2 ? 0 : exponent) - parts.fraction.length;
  const scale = Math.max(exactScale, nanoScale);
  const value = rescale(unscaled, exactScale, scale);
  const signed = (unsigned: bigint): bigint => (parts.negative ? -unsigned : unsigned);
  if (format !== 'BinarySI') return { value: signed(value), scale, format, wide: true };
  const one = rescale(1n, 0, Math.min(scale, 0));
  if (value > maxBinary * one) return { value: signed(maxBinary), scale: 0, format };
  return { value: signed(value), scale, format: value > 0n && value < one ? 'DecimalSI' : format, wide: true };
};

/** Reads a quantity as apimachinery's resource.ParseQuantity; what is wrong with it comes back as words. */
export const readQuantity = (text: string): Amount | string => {
  if (text === '0') return { value: 0n, scale: 0, format: 'DecimalSI', text };
  const match = text.length === 0 || text.length > maxLength ? null : form.exec(text);
  if (match === null) return wrongForm;
  const [, sign = '', digits = '', fraction = '', suffix = ''] = match;
  const significant = digits.replace(/^0+/, '');
  const meaning = readSuffix(suffix);
  if (meaning === undefined) return wrongSuffix;
  const parts: Parts = {
    text,
    negative: sign === '-',
    numerator: significant === '' ? '0' : significant,
    fraction,
    hasDigits: significant !== '' || fraction !== '' || text.startsWith('0', sign.length),
  };
  if (isFast(parts, meaning)) return readFast(parts, meaning);
  return parts.hasDigits ? readExact(parts, meaning) : wrongNumber;
};

/**
 * Reads a quantity such as `500m`, `1.5Gi` or `12e6`, exactly.
 *
 * @throws PodSpecError `POD_SPEC_QUANTITY` for anything else; `readQuantity` gives the words instead.
 */
export const parseQuantity = (text: string): Amount => {
  const amount = readQuantity(text);
  if (typeof amount === 'string') throw new PodSpecError({ code: 'POD_SPEC_QUANTITY', message: `quantity "${text}": ${amount}` });
  return amount;
};
