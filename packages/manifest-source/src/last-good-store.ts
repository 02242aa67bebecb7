import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, readState, removeDrafts, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import type { ParsedDocument } from './core/assign-documents.js';
import { objectUid } from './core/object-uid.js';
import { type ParseContext, parseDocuments, withIdentity } from './core/parse-documents.js';
import type { GoodVersion, Slot } from './core/slot.js';
import type { PrepareManifest } from './manifest-event.js';

/** What a server said about the answer that the stored slots come from. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

interface StoredSlot {
  readonly document: number;
  readonly text: number;
  readonly index: number;
  readonly claimedAtMs: number;
  /** What an object has got here, which its text does not tell. */
  readonly uid?: string;
  readonly generation?: number;
}

interface StoredRecord {
  readonly version: 1;
  readonly path: string;
  readonly texts: readonly string[];
  readonly slots: readonly StoredSlot[];
  readonly validators?: Validators;
}

export interface StoredManifests {
  readonly slots: ReadonlyMap<string, readonly Slot[]>;
  readonly validators: Validators;
}

/** How what is stored is read. */
export interface StoreContext extends ParseContext {
  readonly prepare?: PrepareManifest;
  /** Whether what is stored may still be used, by its text. Default: all of it. */
  readonly trusts?: (text: Uint8Array) => boolean;
}

/** Last good versions on disk, one file each, so that a restart with a broken manifest or without the network runs what ran before. */
export interface LastGoodStore {
  /** What is stored for a source: a file of its own path, or files directly in the directory of that path. */
  load(sourcePath: string, context: StoreContext): Promise<StoredManifests>;
  /**
   * Replaces what is stored for one file in one atomic step; no good version left removes it. A failure is logged once and not thrown: whoever gets false
   * saves it again later.
   */
  save(path: string, slots: readonly Slot[], validators?: Validators): Promise<boolean>;
}

/** A store that keeps nothing. */
export const noStore: LastGoodStore = {
  load: async () => ({ slots: new Map(), validators: {} }),
  save: async () => true,
};

/** Opens a store; the directory is made (mode 0700: manifests may hold secrets) when something is first saved. */
export const openLastGoodStore = (directory: string, logger: Logger, files?: FileLayer): LastGoodStore => {
  const layer = files === undefined ? {} : { files };
  /** What was told of already. */
  const failing = new Set<string>();
  return {
    load: async (sourcePath, context) => {
      const slots = new Map<string, readonly Slot[]>();
      let validators: Validators = {};
      for (const record of await readRecords(directory, logger, files)) {
        if (record.path !== sourcePath && (context.source === 'http' || dirname(record.path) !== sourcePath)) continue;
        const { trusts } = context;
        if (trusts !== undefined && !record.texts.every((text) => trusts(Buffer.from(text, 'base64')))) continue;
        const restored = await restore(record, context, logger);
        if (restored.length > 0) slots.set(record.path, restored);
        if (record.path === sourcePath && restored.length === record.slots.length) validators = record.validators ?? {};
      }
      return { slots, validators };
    },
    save: async (path, slots, validators) => {
      const file = join(directory, `${createHash('sha256').update(path).digest('hex')}.json`);
      try {
        const record = toRecord(path, slots, validators);
        if (record === undefined) await removeDurable(file, files);
        else await writeDurably(file, JSON.stringify(record), layer);
        failing.delete(path);
        return true;
      } catch (error) {
        if (!failing.has(path)) logger.warn({ path, err: describeError(error) }, 'Cannot keep the last good version of a manifest on disk');
        failing.add(path);
        return false;
      }
    },
  };
};

const toRecord = (path: string, slots: readonly Slot[], validators: Validators | undefined): StoredRecord | undefined => {
  const texts: string[] = [];
  const stored = slots.flatMap(({ document, good }) => {
    if (good === undefined) return [];
    const text = Buffer.from(good.text).toString('base64');
    if (!texts.includes(text)) texts.push(text);
    return [{ document, text: texts.indexOf(text), index: good.index, claimedAtMs: good.claimedAtMs, ...identityOf(good) }];
  });
  return stored.length === 0 ? undefined : { version: 1, path, texts, slots: stored, ...(validators ? { validators } : {}) };
};

