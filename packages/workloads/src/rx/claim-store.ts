import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, nodeFiles, readState, writeDurably } from '@solo-kubelet/state-files';
import { type ClaimRecord, emptyClaimRecord } from '../core/claims/claim.js';

/** Keeps the record of claims. */
export interface ClaimStore {
  /** What an earlier process wrote; an empty record where there is none. Rejects while it can't be told. */
  load(): Promise<ClaimRecord>;
  /** Resolves once the record survives a loss of power. */
  save(record: ClaimRecord): Promise<void>;
}

export interface FileClaimStoreOptions {
  /** A JSON file. It and its directory are made when missing. */
  readonly path: string;
  /** Told of a file that is set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** The record of claims as one file, replaced in one durable step. */
export const fileClaimStore = ({ path, logger = silentLogger, files = nodeFiles }: FileClaimStoreOptions): ClaimStore => ({
  load: async () => {
    try {
      return (await readState(path, { decode: decodeClaimRecord, logger, files, requireReadable: true })) ?? emptyClaimRecord;
    } catch (error) {
      throw new Error(`the record of claims ${path} cannot be read: ${describeError(error)}`, { cause: error });
    }
  },
  save: (record) => writeDurably(path, JSON.stringify({ version: 1, ...record }), { mode: 0o600, directoryMode: 0o700, files }),
});

const isBinding = (value: unknown): boolean => {
  if (!isRecord(value) || !isRecord(value['claim']) || !isRecord(value['volume'])) return false;
  const { claim, volume, provisioned } = value as {
    readonly claim: Record<string, unknown>;
    readonly volume: Record<string, unknown>;
  } & typeof value;
  const { metadata } = claim;
  return (
    isRecord(metadata) &&
    ['name', 'namespace', 'uid'].every((name) => typeof metadata[name] === 'string' && metadata[name] !== '') &&
    isRecord(claim['spec']) &&
    isRecord(volume['metadata']) &&
    isRecord(volume['spec']) &&
    typeof provisioned === 'boolean'
  );
};

/** The record in a text. @throws Error for a text that holds none */
export const decodeClaimRecord = (text: string): ClaimRecord => {
  const record = parseBoundedJson(text);
  if (!isRecord(record) || record['version'] !== 1) throw new Error('it is no record of claims in version 1');
  const { bindings, released, deleting, told } = record;
  for (const list of [bindings, released, deleting])
    if (!Array.isArray(list) || !list.every(isBinding)) throw new Error('a list of bindings is not whole');
  if (!isRecord(told) || !Object.values(told).every((message) => typeof message === 'string'))
    throw new Error('told is not a map of texts');
  return { bindings, released, deleting, told } as unknown as ClaimRecord;
};
