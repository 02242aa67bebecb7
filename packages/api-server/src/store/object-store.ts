import type { StoredObject } from '../stored-object.js';

/** One change of the store, in the order of versions. */
export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  /** Where the object lies: the resource that it is stored as. */
  readonly bucket: string;
  readonly key: string;
  /** The object as it is now; the last state, with the version of its end, if it is gone. */
  readonly object: StoredObject;
  /** The object as it was before. */
  readonly previous?: StoredObject;
}

/** What the server keeps objects in. Every write steps one version counter that all buckets share. */
export interface ObjectStore {
  /** The version of the last write. */
  readonly version: number;
  /** The oldest version that can still be asked for. */
  readonly oldestVersion: number;
  get(bucket: string, key: string): StoredObject | undefined;
  /** The objects of a bucket by key, all or those whose key begins with a prefix. */
  list(bucket: string, prefix: string): readonly StoredObject[];
  /** The same as they were at a version; undefined if that is no longer known. */
  listAt(bucket: string, prefix: string, version: number): readonly StoredObject[] | undefined;
  /**
   * Keeps an object under the next version, which is written into its metadata. With `resourceVersion` the object says that instead: one of before this
   * store, under which clients may know it still.
   */
  put(bucket: string, key: string, object: StoredObject, nowMs: number, resourceVersion?: string): StoredObject;
  /** Takes an object out; returns its last state with the version of its end. */
  remove(bucket: string, key: string, nowMs: number): StoredObject | undefined;
  /** What happened to a bucket after a version, oldest first; undefined if that is no longer known. */
  eventsSince(bucket: string, version: number): readonly StoreEvent[] | undefined;
  /** Calls back for every later change of a bucket, until the returned function is called. */
  subscribe(bucket: string, listener: (event: StoreEvent) => void): () => void;
}

/** `namespace/name`, or the name alone. */
export const objectKeyOf = ({ namespace, name }: { readonly namespace?: string; readonly name?: string }): string =>
  namespace === undefined || namespace === '' ? (name ?? '') : `${namespace}/${name ?? ''}`;
