import type { ObjectStore, StoredObject } from '@solo-kubelet/api-server';
import { isSameObject } from '../core/same-object.js';
import type { OwnWrites } from '../store/own-writes.js';

/** An object and where it lies. */
export interface Placed {
  readonly bucket: string;
  readonly key: string;
  readonly object: StoredObject;
}

/** Puts an object in place unless it is there already; one of another uid is another object. */
export const putObject = (store: ObjectStore, { bucket, key, object }: Placed, nowMs: number): void => {
  const before = store.get(bucket, key);
  if (before !== undefined && isSameObject(before, object)) return;
  if (before !== undefined && before.metadata.uid !== object.metadata.uid) store.remove(bucket, key, nowMs);
  store.put(bucket, key, object, nowMs);
};

/**
 * Makes a store follow maps: what is new in one is put, what has gone is removed. Entries are compared by identity, so that one that did not change costs
 * nothing. `place` gives the objects that an entry stands for; those that a request has overtaken stay as that left them.
 */
export const createFollower = <Value>(
  place: (value: Value, store: ObjectStore) => readonly Placed[],
  isOvertaken: OwnWrites['isOvertaken'],
) => {
  let known = new Map<string, { readonly value: Value; readonly isLate: boolean; readonly places: readonly Omit<Placed, 'object'>[] }>();
  let latest: ReadonlyMap<string, Value> = new Map();
  const follower = {
    /** Whether an object is there because an entry stands for it. */
    has: (bucket: string, key: string): boolean =>
      [...known.values()].some(({ places }) => places.some((each) => each.bucket === bucket && each.key === key)),
    take: (store: ObjectStore, next: ReadonlyMap<string, Value>, nowMs: number): void => {
      latest = next;
      const after: typeof known = new Map();
      const placed: Placed[] = [];
      for (const [id, value] of next) {
        const before = known.get(id);
        if (before !== undefined && before.value === value && !before.isLate) after.set(id, before);
        else {
          const places = place(value, store);
          const newer = places.filter((each) => !isOvertaken(each));
          placed.push(...newer);
          after.set(id, { value, isLate: newer.length < places.length, places: places.map(({ bucket, key }) => ({ bucket, key })) });
        }
      }
      const nameOf = ({ bucket, key }: { readonly bucket: string; readonly key: string }): string => `${bucket} ${key}`;
      const kept = new Set([...after.values()].flatMap(({ places }) => places.map(nameOf)));
      for (const { places } of known.values()) {
        for (const each of places) if (!kept.has(nameOf(each))) store.remove(each.bucket, each.key, nowMs);
      }
      for (const each of placed) putObject(store, each, nowMs);
      known = after;
    },
    /** Looks again at what a request had overtaken. */
    takeLate: (store: ObjectStore, nowMs: number): void => {
      if ([...known.values()].some(({ isLate }) => isLate)) follower.take(store, latest, nowMs);
    },
  };
  return follower;
};
