import { createHash } from 'node:crypto';
import type { ObjectStore, StoredObject } from '@solo-kubelet/api-server';
import type { Logger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { readState, writeDurably } from '@solo-kubelet/state-files';
import { objectForm } from '../core/same-object.js';

/** What the API keeps of an object that no file says. */
export interface ObjectRecord {
  readonly uid: string;
  readonly creationTimestamp: string;
  readonly managedFields?: StoredObject['metadata']['managedFields'];
  /** That of a Pod. */
  readonly generation?: number;
  /** The version under which clients know it, and what it was like then. */
  readonly version?: string;
  readonly form?: string;
}

export interface ObjectRecords {
  /** What an earlier process knew of an object. */
  readonly earlier: (bucket: string, key: string) => ObjectRecord | undefined;
  /** The version that an object had when an earlier process wrote it down, if it is as it was. Told once: whatever comes under its name later is another. */
  readonly takeVersion: (bucket: string, key: string, object: StoredObject) => string | undefined;
  /** Writes down what there is now, if that differs from what is written. */
  readonly save: (store: ObjectStore) => Promise<void>;
}

const decodeRecords = (text: string): ReadonlyMap<string, ObjectRecord> => {
  const value = parseBoundedJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('want a JSON object');
  return new Map(
    Object.entries(value as Record<string, Partial<ObjectRecord>>).filter(
      (entry): entry is [string, ObjectRecord] => typeof entry[1]?.uid === 'string' && typeof entry[1].creationTimestamp === 'string',
    ),
  );
};

const digestOf = (object: StoredObject): string => createHash('sha256').update(objectForm(object)).digest('base64').slice(0, DIGEST_LENGTH);

const DIGEST_LENGTH = 22;

const recordOf = (object: StoredObject): ObjectRecord => {
  const { uid = '', creationTimestamp = '', managedFields, resourceVersion, generation } = object.metadata;
  return {
    uid,
    creationTimestamp,
    ...(managedFields && { managedFields }),
    ...(object.kind === 'Pod' && generation !== undefined && { generation: Number(generation) }),
    ...(resourceVersion !== undefined && { version: resourceVersion, form: digestOf(object) }),
  };
};

/** Keeps the records of `buckets` in one file. */
export const openObjectRecords = async (path: string, buckets: readonly string[], logger: Logger): Promise<ObjectRecords> => {
  const found = (await readState(path, { decode: decodeRecords, logger })) ?? new Map<string, ObjectRecord>();
  const versions = new Map([...found].flatMap(([name, { version, form }]) => (version && form ? [[name, { version, form }]] : [])));
  /** What did not change is not looked through again. */
  const records = new WeakMap<StoredObject, ObjectRecord>();
  const knownRecord = (object: StoredObject): ObjectRecord => {
    const known = records.get(object) ?? recordOf(object);
    records.set(object, known);
    return known;
  };
  let written = '';
  return {
    earlier: (bucket, key) => found.get(`${bucket}/${key}`),
    takeVersion: (bucket, key, object) => {
      const name = `${bucket}/${key}`;
      const known = versions.get(name);
      versions.delete(name);
      return known !== undefined && known.form === digestOf(object) ? known.version : undefined;
    },
    save: async (store) => {
      const all = buckets.flatMap((bucket) =>
        store.list(bucket, '').map((object) => {
          const { namespace = '', name = '' } = object.metadata;
          return [`${bucket}/${namespace === '' ? name : `${namespace}/${name}`}`, knownRecord(object)] as const;
        }),
      );
      const text = `${JSON.stringify(Object.fromEntries(all))}\n`;
      if (text === written) return;
      await writeDurably(path, text);
      written = text;
    },
  };
};
