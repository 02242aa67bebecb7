import type { WorkloadEntry } from '../core/expand/workload-entry.js';
import { WORKLOAD_KINDS } from '../core/expand/workload-object.js';
import { decodeRecord, encodeRecord, type FileEntryStoreOptions, fileEntryStore, isObject, isPod } from './file-entry-store.js';
import type { WorkloadStore } from './workload-store.js';

export type FileWorkloadStoreOptions = FileEntryStoreOptions;

/** Keeps entries of workloads as files. */
export const fileWorkloadStore = (options: FileWorkloadStoreOptions): WorkloadStore<WorkloadEntry> =>
  fileEntryStore(options, {
    what: 'workloads',
    encode: (key, entry) => encodeRecord({ version: 1, key, entry }),
    decode: decodeEntry,
  });

/** The entry in a text. @throws Error for a text that holds none */
export const decodeEntry = (text: string): { readonly key: string; readonly entry: WorkloadEntry } => {
  const record = decodeRecord(text);
  if (!isObject(record) || record['version'] !== 1) throw new Error('it is no record of a workload in version 1');
  const { key, entry } = record;
  if (typeof key !== 'string' || key === '') throw new Error('key is not a text');
  if (!isObject(entry)) throw new Error('entry is not an object');
  const { object, memory, children, claims, config, uid, made, life, generation, createdMs } = entry;
  if (!isObject(object) || !isObject(object['metadata']) || typeof object['metadata']['name'] !== 'string') {
    throw new Error('object is not a named object');
  }
  if (!isObject(memory) || memory['kind'] !== object['kind'] || !isObject(memory['record']))
    throw new Error('memory is not of the kind of the object');
  if (!(WORKLOAD_KINDS as readonly unknown[]).includes(memory['kind'])) throw new Error('the kind makes no Pods');
  if (typeof uid !== 'string' || ![made, life, generation, createdMs].every(Number.isSafeInteger))
    throw new Error('the identity is not whole');
  if (!Array.isArray(children) || !children.every(isChildPod)) throw new Error('children are not a list of Pods');
  if (!Array.isArray(claims) || !claims.every((claim) => isObject(claim) && isObject(claim['claim'])))
    throw new Error('claims are not a list of claims');
  if (config !== undefined && !(isObject(config) && Array.isArray(config['versions']) && config['versions'].every(isObject)))
    throw new Error('config is not a list of versions');
  return { key, entry: entry as unknown as WorkloadEntry };
};

const isChildPod = (child: unknown): boolean => isObject(child) && Number.isSafeInteger(child['number']) && isPod(child['pod']);
