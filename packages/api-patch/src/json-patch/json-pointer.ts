import { isObject, type MutableJson, type MutableObject } from '../json/json-value.js';
import { unprocessable } from '../patch-error.js';

/** Where an operation points: the value that holds the place, and the place's name in it. */
export interface Location {
  readonly container: MutableJson[] | MutableObject;
  readonly key: string;
}

/** Go's ReplaceAll of two patterns in one pass: `~01` is `~1`, and a `~` that begins no escape stands for itself. */
const decodeToken = (token: string): string => token.replace(/~[01]/g, (sign) => (sign === '~1' ? '/' : '~'));

/** A list index as Go's Atoi reads it: a sign and leading zeros are allowed. */
export const readIndex = (key: string): number => {
  if (!/^[+-]?\d+$/.test(key)) throw unprocessable(`value was not a proper array index: '${key}'`);
  return Number(key);
};

/** The index of an item that is there; a negative one counts from the end. */
export const existingIndex = (list: readonly unknown[], key: string): number => {
  const index = readIndex(key);
  if (index >= list.length || index < -list.length) throw unprocessable(`Unable to access invalid index: ${index}`);
  return index < 0 ? index + list.length : index;
};

/** Resolves a pointer up to its last token. What comes before the first slash is passed over, as upstream does. */
export const locate = (root: MutableJson, pointer: string): Location => {
  const tokens = pointer.split('/');
  if (tokens.length < 2) throw unprocessable(`doc is missing path: "${pointer}"`);
  let at: MutableJson | undefined = root;
  for (const token of tokens.slice(1, -1).map(decodeToken)) {
    if (Array.isArray(at)) at = at[existingIndex(at, token)];
    else at = Object.hasOwn(at as MutableObject, token) ? (at as MutableObject)[token] : undefined;
    if (!Array.isArray(at) && !isObject(at)) throw unprocessable(`doc is missing path: "${pointer}"`);
  }
  return { container: at as MutableJson[] | MutableObject, key: decodeToken(tokens.at(-1) ?? '') };
};
