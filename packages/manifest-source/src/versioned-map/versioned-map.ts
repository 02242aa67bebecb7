/** A copy with one more, or another, entry; in constant time, whatever the size, where `map` is itself such a copy and the latest of its line. */
export const mapWith = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key, value: Value): ReadonlyMap<Key, Value> =>
  versioned(map).with(key, value);

/** The same without an entry; the map itself if it has none. */
export const mapWithout = <Key, Value>(map: ReadonlyMap<Key, Value>, key: Key): ReadonlyMap<Key, Value> =>
  map.has(key) ? versioned(map).without(key) : map;

/** The entry that a Map would list first, without listing the others. */
export const firstEntry = <Key, Value>(map: ReadonlyMap<Key, Value>): readonly [Key, Value] | undefined =>
  map instanceof VersionedMap ? map.first() : map.entries().next().value;

/**
 * Keys whose values are not the same object in both, in no particular order. Takes as long as there are changes from `before` to `after` where `after` came
 * of `before` by the functions above; else as long as both are large.
 */
export const changedKeys = <Key, Value>(before: ReadonlyMap<Key, Value>, after: ReadonlyMap<Key, Value>): ReadonlySet<Key> => {
  if (before === after) return new Set();
  const stepwise = before instanceof VersionedMap ? before.changedUntil(after) : undefined;
  if (stepwise !== undefined) return stepwise;
  const changed = new Set<Key>();
  for (const [key, value] of before) if (after.get(key) !== value || !after.has(key)) changed.add(key);
  for (const key of after.keys()) if (!before.has(key)) changed.add(key);
  return changed;
};

const versioned = <Key, Value>(map: ReadonlyMap<Key, Value>): VersionedMap<Key, Value> =>
  map instanceof VersionedMap ? map : new VersionedMap(new Map(map));

const isSame = <Key, Value>(before: Change<Key, Value>['before'], after: ReadonlyMap<Key, Value>, key: Key): boolean =>
  before?.value === after.get(key) && (before !== undefined) === after.has(key);

/** What a later version has changed: how the entry was before. */
interface Change<Key, Value> {
  readonly in: VersionedMap<Key, Value>;
  readonly key: Key;
  readonly before: { readonly value: Value } | undefined;
}

/**
 * All versions share the entries of the latest one; an older one knows how to get back from there, and has entries of its own once it is read as a whole
 * (Baker's persistent arrays). What was taken away since comes last in it.
 */
class VersionedMap<Key, Value> implements ReadonlyMap<Key, Value> {
  #entries: Map<Key, Value> | undefined;
  #next: Change<Key, Value> | undefined;
  /** The last answer to what a later version has changed: several ask the same after each step. Like #next, nothing for a version that stands alone. */
  #asked: { readonly after: ReadonlyMap<Key, Value>; readonly changed: ReadonlySet<Key> } | undefined;

  constructor(entries: Map<Key, Value>) {
    this.#entries = entries;
  }

  with(key: Key, value: Value): VersionedMap<Key, Value> {
    return this.#changed(key, (entries) => entries.set(key, value));
  }

  without(key: Key): VersionedMap<Key, Value> {
    return this.#changed(key, (entries) => entries.delete(key));
  }

  /** Keys whose values differ in a later version; undefined where there is no way from one to the other. */
  changedUntil(after: ReadonlyMap<Key, Value>): ReadonlySet<Key> | undefined {
    if (this.#asked?.after === after) return this.#asked.changed;
    if (this.#next?.in === after) {
      const { key, before } = this.#next;
      return this.#remember(after, isSame(before, after, key) ? [] : [key]);
    }
    const earlier = new Map<Key, Change<Key, Value>['before']>();
    let version: VersionedMap<Key, Value> = this;
    while (version !== after) {
      if (version.#next === undefined) return undefined;
      const { key, before, in: next } = version.#next;
      if (!earlier.has(key)) earlier.set(key, before);
      version = next;
    }
    return this.#remember(
      after,
      [...earlier].filter(([key, before]) => !isSame(before, after, key)).map(([key]) => key),
    );
  }

  #remember(after: ReadonlyMap<Key, Value>, keys: readonly Key[]): ReadonlySet<Key> {
    const changed = new Set(keys);
    this.#asked = { after, changed };
    return changed;
  }

  #changed(key: Key, change: (entries: Map<Key, Value>) => unknown): VersionedMap<Key, Value> {
    const entries = this.#own();
    const before = entries.has(key) ? { value: entries.get(key) as Value } : undefined;
    change(entries);
    const next = new VersionedMap(entries);
    this.#entries = undefined;
    this.#next = { in: next, key, before };
    return next;
  }

  #own(): Map<Key, Value> {
    if (this.#entries !== undefined) return this.#entries;
    const changes: Change<Key, Value>[] = [];
    let latest: VersionedMap<Key, Value> = this;
    while (latest.#next !== undefined) {
      changes.push(latest.#next);
      latest = latest.#next.in;
    }
    const entries = new Map(latest.#entries);
    for (const { key, before } of changes.reverse()) {
      if (before === undefined) entries.delete(key);
      else entries.set(key, before.value);
    }
    this.#entries = entries;
    this.#next = undefined;
    this.#asked = undefined;
    return entries;
  }

  #find(key: Key): { readonly value: Value } | undefined {
    let version: VersionedMap<Key, Value> = this;
    while (version.#next !== undefined) {
      if (version.#next.key === key) return version.#next.before;
      version = version.#next.in;
    }
    const entries = version.#entries;
    return entries?.has(key) ? { value: entries.get(key) as Value } : undefined;
  }

  get(key: Key): Value | undefined {
    return this.#find(key)?.value;
  }

  has(key: Key): boolean {
    return this.#find(key) !== undefined;
  }

  first(): readonly [Key, Value] | undefined {
    return this.#own().entries().next().value;
  }

  get size(): number {
    return this.#own().size;
  }

  // A list of its own each, which stays as it is while a later version is made.
  entries(): MapIterator<[Key, Value]> {
    return new Map(this.#own()).entries();
  }

  keys(): MapIterator<Key> {
    return new Map(this.#own()).keys();
  }

  values(): MapIterator<Value> {
    return new Map(this.#own()).values();
  }

  forEach(callback: (value: Value, key: Key, map: ReadonlyMap<Key, Value>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }
}
