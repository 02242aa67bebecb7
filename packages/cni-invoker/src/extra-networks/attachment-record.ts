import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { removeDrafts, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import type { Attachment } from '../attachment.js';
import { CniError } from '../cni-error.js';
import { validateContainerId } from '../names.js';
import type { NetworkStatus } from './network-status.js';

/** One interface that was, or was about to be, attached: all that DEL needs. */
export interface RecordedAttachment extends Attachment {
  /** `namespace/name` as the pod asked for it. */
  readonly selection: string;
  /** The configuration list as JSON text, as it was when it was attached. */
  readonly config: string;
}

/** What a sandbox was given, written down before the first ADD so that a crash at any point can be cleaned up. */
export interface AttachmentRecord {
  readonly podSandboxId: string;
  /** `namespace/name`, for messages. */
  readonly pod: string;
  readonly netnsPath: string;
  /** The annotation's text. */
  readonly asked: string;
  readonly attachments: readonly RecordedAttachment[];
  /** Set once everything is attached. */
  readonly statuses?: readonly NetworkStatus[];
}

export interface AttachmentRecords {
  read(podSandboxId: string): Promise<AttachmentRecord | undefined>;
  write(record: AttachmentRecord): Promise<void>;
  delete(podSandboxId: string): Promise<void>;
  list(): Promise<readonly AttachmentRecord[]>;
}

const SUFFIX = '.json';

/** Records as files in `<stateDir>/extra-networks`, one a sandbox, for root alone. */
export const createAttachmentRecords = (stateDir: string): AttachmentRecords => {
  const dir = join(stateDir, 'extra-networks');
  const pathOf = (podSandboxId: string): string => {
    validateContainerId(podSandboxId);
    return join(dir, `${podSandboxId}${SUFFIX}`);
  };
  const failed = (path: string, verb: string, cause: unknown): CniError =>
    new CniError({ code: 'CNI_CACHE_FAILED', message: `the record ${path} can't be ${verb}`, cause });

  const read = async (podSandboxId: string): Promise<AttachmentRecord | undefined> => {
    const path = pathOf(podSandboxId);
    try {
      return parseBoundedJson(await readFile(path, 'utf8')) as AttachmentRecord;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw failed(path, 'read', error);
    }
  };

  return {
    read,
    write: async (record) => {
      const path = pathOf(record.podSandboxId);
      try {
        await writeDurably(path, JSON.stringify(record));
      } catch (cause) {
        throw failed(path, 'written', cause);
      }
    },
    delete: (podSandboxId) => removeDurable(pathOf(podSandboxId)),
    list: async () => {
      const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return [];
        throw failed(dir, 'read', error);
      });
      await removeDrafts(dir, names);
      const ids = names.filter((name) => name.endsWith(SUFFIX) && !name.startsWith('.')).map((name) => name.slice(0, -SUFFIX.length));
      const records = await Promise.all(ids.sort().map(read));
      return records.filter((record) => record !== undefined);
    },
  };
};
