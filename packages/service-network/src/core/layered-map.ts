/** Names that differ from those below, beyond which all are laid out anew: each change copies the layer. */
const MOST_ABOVE = 1_000;

interface Layers<V> {
  readonly below: ReadonlyMap<string, V>;
  /** Undefined: it is gone. */
  readonly above: ReadonlyMap<string, V | undefined>;
}

const layers = new WeakMap<object, Layers<unknown>>();

/**
 * The map with some of its names changed or, where the value is undefined, without them. Costs what has changed in the last thousand names or so, however large
 * the map is, and leaves the one before as it was.
 */
export const withChanges = <V extends object>(
  map: ReadonlyMap<string, V>,
  changes: ReadonlyMap<string, V | undefined>,
): ReadonlyMap<string, V> => {
  const known = layers.get(map) as Layers<V> | undefined;
  const below = known?.below ?? map;
  const above = new Map([...(known?.above ?? []), ...changes]);
  const changed = layered(below, above);
  if (above.size > MOST_ABOVE) return new Map(changed);
  layers.set(changed, { below, above });
  return changed;
};

const layered = <V extends object>(below: ReadonlyMap<string, V>, above: ReadonlyMap<string, V | undefined>): ReadonlyMap<string, V> => {
  function* entries(): Generator<[string, V], undefined> {
    for (const [name, value] of below) if (!above.has(name)) yield [name, value];
    for (const [name, value] of above) if (value !== undefined) yield [name, value];
    return undefined;
  }
  function* keys(): Generator<string, undefined> {
    for (const [name] of entries()) yield name;
    return undefined;
  }
  function* values(): Generator<V, undefined> {
    for (const [, value] of entries()) yield value;
    return undefined;
  }
  const get = (name: string): V | undefined => above.get(name) ?? (above.has(name) ? undefined : below.get(name));
  let size: number | undefined;
  const map: ReadonlyMap<string, V> = {
    get,
    has: (name) => get(name) !== undefined,
    get size() {
      if (size === undefined) {
        size = below.size;
        for (const [name, value] of above) size += (value === undefined ? 0 : 1) - (below.has(name) ? 1 : 0);
      }
      return size;
    },
    entries,
    keys,
    values,
    forEach: (call) => {
      for (const [name, value] of entries()) call(value, name, map);
    },
    [Symbol.iterator]: entries,
  };
  return map;
};
