import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, nodeFiles, readState, removeDrafts, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import { defer } from 'rxjs';
import type { WorkloadStore } from './workload-store.js';

export interface FileEntryStoreOptions {
  /** One JSON file an entry. Made when missing. */
  readonly directory: string;
  /** Told of files that are set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** How entries stand in files, and what they are called in messages. */
export interface EntryFormat<Entry> {
  readonly what: string;
  readonly encode: (key: string, entry: Entry) => string;
  /** @throws Error for a text that holds none */
  readonly decode: (text: string) => { readonly key: string; readonly entry: Entry };
}

/** Files that are read at once. */
const READS = 32;

/** Keeps entries as files, each replaced in one durable step. They hold whole Pods, as written in manifests, and so are for root alone. */
export const fileEntryStore = <Entry>(
  { directory, logger = silentLogger, files = nodeFiles }: FileEntryStoreOptions,
  { what, encode, decode }: EntryFormat<Entry>,
): WorkloadStore<Entry> => {
  const pathOf = (key: string): string => join(directory, `${encodeURIComponent(key)}.json`);
  const turns = new Map<string, Promise<void>>();
  /** A document that moved to another file may be written by its new keeper while the old one removes it. */
  const inTurn = (key: string, work: () => Promise<void>): Promise<void> => {
    const turn = (turns.get(key) ?? Promise.resolve()).then(work, work);
    const settled = turn.catch(() => {});
    turns.set(key, settled);
    void settled.then(() => turns.get(key) === settled && turns.delete(key));
    return turn;
  };
  const read = async (name: string): Promise<readonly [string, Entry] | undefined> => {
    const kept = await readState(join(directory, name), { decode, logger, files, requireReadable: true });
    return kept && [kept.key, kept.entry];
  };
  return {
    load: () =>
      defer(async () => {
        const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
          if (error.code === 'ENOENT') return [];
          throw new Error(`the records of ${what} cannot be read: ${describeError(error)}`, { cause: error });
        });
        await removeDrafts(directory, names, files);
        const wanted = names.filter((name) => name.endsWith('.json'));
        const entries = new Map<string, Entry>();
        for (let at = 0; at < wanted.length; at += READS) {
          for (const found of await Promise.all(wanted.slice(at, at + READS).map(read))) if (found) entries.set(...found);
        }
        return entries;
      }),
    save: (key, entry) =>
      defer(() => inTurn(key, () => writeDurably(pathOf(key), encode(key, entry), { mode: 0o600, directoryMode: 0o700, files }))),
    remove: (key) => defer(() => inTurn(key, () => removeDurable(pathOf(key), files))),
  };
};

/** Numbers beyond 2^53 are kept as they are. */
export const encodeRecord = (record: object): string =>
  JSON.stringify(record, (_name, value: unknown) => (typeof value === 'bigint' ? { $int64: String(value) } : value));

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const revive = (_name: string, value: unknown): unknown =>
  isObject(value) && typeof value['$int64'] === 'string' && /^-?\d{1,19}$/.test(value['$int64']) ? BigInt(value['$int64']) : value;

/** What `encodeRecord` wrote. @throws Error for what is no JSON */
export const decodeRecord = (text: string): unknown => parseBoundedJson(text, revive);

/** Whether it is a Pod as far as everybody who reads it goes by. */
export const isPod = (pod: unknown): boolean =>
  isObject(pod) && isObject(pod['metadata']) && typeof pod['metadata']['uid'] === 'string' && isObject(pod['spec']);
