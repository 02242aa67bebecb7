import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { freeIdBlock, parseUserNamespaceRecord, type UserNamespaceRecord, userNamespaceRecord } from './core/id-ranges.js';
import type { UserNamespaceRange } from './node-environment.js';
import { PodEnvironmentError } from './pod-environment-error.js';

/** Hands out blocks of host ids to pods with `hostUsers: false`; what is taken stands in `<root>/pods/<uid>/userns`. */
export interface UserNamespaces {
  /** The pod's mapping, made and recorded when it has none. Its directory must exist. */
  allocate(podUid: string): Promise<UserNamespaceRecord>;
  /** To be called after the pod's directory is gone. */
  release(podUid: string): Promise<void>;
}

export const createUserNamespaces = (podsDir: string, range: UserNamespaceRange): UserNamespaces => {
  let recorded: Promise<Map<string, UserNamespaceRecord>> | undefined;
  const known = (): Promise<Map<string, UserNamespaceRecord>> => {
    recorded ??= readRecords(podsDir).catch((error: unknown) => {
      recorded = undefined;
      throw error;
    });
    return recorded;
  };
  return {
    async allocate(podUid) {
      const records = await known();
      const present = records.get(podUid);
      if (present !== undefined) return present;
      const hostId = freeIdBlock(range, new Set([...records.values()].map(({ uidMappings }) => uidMappings[0]?.hostId ?? 0)));
      if (hostId === undefined) {
        throw new PodEnvironmentError({
          code: 'USER_NAMESPACE_UNAVAILABLE',
          message: 'no free block of host ids is left for a pod with hostUsers: false',
        });
      }
      const record = userNamespaceRecord(hostId, range.idsPerPod);
      records.set(podUid, record);
      const path = `${podsDir}/${podUid}/userns`;
      try {
        await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o644 });
        await rename(`${path}.new`, path);
      } catch (error) {
        records.delete(podUid);
        throw error;
      }
      return record;
    },
    async release(podUid) {
      const records = await recorded?.catch(() => undefined);
      records?.delete(podUid);
    },
  };
};

/** An unreadable record fails the whole reading: taking its ids for free would give two pods the same users. */
const readRecords = async (podsDir: string): Promise<Map<string, UserNamespaceRecord>> => {
  const records = new Map<string, UserNamespaceRecord>();
  for (const podUid of await readdir(podsDir)) {
    const text = await readFile(`${podsDir}/${podUid}/userns`, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (text === undefined) continue;
    const record = parseUserNamespaceRecord(text);
    if (record === undefined) {
      throw new PodEnvironmentError({
        code: 'USER_NAMESPACE_UNAVAILABLE',
        message: `cannot read the id mapping in ${podsDir}/${podUid}/userns`,
        hint: 'Stop that pod and delete the file.',
      });
    }
    records.set(podUid, record);
  }
  return records;
};
