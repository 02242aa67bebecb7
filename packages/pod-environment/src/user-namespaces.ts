import { readdir } from 'node:fs/promises';
import { type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { readState, writeDurably } from '@solo-kubelet/state-files';
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

export const createUserNamespaces = (podsDir: string, range: UserNamespaceRange, logger: Logger = silentLogger): UserNamespaces => {
  let recorded: Promise<Map<string, UserNamespaceRecord>> | undefined;
  const known = (): Promise<Map<string, UserNamespaceRecord>> => {
    recorded ??= readRecords(podsDir, logger).catch((error: unknown) => {
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
        await writeDurably(path, JSON.stringify(record), { mode: 0o644 });
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

/**
 * Every record. One that makes no sense is set aside and its Pod gets a new block: records are written durably before their Pod's sandbox exists,
 * so only a loss of power, which ends all containers, or a foreign hand can have broken it. A disk that can't be read fails the whole reading:
 * taking those ids for free would give two Pods the same users.
 */
const readRecords = async (podsDir: string, logger: Logger): Promise<Map<string, UserNamespaceRecord>> => {
  const records = new Map<string, UserNamespaceRecord>();
  for (const podUid of await readdir(podsDir)) {
    const path = `${podsDir}/${podUid}/userns`;
    const record = await readState(path, { decode: decodeRecord, logger, maxBytes: MAX_RECORD_BYTES, requireReadable: true });
    if (record !== undefined) records.set(podUid, record);
  }
  return records;
};

const MAX_RECORD_BYTES = 64 * 1024;

const decodeRecord = (text: string): UserNamespaceRecord => {
  const record = parseUserNamespaceRecord(text);
  if (record === undefined) throw new Error('it is no mapping of ids');
  return record;
};
