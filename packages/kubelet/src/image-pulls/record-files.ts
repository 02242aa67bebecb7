import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeDrafts, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import { readRegular } from '@solo-kubelet/untrusted-files';
import { decodePreloaded, encodePreloaded, type PreloadedImage } from './core/preloaded-image.js';
import { type Decoded, decodeIntent, decodeRecord, encodeIntent, encodeRecord, type PulledRecord } from './core/pull-record.js';

/** A file that is no record, and why. */
export type RecordProblem = (path: string, error: unknown) => void;

/**
 * The records of pulls on the disk, where and as upstream's kubelet has them, so that either finds the other's: files named by the SHA-256 of what they are
 * about (pkg/kubelet/images/pullmanager/fs_pullrecords.go). What is on the disk is what counts: nothing of it is kept in memory. Two writes about one
 * image must not run at the same time.
 */
export interface RecordFiles {
  /** Rejects for a file that is no intent. */
  hasIntent(image: string): Promise<boolean>;
  writeIntent(image: string): Promise<void>;
  removeIntent(image: string): Promise<void>;
  /** Files that are none are told of, and left alone. */
  listIntents(onProblem: RecordProblem): Promise<readonly string[]>;
  /** Rejects for a file that is no record. */
  readRecord(imageRef: string): Promise<PulledRecord | undefined>;
  writeRecord(record: PulledRecord): Promise<void>;
  removeRecord(imageRef: string): Promise<void>;
  listRecords(onProblem: RecordProblem): Promise<readonly PulledRecord[]>;
  /** In a directory of our own, of which upstream's kubelet knows nothing. A file that makes no sense is none. */
  readPreloaded(imageRef: string): Promise<PreloadedImage | undefined>;
  writePreloaded(preloaded: PreloadedImage): Promise<void>;
  removePreloaded(imageRef: string): Promise<void>;
  listPreloaded(): Promise<readonly PreloadedImage[]>;
  count(): Promise<{ readonly intents: number; readonly records: number }>;
  /** Writes what is in an older version of the API anew, and removes what writes that were cut short have left. */
  tidy(onProblem: RecordProblem): Promise<void>;
}

const PREFIX = 'sha256-';
/** A record has some hundred bytes for each Secret, and few of them. */
const MAX_RECORD_BYTES = 4 << 20;

/** `directory`: `image_manager` below the kubelet's root. */
export const recordFiles = (directory: string): RecordFiles => {
  const pulling = join(directory, 'pulling');
  const pulled = join(directory, 'pulled');
  const preloaded = join(directory, 'preloaded');

  const list = async <Value>(folder: string, decode: (text: string) => Decoded<Value>, onProblem: RecordProblem) => {
    const found: Decoded<Value>[] = [];
    for (const name of await namesIn(folder)) {
      const path = join(folder, name);
      try {
        const text = await readText(path);
        if (text !== undefined) found.push(decode(text));
      } catch (error) {
        onProblem(path, error);
      }
    }
    return found;
  };
  const files: RecordFiles = {
    hasIntent: async (image) => {
      const text = await readText(pathIn(pulling, image));
      return text !== undefined && decodeIntent(text).value === image;
    },
    writeIntent: (image) => writeDurably(pathIn(pulling, image), encodeIntent(image)),
    removeIntent: (image) => removeDurable(pathIn(pulling, image)),
    listIntents: async (onProblem) => (await list(pulling, decodeIntent, onProblem)).map(({ value }) => value),
    readRecord: async (imageRef) => {
      const text = await readText(pathIn(pulled, imageRef));
      const record = text === undefined ? undefined : decodeRecord(text).value;
      return record?.imageRef === imageRef ? record : undefined;
    },
    writeRecord: (record) => writeDurably(pathIn(pulled, record.imageRef), encodeRecord(record)),
    removeRecord: (imageRef) => removeDurable(pathIn(pulled, imageRef)),
    listRecords: async (onProblem) => (await list(pulled, decodeRecord, onProblem)).map(({ value }) => value),
    readPreloaded: async (imageRef) => {
      const found = await readText(pathIn(preloaded, imageRef))
        .then(decodePreloadedText)
        .catch(() => undefined);
      return found?.imageRef === imageRef ? found : undefined;
    },
    writePreloaded: (image) => writeDurably(pathIn(preloaded, image.imageRef), encodePreloaded(image)),
    removePreloaded: (imageRef) => removeDurable(pathIn(preloaded, imageRef)),
    listPreloaded: async () =>
      (
        await list(
          preloaded,
          (text) => ({ value: decodePreloaded(text), current: true }),
          () => {},
        )
      ).map(({ value }) => value),
    count: async () => {
      const [intents, records] = await Promise.all([namesIn(pulling), namesIn(pulled)]);
      return { intents: intents.length, records: records.length };
    },
    tidy: async (onProblem) => {
      for (const folder of [pulling, pulled, preloaded]) await removeDrafts(folder, await readdir(folder).catch(() => []));
      for (const { value, current } of await list(pulling, decodeIntent, onProblem)) if (!current) await files.writeIntent(value);
      for (const { value, current } of await list(pulled, decodeRecord, onProblem)) if (!current) await files.writeRecord(value);
    },
  };
  return files;
};

const decodePreloadedText = (text: string | undefined): PreloadedImage | undefined =>
  text === undefined ? undefined : decodePreloaded(text);

const pathIn = (folder: string, subject: string): string => join(folder, `${PREFIX}${createHash('sha256').update(subject).digest('hex')}`);

/** What others have put there, and upstream's drafts, are none of its records. */
const namesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(noneWhereAbsent<[]>([]));
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name.startsWith(PREFIX) && !entry.name.endsWith('.tmp'))
    .map(({ name }) => name);
};

const readText = async (path: string): Promise<string | undefined> => {
  const bytes = await readRegular(path, { maxBytes: MAX_RECORD_BYTES }).catch(noneWhereAbsent(undefined));
  return bytes?.toString('utf8');
};

const noneWhereAbsent =
  <Value>(none: Value) =>
  (error: NodeJS.ErrnoException): Value => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return none;
    throw error;
  };
