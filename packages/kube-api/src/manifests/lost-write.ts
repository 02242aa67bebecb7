import { isSame } from './edit-node.js';
import { identityOf } from './item-identity.js';

type Values = Readonly<Record<string, unknown>>;

const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value);

const itemsBy = (list: readonly unknown[]): ReadonlyMap<string, unknown> | undefined => {
  const byIdentity = new Map(list.map((item) => [identityOf(item) ?? '', item]));
  return byIdentity.has('') || byIdentity.size !== list.length ? undefined : byIdentity;
};

/**
 * The field that a change from `was` to `is` would take from somebody else, who has written `now` there meanwhile; undefined if there is none. What a
 * file leaves out may be a default, and is nobody's.
 */
export const lostWrite = (was: unknown, is: unknown, now: unknown, path = ''): string | undefined => {
  if (isSame(was, is) || now === undefined || isSame(now, was) || isSame(now, is)) return undefined;
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (isValues(now) && (was === undefined || isValues(was)) && (is === undefined || isValues(is))) {
    for (const key of new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])) {
      const lost = lostWrite(was?.[key], is?.[key], now[key], below(key));
      if (lost !== undefined) return lost;
    }
    return undefined;
  }
  if (!Array.isArray(was) || !Array.isArray(is) || !Array.isArray(now)) return path;
  const [before, after, found] = [itemsBy(was), itemsBy(is), itemsBy(now)];
  if (before === undefined || after === undefined || found === undefined) return path;
  // An item that somebody added would go with a list that does not have it.
  const added = [...found.keys()].find((identity) => !before.has(identity) && !after.has(identity));
  if (added !== undefined) return `${path}[${added}]`;
  for (const identity of new Set([...before.keys(), ...after.keys()])) {
    const lost = lostWrite(before.get(identity), after.get(identity), found.get(identity), `${path}[${identity}]`);
    if (lost !== undefined) return lost;
  }
  return undefined;
};
