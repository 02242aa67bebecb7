import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { type FileLayer, nodeFiles, readState, writeDurably } from '@solo-kubelet/state-files';
import { defer } from 'rxjs';
import type { WorkloadEntry } from '../core/expand/workload-entry.js';
import { WORKLOAD_KINDS } from '../core/expand/workload-object.js';
import type { WorkloadStore } from './workload-store.js';

export interface FileWorkloadStoreOptions {
  /** One JSON file a workload. Made when missing. */
  readonly directory: string;
  /** Told of files that are set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** Files that are read at once. */
const READS = 32;

/** Keeps entries as files, each replaced in one durable step. They hold whole Pods, as written in manifests, and so are for root alone. */
export const fileWorkloadStore = ({
  directory,
  logger = silentLogger,
  files = nodeFiles,
}: FileWorkloadStoreOptions): WorkloadStore<WorkloadEntry> => {
  const pathOf = (key: string): string => join(directory, `${encodeURIComponent(key)}.json`);
  const read = async (name: string): Promise<readonly [string, WorkloadEntry] | undefined> => {
    const kept = await readState(join(directory, name), { decode: decodeEntry, logger, files, requireReadable: true });
    return kept && [kept.key, kept.entry];
  };
  return {
    load: () =>
      defer(async () => {
        const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return [];
          throw new Error(`the records of workloads cannot be read: ${describeError(error)}`, { cause: error });
        });
        const wanted = names.filter((name) => name.endsWith('.json'));
        const entries = new Map<string, WorkloadEntry>();
        for (let at = 0; at < wanted.length; at += READS) {
          for (const found of await Promise.all(wanted.slice(at, at + READS).map(read))) if (found) entries.set(...found);
        }
        return entries;
      }),
    save: (key, entry) => defer(() => writeDurably(pathOf(key), encodeEntry(key, entry), { mode: 0o600, directoryMode: 0o700, files })),
    remove: (key) => defer(() => files.remove(pathOf(key))),
  };
};

/** Numbers beyond 2^53 are kept as they are. */
const encodeEntry = (key: string, entry: WorkloadEntry): string =>
  JSON.stringify({ version: 1, key, entry }, (_name, value: unknown) => (typeof value === 'bigint' ? { $int64: String(value) } : value));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const revive = (_name: string, value: unknown): unknown =>
  isObject(value) && typeof value['$int64'] === 'string' && /^-?\d{1,19}$/.test(value['$int64']) ? BigInt(value['$int64']) : value;

/** The entry in a text. @throws Error for a text that holds none */
export const decodeEntry = (text: string): { readonly key: string; readonly entry: WorkloadEntry } => {
  const record: unknown = JSON.parse(text, revive);
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

const isChildPod = (child: unknown): boolean =>
  isObject(child) &&
  Number.isSafeInteger(child['number']) &&
  isObject(child['pod']) &&
  isObject(child['pod']['metadata']) &&
  typeof child['pod']['metadata']['uid'] === 'string' &&
  isObject(child['pod']['spec']);
