import { join } from 'node:path';
import type { Logger } from '@solo-kubelet/diagnostics';
import { type FileLayer, readState, writeDurably } from '@solo-kubelet/state-files';

export interface OwnerIdOptions {
  readonly rootDirectory: string;
  /** Name of the node at this start, in lower case. */
  readonly nodeName: string;
  readonly logger: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** File in the root directory that holds the id. */
const OWNER_FILE = 'owner-id';

/**
 * The value of the owner label on everything that this kubelet makes (docs/decisions/060). It is the node's name at the first start and stays the
 * same in this root directory ever after, so that the Pods of a machine whose name changes (by DHCP, by a flag) are still its own.
 */
export const ownerId = async ({ rootDirectory, nodeName, logger, files }: OwnerIdOptions): Promise<string> => {
  const path = join(rootDirectory, OWNER_FILE);
  const layer = files === undefined ? {} : { files };
  const kept = await readState(path, { decode: decodeOwnerId, logger, maxBytes: 1_024, ...layer });
  if (kept !== undefined) return kept;
  const id = labelValue(nodeName);
  await writeDurably(path, `${id}\n`, { mode: 0o644, directoryMode: 0o750, ...layer });
  return id;
};

const decodeOwnerId = (text: string): string => {
  // Without the end of its line it was cut off: the Pods of this machine would be those of a stranger.
  if (!text.endsWith('\n')) throw new Error('it has no end of line');
  const id = text.slice(0, -1);
  if (labelValue(id) !== id || id === '') throw new Error('it is no label value');
  return id;
};

/** A text as a label value: at most 63 letters, digits, `-`, `_` and `.`. */
const labelValue = (text: string): string => text.replace(/[^\w.-]/g, '-').slice(0, 63);
