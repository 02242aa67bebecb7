import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';
import type { Asking, LastIdentity } from './core/admission-subject.js';

/** The last version of a document that was admitted. */
export interface AdmittedRecord {
  /** What was asked for, as text or its digest: a document that says so again was admitted before. */
  readonly asked: string;
  readonly identity: LastIdentity;
  /** What came of it. */
  readonly outcome: Asking;
}

/** Keeps what was admitted over restarts, by `originKey`. */
export interface AdmittedStore {
  /** Undefined: nothing was ever kept here. Never fails. */
  load(): Promise<ReadonlyMap<string, AdmittedRecord> | undefined>;
  /** Keeps all of it; calls come one after the other. False where that was not possible, as on a full disk: it is saved again later. Never fails. */
  save(records: ReadonlyMap<string, AdmittedRecord>): Promise<boolean>;
}

/** Keeps nothing: after a restart a document that is rejected asks for nothing. */
export const noAdmittedStore: AdmittedStore = { load: async () => new Map(), save: async () => true };

export interface FileAdmittedStoreOptions {
  readonly path: string;
  readonly logger?: Logger;
  readonly files?: FileLayer;
}

/** One JSON file for root alone, replaced in one durable step: it holds Pods as manifests have them. */
export const fileAdmittedStore = ({ path, logger = silentLogger, files }: FileAdmittedStoreOptions): AdmittedStore => {
  let isFailing = false;
  const load: AdmittedStore['load'] = () => readState(path, { decode, logger, ...(files && { files }) });
  const save: AdmittedStore['save'] = async (records) => {
    const text = JSON.stringify({ version: 1, records: [...records] }, (_key, value: unknown) =>
      typeof value === 'bigint' ? { $int64: String(value) } : value,
    );
    try {
      await writeDurably(path, `${text}\n`, { mode: 0o600, directoryMode: 0o700, ...(files && { files }) });
      isFailing = false;
    } catch (error) {
      if (!isFailing) logger.warn({ path, err: describeError(error) }, 'Cannot keep on disk which Pods were admitted; trying again');
      isFailing = true;
    }
    return !isFailing;
  };
  return { load, save };
};

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const decode = (text: string): ReadonlyMap<string, AdmittedRecord> => {
  const read = parseBoundedJson(text, (_key, value: unknown) =>
    isMap(value) && typeof value['$int64'] === 'string' && /^-?\d{1,19}$/.test(value['$int64']) ? BigInt(value['$int64']) : value,
  );
  if (!isMap(read) || read['version'] !== 1 || !Array.isArray(read['records']))
    throw new Error('it is no record of admitted Pods in version 1');
  return new Map(read['records'].map(decodeRecord));
};

const decodeRecord = (entry: unknown): readonly [string, AdmittedRecord] => {
  const [key, record] = Array.isArray(entry) ? (entry as readonly unknown[]) : [];
  if (typeof key !== 'string' || !isMap(record)) throw new Error('a record has no key');
  const { asked, identity, outcome } = record;
  if (typeof asked !== 'string' || !isMap(identity) || !isMap(outcome) || !isMap(outcome['origin']))
    throw new Error(`the record ${key} is not whole`);
  const { type, pod, object } = outcome;
  const held = type === 'applied' ? pod : type === 'objectApplied' ? object : undefined;
  if (!isMap(held) || !isMap(held['metadata']) || !isMap(held['spec'])) throw new Error(`the record ${key} holds no Pod and no object`);
  if (typeof identity['asked'] !== 'string' || typeof identity['given'] !== 'string') throw new Error(`the record ${key} has no identity`);
  return [key, record as unknown as AdmittedRecord];
};
