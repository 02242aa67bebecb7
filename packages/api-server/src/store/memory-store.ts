import { checkDuration } from '@solo-kubelet/timers';
import type { StoredObject } from '../stored-object.js';
import type { ObjectStore, StoreEvent } from './object-store.js';
import { createSortedKeys, type SortedKeys } from './sorted-keys.js';

export interface MemoryStoreOptions {
  /** The most changes that are remembered. Default 10,000. */
  readonly maxEvents?: number;
  /** How long a change is remembered, ms. Default five minutes, as etcd's compaction interval of an API server. */
  readonly maxEventAgeMs?: number;
  /** The version before the first write; versions before it are too old to be asked for. Default 1. */
  readonly firstVersion?: number;
}

interface Bucket {
  readonly objects: Map<string, StoredObject>;
  readonly keys: SortedKeys;
  readonly listeners: Set<(event: StoreEvent) => void>;
}

const DEFAULT_MAX_EVENTS = 10_000;
const DEFAULT_MAX_EVENT_AGE_MS = 300_000;

/** A store in memory, with a bounded memory of its changes. */
export const createMemoryStore = ({
  maxEvents = DEFAULT_MAX_EVENTS,
  maxEventAgeMs: givenAgeMs,
  firstVersion = 1,
}: MemoryStoreOptions = {}): ObjectStore => {
  const maxEventAgeMs = checkDuration('maxEventAgeMs', givenAgeMs, DEFAULT_MAX_EVENT_AGE_MS);
  const buckets = new Map<string, Bucket>();
  /** From `first` on; what is before was forgotten and is cut off now and then. */
  let log: (StoreEvent & { readonly atMs: number })[] = [];
  let first = 0;
  let version = firstVersion;
  let oldestVersion = firstVersion;

  const bucketOf = (name: string): Bucket => {
    let bucket = buckets.get(name);
    if (bucket === undefined) {
      bucket = { objects: new Map(), keys: createSortedKeys(), listeners: new Set() };
      buckets.set(name, bucket);
    }
    return bucket;
  };

  const forget = (nowMs: number): void => {
    while (log.length - first > maxEvents || (log.length > first && nowMs - log[first]!.atMs > maxEventAgeMs)) {
      oldestVersion = log[first]!.version;
      first += 1;
    }
    if (first < log.length / 2 || first < 1_000) return;
    log = log.slice(first);
    first = 0;
  };

  const record = (bucket: Bucket, event: StoreEvent, nowMs: number): void => {
    log.push({ ...event, atMs: nowMs });
    forget(nowMs);
    for (const listener of bucket.listeners) listener(event);
  };

  /** The index in the log of the first change after a version. */
  const firstAfter = (wanted: number): number => {
    let [low, high] = [first, log.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (log[middle]!.version > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const atVersion = (object: StoredObject, resourceVersion?: string): StoredObject => {
    version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: resourceVersion ?? String(version) } };
  };

  const list = (name: string, prefix: string): readonly StoredObject[] => {
    const { objects, keys } = bucketOf(name);
    return keys.withPrefix(prefix).map((key) => objects.get(key)!);
  };

  return {
    get version() {
      return version;
    },
    get oldestVersion() {
      return oldestVersion;
    },
    get: (name, key) => buckets.get(name)?.objects.get(key),
    list,
    listAt: (name, prefix, wanted) => {
      if (wanted < oldestVersion) return undefined;
      const { objects, keys } = bucketOf(name);
      const from = firstAfter(wanted);
      if (from === log.length) return list(name, prefix);
      const then = new Map(keys.withPrefix(prefix).map((key) => [key, objects.get(key)!]));
      for (let i = log.length - 1; i >= from; i--) {
        const { bucket, key, previous } = log[i]!;
        if (bucket !== name || !key.startsWith(prefix)) continue;
        if (previous === undefined) then.delete(key);
        else then.set(key, previous);
      }
      return [...then].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
    },
    put: (name, key, object, nowMs, resourceVersion) => {
      const bucket = bucketOf(name);
      const previous = bucket.objects.get(key);
      const kept = atVersion(object, resourceVersion);
      bucket.objects.set(key, kept);
      if (previous === undefined) bucket.keys.add(key);
      const type = previous === undefined ? 'ADDED' : 'MODIFIED';
      record(bucket, { type, version, bucket: name, key, object: kept, ...(previous && { previous }) }, nowMs);
      return kept;
    },
    remove: (name, key, nowMs) => {
      const bucket = bucketOf(name);
      const previous = bucket.objects.get(key);
      if (previous === undefined) return undefined;
      bucket.objects.delete(key);
      bucket.keys.remove(key);
      const last = atVersion(previous);
      record(bucket, { type: 'DELETED', version, bucket: name, key, object: last, previous }, nowMs);
      return last;
    },
    eventsSince: (name, wanted) => {
      if (wanted < oldestVersion) return undefined;
      return log.slice(firstAfter(wanted)).filter(({ bucket }) => bucket === name);
    },
    subscribe: (name, listener) => {
      const { listeners } = bucketOf(name);
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};
