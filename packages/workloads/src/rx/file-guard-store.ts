import type { GuardedPod } from '../core/guard/guard-pod.js';
import { decodeRecord, encodeRecord, type FileEntryStoreOptions, fileEntryStore, isObject, isPod } from './file-entry-store.js';
import type { WorkloadStore } from './workload-store.js';

/** Keeps what is known of Pods of documents that go back or wait, as files. */
export const fileGuardStore = (options: FileEntryStoreOptions): WorkloadStore<GuardedPod> =>
  fileEntryStore(options, {
    what: 'guarded Pods',
    encode: (key, entry) => encodeRecord({ version: 1, key, entry }),
    decode: decodeGuard,
  });

/** The entry in a text. @throws Error for a text that holds none */
export const decodeGuard = (text: string): { readonly key: string; readonly entry: GuardedPod } => {
  const record = decodeRecord(text);
  if (!isObject(record) || record['version'] !== 1) throw new Error('it is no record of a guarded Pod in version 1');
  const { key, entry } = record;
  if (typeof key !== 'string' || key === '') throw new Error('key is not a text');
  if (!isObject(entry)) throw new Error('entry is not an object');
  const { begun, good, held, trialMs, config } = entry;
  if (begun !== undefined && !isPod(begun)) throw new Error('begun is not a Pod');
  if (good !== undefined && !(isObject(good) && isPod(good['pod']) && isObject(good['images'])))
    throw new Error('good is not a Pod with its images');
  if (held !== undefined && !(isObject(held) && typeof held['message'] === 'string')) throw new Error('held has no message');
  if (trialMs !== undefined && !Number.isSafeInteger(trialMs)) throw new Error('trialMs is not a time');
  if (config !== undefined && !(isObject(config) && Array.isArray(config['versions']) && config['versions'].every(isObject)))
    throw new Error('config is not a list of versions');
  return { key, entry: entry as GuardedPod };
};
