/** Times of the API have whole seconds; finer ones are cut there. */
const FRACTION = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+Z$/;

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === undefined ||
  value === '' ||
  value === false ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0);

const plain = (value: unknown): unknown => {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return value.replace(FRACTION, '$1Z');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([name, item]) => [name, plain(item)] as const)
    .filter(([, item]) => !isEmpty(item))
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries);
};

/** Text that is equal for values that an API server holds for equal: what is left out and what is empty are the same to it. */
export const plainText = (value: unknown): string => {
  const text = plain(value);
  return isEmpty(text) ? '' : JSON.stringify(text);
};
