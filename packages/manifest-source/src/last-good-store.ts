import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError, type Logger } from '@solo-kubelet/diagnostics';
import { type ParseContext, parseDocuments } from './core/parse-documents.js';
import type { Slot } from './core/slot.js';

/** What a server said about the answer that the stored slots come from. */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

interface StoredRecord {
  readonly version: 1;
  readonly path: string;
  readonly texts: readonly string[];
  readonly slots: readonly { readonly document: number; readonly text: number; readonly index: number; readonly claimedAtMs: number }[];
  readonly validators?: Validators;
}

export interface StoredManifests {
  readonly slots: ReadonlyMap<string, readonly Slot[]>;
  readonly validators: Validators;
}

/** Last good versions on disk, one file each, so that a restart with a broken manifest or without the network runs what ran before. */
export interface LastGoodStore {
  /** What is stored for a source: a file of its own path, or files directly in the directory of that path. */
  load(sourcePath: string, context: ParseContext): Promise<StoredManifests>;
  /** Replaces what is stored for one file in one atomic step; no good version left removes it. A failure is logged, not thrown. */
  save(path: string, slots: readonly Slot[], validators?: Validators): Promise<void>;
}

/** A store that keeps nothing. */
export const noStore: LastGoodStore = {
  load: async () => ({ slots: new Map(), validators: {} }),
  save: async () => {},
};

/** Opens a store; the directory is made (mode 0700: manifests may hold secrets) when something is first saved. */
export const openLastGoodStore = (directory: string, logger: Logger): LastGoodStore => ({
  load: async (sourcePath, context) => {
    const slots = new Map<string, readonly Slot[]>();
    let validators: Validators = {};
    for (const record of await readRecords(directory, logger)) {
      if (record.path !== sourcePath && (context.source === 'http' || dirname(record.path) !== sourcePath)) continue;
      const restored = restore(record, context);
      if (restored.length > 0) slots.set(record.path, restored);
      if (record.path === sourcePath && restored.length === record.slots.length) validators = record.validators ?? {};
    }
    return { slots, validators };
  },
  save: async (path, slots, validators) => {
    const file = join(directory, `${createHash('sha256').update(path).digest('hex')}.json`);
    try {
      const record = toRecord(path, slots, validators);
      if (record === undefined) await rm(file, { force: true });
      else await writeAtomically(file, JSON.stringify(record));
    } catch (error) {
      logger.warn({ path, err: describeError(error) }, 'Cannot keep the last good version of a manifest on disk');
    }
  },
});

const toRecord = (path: string, slots: readonly Slot[], validators: Validators | undefined): StoredRecord | undefined => {
  const texts: string[] = [];
  const stored = slots.flatMap(({ document, good }) => {
    if (good === undefined) return [];
    const text = Buffer.from(good.text).toString('base64');
    if (!texts.includes(text)) texts.push(text);
    return [{ document, text: texts.indexOf(text), index: good.index, claimedAtMs: good.claimedAtMs }];
  });
  return stored.length === 0 ? undefined : { version: 1, path, texts, slots: stored, ...(validators ? { validators } : {}) };
};

const restore = (record: StoredRecord, context: ParseContext): readonly Slot[] => {
  const parsed = record.texts.map((text) => {
    const bytes = Buffer.from(text, 'base64');
    return parseDocuments(bytes, record.path, 0, context);
  });
  return record.slots.flatMap(({ document, text, index, claimedAtMs }) => {
    const found = parsed[text]?.find((one) => one.type === 'good' && one.good.index === index);
    return found?.type === 'good' ? [{ document, good: { ...found.good, claimedAtMs } }] : [];
  });
};

const readRecords = async (directory: string, logger: Logger): Promise<readonly StoredRecord[]> => {
  let names: readonly string[];
  try {
    names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      logger.warn({ path: directory, err: describeError(error) }, 'Cannot read the last good versions of manifests');
    }
    return [];
  }
  const records = await Promise.all(
    names.map(async (name): Promise<StoredRecord | undefined> => {
      try {
        const record = JSON.parse(await readFile(join(directory, name), 'utf8')) as StoredRecord;
        return record.version === 1 && Array.isArray(record.texts) && Array.isArray(record.slots) ? record : undefined;
      } catch (error) {
        logger.warn({ path: join(directory, name), err: describeError(error) }, 'Cannot read the last good version of a manifest');
        return undefined;
      }
    }),
  );
  return records.filter((record) => record !== undefined);
};

/** Readers, and a machine that loses power, see the old or the new content, never a mixture. */
const writeAtomically = async (file: string, content: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}.tmp`;
  try {
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
};
