import type { QuantityFormat } from './amount.js';

const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

const byExponent = (table: Readonly<Record<string, number>>): ReadonlyMap<number, string> =>
  new Map(Object.entries(table).map(([suffix, exponent]) => [exponent, suffix]));
const decimalSuffixes = byExponent(decimalExponents);
const binarySuffixes = byExponent(binaryExponents);

/** What a suffix stands for: `base`^`exponent`. */
export interface SuffixMeaning {
  readonly base: 2 | 10;
  readonly exponent: number;
  readonly format: QuantityFormat;
}

const int64Max = 2n ** 63n - 1n;
const exponentPattern = /^[eE]([+-]?[0-9]+)$/;

export const readSuffix = (suffix: string): SuffixMeaning | undefined => {
  const decimal = Object.hasOwn(decimalExponents, suffix) ? decimalExponents[suffix] : undefined;
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' };
  const binary = Object.hasOwn(binaryExponents, suffix) ? binaryExponents[suffix] : undefined;
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'BinarySI' };
  const digits = exponentPattern.exec(suffix)?.[1];
  if (digits === undefined || digits.length > 1_000) return undefined;
  const exponent = BigInt(digits.replace(/^\+/, ''));
  if (exponent > int64Max || exponent < -int64Max - 1n) return undefined;
  // Kubernetes keeps 32 bits of the exponent, wrapping around.
  return { base: 10, exponent: Number(BigInt.asIntN(32, exponent)), format: 'DecimalExponent' };
};

/** The suffix for 10^`exponent`. Past exa there is none, and Kubernetes then prints none. */
export const decimalSuffix = (exponent: number, format: QuantityFormat): string =>
  format === 'DecimalExponent' ? (exponent === 0 ? '' : `e${exponent}`) : (decimalSuffixes.get(exponent) ?? '');

/** The suffix for 1024^`times`. */
export const binarySuffix = (times: number): string => binarySuffixes.get(times * 10) ?? '';
