import type { Result } from './result.js';

/** strconv.Atoi: a sign and decimal digits that fit in 64 bits. Beyond 2^53 the number is the nearest one there is. */
export const atoi = (text: string): Result<number> => {
  if (!/^[+-]?[0-9]+$/.test(text)) return { ok: false, error: `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax` };
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value
    ? { ok: true, value: Number(value) }
    : { ok: false, error: `strconv.Atoi: parsing ${JSON.stringify(text)}: value out of range` };
};

export const MAX_INT32 = 2_147_483_647;

/** What is left of a whole number in Go's int32. */
export const toInt32 = (value: number): number => Number(BigInt.asIntN(32, BigInt(value)));
