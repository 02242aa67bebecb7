type Values = Readonly<Record<string, unknown>>;

/** Whether two values say the same as JSON: what is undefined is not there, a number beyond 2^53 is its digits. Costs little where parts are the same. */
export const isSameJson = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return (typeof a === 'bigint' || typeof b === 'bigint') && a !== undefined && b !== undefined && String(a) === String(b);
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, index) => isSameJson(item, b[index]));
  const [left, right] = [a as Values, b as Values];
  for (const key in left) if (!isSameJson(left[key], right[key])) return false;
  for (const key in right) if (left[key] === undefined && right[key] !== undefined) return false;
  return true;
};