const restore = async (
  record: StoredRecord,
  { prepare, trusts: _trusts, ...context }: StoreContext,
  logger: Logger,
): Promise<readonly Slot[]> => {
  const parsed: (readonly ParsedDocument[])[] = [];
  for (const [at, encoded] of record.texts.entries()) {
    const text = Buffer.from(encoded, 'base64');
    try {
      parsed.push(parseStored(record, { text, prepared: (await prepare?.(text)) ?? text }, at, context));
    } catch (error) {
      logger.warn({ path: record.path, err: describeError(error) }, 'Cannot use the last good version of a manifest');
      parsed.push([]);
    }
  }
  return record.slots.flatMap(({ document, text, index, claimedAtMs, ...identity }) => {
    const good = goodAt(parsed[text], index);
    return good === undefined ? [] : [{ document, good: { ...withIdentity(good, identity), claimedAtMs } }];
  });
};

const goodAt = (documents: readonly ParsedDocument[] | undefined, index: number): GoodVersion | undefined =>
  documents?.flatMap((one) => (one.type === 'good' && one.good.index === index ? [one.good] : []))[0];

/** The documents of a text. What of an object follows from its uid (a Job's selector and labels) is made with the uid that it had. */
const parseStored = (
  record: StoredRecord,
  { text, prepared }: { readonly text: Uint8Array; readonly prepared: Uint8Array },
  at: number,
  context: ParseContext,
): readonly ParsedDocument[] => {
  const sealed = prepared === text ? undefined : text;
  const documents = parseDocuments(prepared, record.path, 0, context, sealed);
  const uids = new Map<string, string>();
  for (const slot of record.slots) {
    const good = slot.text === at ? goodAt(documents, slot.index) : undefined;
    if (good?.asked.type !== 'object' || slot.uid === undefined || good.asked.object.metadata.uid === slot.uid) continue;
    uids.set(good.key, slot.uid);
  }
  if (uids.size === 0) return documents;
  const uidOf = (key: string): string => uids.get(key) ?? context.uidOf?.(key) ?? objectUid(key, context.nodeName);
  return parseDocuments(prepared, record.path, 0, { ...context, uidOf }, sealed);
};

const identityOf = ({ asked }: GoodVersion): Pick<StoredSlot, 'uid' | 'generation'> => {
  if (asked.type === 'pod') return {};
  const { uid, generation } = asked.object.metadata;
  return { ...(uid === undefined ? {} : { uid }), ...(generation === undefined ? {} : { generation: Number(generation) }) };
};

const readRecords = async (directory: string, logger: Logger, files: FileLayer | undefined): Promise<readonly StoredRecord[]> => {
  let names: readonly string[];
  try {
    const all = await readdir(directory);
    await removeDrafts(directory, all, files);
    names = all.filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      logger.warn({ path: directory, err: describeError(error) }, 'Cannot read the last good versions of manifests');
    }
    return [];
  }
  const layer = files === undefined ? {} : { files };
  const records = await Promise.all(names.map((name) => readState(join(directory, name), { decode: decodeRecord, logger, ...layer })));
  return records.filter((record) => record !== undefined);
};

/** The record in a text. @throws Error for a text that holds none */
const decodeRecord = (text: string): StoredRecord => {
  const record = parseBoundedJson(text);
  if (!isRecord(record) || record['version'] !== 1) throw new Error('it is no stored manifest in version 1');
  const { path, texts, slots, validators } = record;
  if (typeof path !== 'string') throw new Error('path is not a text');
  if (!Array.isArray(texts) || !texts.every((one) => typeof one === 'string')) throw new Error('texts is not a list of texts');
  const numbers = ['document', 'text', 'index', 'claimedAtMs'];
  const sound = Array.isArray(slots) && slots.every((slot) => isRecord(slot) && numbers.every((name) => Number.isFinite(slot[name])));
  if (!sound || !slots.every(isIdentified)) throw new Error('slots is not a list of places');
  const said = validators ?? {};
  if (!isRecord(said) || !Object.values(said).every((value) => typeof value === 'string')) throw new Error('validators are not texts');
  return record as unknown as StoredRecord;
};

const isIdentified = ({ uid, generation }: Record<string, unknown>): boolean =>
  (uid === undefined || typeof uid === 'string') && (generation === undefined || Number.isSafeInteger(generation));
