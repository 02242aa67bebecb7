import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';

/** What a node has seen of a TUF repository: by it older metadata are known for what they are. */
export interface TufState {
  /** Roots after the configured one, by their versions. */
  readonly roots: Readonly<Record<string, string>>;
  readonly timestamp?: string;
  readonly snapshot?: string;
  /** Roles that list targets, by their names. */
  readonly roles: Readonly<Record<string, string>>;
}

export const EMPTY_TUF_STATE: TufState = { roots: {}, roles: {} };

const FILE = 'tuf.json';

/** What was seen, in one file that is replaced as a whole. One that makes no sense is set aside, and the configured root is where everything begins again. */
export const openTufState = (directory: string, { files, logger }: { readonly files: FileLayer | undefined; readonly logger: Logger }) => {
  const path = join(directory, FILE);
  const layer = files === undefined ? {} : { files };
  return {
    /** @throws (rejects) where the disk can't be read: that is not the same as nothing */
    load: async (): Promise<TufState> =>
      (await readState(path, { decode: decodeState, logger, requireReadable: true, ...layer })) ?? EMPTY_TUF_STATE,
    /** @throws (rejects) the error of the file system */
    save: (state: TufState): Promise<void> => writeDurably(path, JSON.stringify({ version: 1, ...state }), layer),
  };
};

/** @throws Error for a text that holds no state */
const decodeState = (text: string): TufState => {
  const state = parseBoundedJson(text);
  if (typeof state !== 'object' || state === null) throw new Error('it is no state of a TUF repository');
  const { version, roots, timestamp, snapshot, roles } = state as Record<string, unknown>;
  if (version !== 1 || !isTexts(roots) || !isTexts(roles)) throw new Error('it is no state of a TUF repository in version 1');
  return {
    roots,
    ...(typeof timestamp === 'string' && { timestamp }),
    ...(typeof snapshot === 'string' && { snapshot }),
    roles,
  };
};

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
