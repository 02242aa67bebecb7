/** Text that is equal for equal plain values; int64 fields may be bigints. */
export const canonicalText = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item));
