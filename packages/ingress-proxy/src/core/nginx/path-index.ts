import { prefixKey } from '../match-route.js';

/** Things by the paths that they are for, in their order. */
export interface PathIndex<T> {
  readonly exact: ReadonlyMap<string, readonly Placed<T>[]>;
  /** By `prefixKey`. */
  readonly prefix: ReadonlyMap<string, readonly Placed<T>[]>;
}

interface Placed<T> {
  readonly place: number;
  readonly item: T;
}

export const indexPaths = <T extends { readonly path: string; readonly pathType: 'Exact' | 'Prefix' }>(
  items: readonly T[],
): PathIndex<T> => {
  const exact = new Map<string, Placed<T>[]>();
  const prefix = new Map<string, Placed<T>[]>();
  for (const [place, item] of items.entries()) {
    const [kind, key] = item.pathType === 'Exact' ? [exact, item.path] : [prefix, prefixKey(item.path)];
    const before = kind.get(key);
    if (before === undefined) kind.set(key, [{ place, item }]);
    else before.push({ place, item });
  }
  return { exact, prefix };
};

/** All that fit a request, in their order. `below`: any request below the path, rather than the one of the path. */
export const fitting = <T>({ exact, prefix }: PathIndex<T>, path: string, { below }: { readonly below: boolean }): readonly T[] => {
  const found: Placed<T>[] = below ? [] : [...(exact.get(path) ?? [])];
  const key = prefixKey(path);
  for (let at = key.indexOf('/'); at >= 0; at = key.indexOf('/', at + 1)) found.push(...(prefix.get(key.slice(0, at + 1)) ?? []));
  return found.sort((a, b) => a.place - b.place).map(({ item }) => item);
};
