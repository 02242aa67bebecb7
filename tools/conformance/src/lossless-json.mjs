// JSON with whole numbers of any size: those beyond 2^53 are bigints.

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const MARK = '\u0000int:';

const markUnsafe = (token) => (/^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? JSON.stringify(`${MARK}${token}`) : token);

export const parseJson = (text) =>
  JSON.parse(text.replace(TOKEN, markUnsafe), (_key, value) =>
    typeof value === 'string' && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );

export const stringifyJson = (value) =>
  JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? `${MARK}${item}` : item)).replace(/"\\u0000int:(-?\d+)"/g, '$1');
