import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodUid } from './core/pod-identity.js';
import type { PodRecord, StatusStore } from './status-store.js';

export interface FileStatusStoreOptions {
  /** One JSON file a pod. Made when missing. */
  readonly directory: string;
}

/** Keeps pod records as files, each replaced in one step. Only numbers, times and states go in: nothing of a manifest's environment. */
export const fileStatusStore = ({ directory }: FileStatusStoreOptions): StatusStore => {
  const pathOf = (podUid: PodUid): string => join(directory, `${encodeURIComponent(podUid)}.json`);
  return {
    load: async () => {
      const names = await readdir(directory).catch(() => []);
      const records = await Promise.all(names.filter((name) => name.endsWith('.json')).map((name) => readRecord(join(directory, name))));
      return records.filter((record) => record !== undefined);
    },
    save: async (record) => {
      const path = pathOf(record.podUid);
      const write = (): Promise<void> => writeFile(`${path}.tmp`, JSON.stringify({ version: 1, ...record }), { mode: 0o640 });
      await write().catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        await mkdir(directory, { recursive: true, mode: 0o750 });
        await write();
      });
      await rename(`${path}.tmp`, path);
    },
    remove: (podUid) => rm(pathOf(podUid), { force: true }),
  };
};

/** A record that was cut off by a power loss, or is of another make, counts as absent. */
const readRecord = async (path: string): Promise<PodRecord | undefined> => {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as PodRecord & { readonly version?: unknown };
    const sound =
      record.version === 1 && typeof record.podUid === 'string' && typeof record.status === 'object' && typeof record.backoff === 'object';
    return sound ? { podUid: record.podUid, status: record.status, backoff: record.backoff } : undefined;
  } catch {
    return undefined;
  }
};
