import type { FieldSchema, StructSchema } from '../schema/server-schema.js';

/** A number that no whole number can be made of; says so in upstream's words. */
export class NumberRefusal extends Error {}

const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** Go takes the low bits of what is too large; a float beyond 64 bits is the least of them. */
const wrapped = (value: number | bigint, base: string): number | bigint => {
  const whole = BigInt(value);
  const fitting = whole < MIN_INT64 || whole > MAX_INT64 ? MIN_INT64 : whole;
  const result = BigInt.asIntN(base === 'int32' ? 32 : 64, fitting);
  return Number.isSafeInteger(Number(result)) ? Number(result) : result;
};

const converted = (value: unknown, base: string): unknown => {
  if (typeof value === 'bigint') return wrapped(value, base);
  if (typeof value !== 'number') return value;
  if (!Number.isInteger(value)) throw new NumberRefusal(`cannot convert float64 to ${base}`);
  return wrapped(value, base);
};

/**
 * An object that was merged as plain data with its numbers as upstream converts them to those of its type: not by reading them, so that none is
 * too large. Goes as deep as the type does. @throws NumberRefusal
 */
export const convertNumbers = (struct: StructSchema, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const inField = ({ base, struct: inner }: FieldSchema, item: unknown): unknown => {
    if (inner !== undefined) return convertNumbers(inner, item);
    return base === 'int32' || base === 'int64' ? converted(item, base) : item;
  };
  const inAny = (field: FieldSchema, item: unknown): unknown => {
    if (field.container === 'list') return Array.isArray(item) ? item.map((each) => inField(field, each)) : item;
    if (field.container === '' || typeof item !== 'object' || item === null || Array.isArray(item)) return inField(field, item);
    return Object.fromEntries(Object.entries(item).map(([key, each]) => [key, inField(field, each)]));
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const field = struct.byName.get(key);
      return [key, field === undefined ? item : inAny(field, item)];
    }),
  );
};
