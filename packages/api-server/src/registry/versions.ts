import { internal } from '../status/api-error.js';

const MAX_UINT64 = 2n ** 64n - 1n;

/** As strconv.ParseUint reads a version; undefined if it is none. */
export const parseVersion = (text: string): bigint | undefined => {
  if (!/^\d+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > MAX_UINT64 ? undefined : value;
};

const why = (text: string): string => (/^\d+$/.test(text) ? 'value out of range' : 'invalid syntax');

/** The words for a version that is none. */
export const versionProblem = (text: string): string => `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why(text)}`;

/** The version that an object says it has; 0 for none. @throws ApiError 500 */
export const versionOf = (text: string | undefined): bigint => {
  if (text === undefined || text === '') return 0n;
  const version = parseVersion(text);
  if (version === undefined) throw internal(versionProblem(text));
  return version;
};
