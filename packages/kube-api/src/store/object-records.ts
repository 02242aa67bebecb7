import type { ObjectStore, StoredObject } from '@solo-kubelet/api-server';
import type { Logger } from '@solo-kubelet/diagnostics';
import { readState, writeDurably } from '@solo-kubelet/state-files';

/** What the API keeps of an object that no file says. */
export interface ObjectRecord {
  readonly uid: string;
  readonly creationTimestamp: string;
  readonly managedFields?: StoredObject['metadata']['managedFields'];
}

export interface ObjectRecords {
  /** What an earlier process knew of an object. */
  readonly earlier: (bucket: string, key: string) => ObjectRecord | undefined;
  /** Writes down what there is now, if that differs from what is written. */
  readonly save: (store: ObjectStore) => Promise<void>;
}

const decodeRecords = (text: string): ReadonlyMap<string, ObjectRecord> => {
  const value = JSON.parse(text) as unknown;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('want a JSON object');
  return new Map(
    Object.entries(value as Record<string, Partial<ObjectRecord>>).filter(
      (entry): entry is [string, ObjectRecord] => typeof entry[1]?.uid === 'string' && typeof entry[1].creationTimestamp === 'string',
    ),
  );
};

const recordOf = ({ metadata: { uid = '', creationTimestamp = '', managedFields } }: StoredObject): ObjectRecord => ({
  uid,
  creationTimestamp,
  ...(managedFields && { managedFields }),
});

/** Keeps the records of `buckets` in one file. */
export const openObjectRecords = async (path: string, buckets: readonly string[], logger: Logger): Promise<ObjectRecords> => {
  const found = (await readState(path, { decode: decodeRecords, logger })) ?? new Map<string, ObjectRecord>();
  let written = '';
  return {
    earlier: (bucket, key) => found.get(`${bucket}/${key}`),
    save: async (store) => {
      const records = buckets.flatMap((bucket) =>
        store.list(bucket, '').map(({ metadata, ...object }) => {
          const { namespace = '', name = '' } = metadata;
          return [
            `${bucket}/${namespace === '' ? name : `${namespace}/${name}`}`,
            recordOf({ ...object, metadata } as StoredObject),
          ] as const;
        }),
      );
      const text = `${JSON.stringify(Object.fromEntries(records))}\n`;
      if (text === written) return;
      await writeDurably(path, text);
      written = text;
    },
  };
};
