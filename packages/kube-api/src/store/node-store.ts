import { createMemoryStore, type ObjectStore, type StoredObject } from '@solo-kubelet/api-server';

/** One write of a request, which is not done yet. */
export interface StagedChange {
  readonly type: 'put' | 'remove';
  readonly bucket: string;
  readonly key: string;
  /** As it will be; as it was, if it goes. */
  readonly object: StoredObject;
  /** As it was; undefined if it is new. */
  readonly previous?: StoredObject;
}

/** Objects in memory that follow the kubelet's streams; the writes of requests are collected first, and done once they are in files. */
export interface NodeStore {
  /** What requests see: during `stage` with their own writes. */
  readonly store: ObjectStore;
  /** Runs something that writes, and collects what it would. Only while `exclusive` is held. */
  stage<T>(work: () => T): { readonly result: T; readonly changes: readonly StagedChange[] };
  /** Does what was collected; watches are told. */
  commit(changes: readonly StagedChange[], nowMs: number): void;
  /** One writer at a time; what comes from the streams waits for its end. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Changes what is kept by what the node says, at once or when the writer that is at work has ended. */
  follow(work: (store: ObjectStore) => void): void;
}

export interface NodeStoreOptions {
  readonly firstVersion: number;
  /** The version under which clients know an object from an earlier process, if it has not changed. Default: none. */
  readonly versionOf?: (bucket: string, key: string, object: StoredObject) => string | undefined;
}

export const createNodeStore = ({ firstVersion, versionOf = () => undefined }: NodeStoreOptions): NodeStore => {
  const base = createMemoryStore({ firstVersion });
  let staged: StagedChange[] | undefined;
  let tail: Promise<unknown> = Promise.resolve();
  let writers = 0;
  let waiting: ((store: ObjectStore) => void)[] = [];

  const find = (bucket: string, key: string): StagedChange | undefined =>
    staged?.findLast((each) => each.bucket === bucket && each.key === key);
  const get: ObjectStore['get'] = (bucket, key) => {
    const change = find(bucket, key);
    if (change === undefined) return base.get(bucket, key);
    return change.type === 'put' ? change.object : undefined;
  };
  const record = (type: StagedChange['type'], bucket: string, key: string, object: StoredObject): StoredObject => {
    const previous = get(bucket, key);
    const resourceVersion = String(base.version + staged!.length + 1);
    const change = { type, bucket, key, object: { ...object, metadata: { ...object.metadata, resourceVersion } } };
    staged!.push({ ...change, ...(previous && { previous }) });
    return change.object;
  };
  const store: ObjectStore = {
    get version() {
      return base.version;
    },
    get oldestVersion() {
      return base.oldestVersion;
    },
    get,
    list: base.list,
    listAt: base.listAt,
    put: (bucket, key, object, nowMs) => {
      if (staged !== undefined) return record('put', bucket, key, object);
      return base.put(bucket, key, object, nowMs, base.get(bucket, key) === undefined ? versionOf(bucket, key, object) : undefined);
    },
    remove: (bucket, key, nowMs) => {
      if (staged === undefined) return base.remove(bucket, key, nowMs);
      const object = get(bucket, key);
      return object === undefined ? undefined : record('remove', bucket, key, object);
    },
    eventsSince: base.eventsSince,
    subscribe: base.subscribe,
  };
  return {
    store,
    stage: (work) => {
      staged = [];
      try {
        const result = work();
        return { result, changes: staged };
      } finally {
        staged = undefined;
      }
    },
    commit: (changes, nowMs) => {
      for (const { type, bucket, key, object } of changes) {
        if (type === 'put') base.put(bucket, key, object, nowMs);
        else base.remove(bucket, key, nowMs);
      }
    },
    exclusive: (work) => {
      writers += 1;
      const done = tail.then(work).finally(() => {
        writers -= 1;
        if (writers > 0) return;
        const due = waiting;
        waiting = [];
        for (const each of due) each(store);
      });
      tail = done.catch(() => {});
      return done;
    },
    follow: (work) => {
      if (writers > 0) waiting.push(work);
      else work(store);
    },
  };
};
