import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { type PodStatus, parseQuantity } from '@solo-kubelet/pod-spec';
import { type FileLayer, readState, removeDrafts, removeDurable, writeDurably } from '@solo-kubelet/state-files';
import type { BackoffEntry } from './core/crash-backoff.js';
import type { PodUid } from './core/pod-identity.js';
import type { ResourceRecord } from './core/resize/resource-record.js';
import type { PodRecord, StatusStore } from './status-store.js';

export interface FileStatusStoreOptions {
  /** One JSON file a pod. Made when missing. */
  readonly directory: string;
  /** Told of records that are set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** Keeps pod records as files, each replaced in one durable step. Only numbers, times and states go in: nothing of a manifest's environment. */
export const fileStatusStore = ({ directory, logger = silentLogger, files }: FileStatusStoreOptions): StatusStore => {
  const pathOf = (podUid: PodUid): string => join(directory, `${encodeURIComponent(podUid)}.json`);
  const layer = files === undefined ? {} : { files };
  return {
    load: async () => {
      const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') logger.warn({ path: directory, err: describeError(error) }, 'Cannot read the records of pods');
        return [];
      });
      await removeDrafts(directory, names, files);
      const records = await Promise.all(
        names
          .filter((name) => name.endsWith('.json'))
          .map((name) => readState(join(directory, name), { decode: decodePodRecord, logger, ...layer })),
      );
      return records.filter((record) => record !== undefined);
    },
    save: (record) =>
      writeDurably(pathOf(record.podUid), JSON.stringify({ version: 1, ...record }), { mode: 0o640, directoryMode: 0o750, ...layer }),
    remove: (podUid) => removeDurable(pathOf(podUid), files),
  };
};

/** The record in a text. @throws Error for a text that holds none */
export const decodePodRecord = (text: string): PodRecord => {
  const record = parseBoundedJson(text);
  if (!isRecord(record) || record['version'] !== 1) throw new Error('it is no record of a pod in version 1');
  const { podUid, status, backoff, resources } = record;
  if (typeof podUid !== 'string' || podUid === '') throw new Error('podUid is not a text');
  const fault = statusFault(status) ?? backoffFault(backoff) ?? resourcesFault(resources);
  if (fault !== undefined) throw new Error(fault);
  return {
    podUid: podUid as PodUid,
    status: status as PodStatus,
    backoff: backoff as Readonly<Record<string, BackoffEntry>>,
    ...(resources !== undefined && { resources: resources as ResourceRecord }),
  };
};

const CONTAINER_LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];
const TEXTS = ['phase', 'reason', 'message', 'podIP', 'hostIP', 'qosClass', 'startTime', 'resize', 'nominatedNodeName'];
const STATES = ['running', 'waiting', 'terminated'];

/** What of a stored PodStatus is not of the shape that the decisions rely on. */
const statusFault = (status: unknown): string | undefined => {
  if (!isRecord(status)) return 'status is not an object';
  const text = TEXTS.find((field) => status[field] !== undefined && typeof status[field] !== 'string');
  if (text !== undefined) return `status.${text} is not a text`;
  const list = [...CONTAINER_LISTS, 'conditions', 'podIPs', 'hostIPs'].find(
    (field) => status[field] !== undefined && !isListOfObjects(status[field]),
  );
  if (list !== undefined) return `status.${list} is not a list of objects`;
  for (const field of CONTAINER_LISTS) {
    for (const entry of (status[field] ?? []) as Record<string, unknown>[]) {
      const fault = containerFault(entry);
      if (fault !== undefined) return `status.${field}: ${fault}`;
    }
  }
  const conditions = (status['conditions'] ?? []) as Record<string, unknown>[];
  return conditions.every(({ type, status: value }) => typeof type === 'string' && typeof value === 'string')
    ? undefined
    : 'status.conditions: an entry without type or status';
};

const containerFault = (entry: Record<string, unknown>): string | undefined => {
  if (typeof entry['name'] !== 'string') return 'an entry without a name';
  if (entry['restartCount'] !== undefined && !Number.isSafeInteger(entry['restartCount'])) return 'restartCount is not a whole number';
  for (const field of ['state', 'lastState']) {
    const state = entry[field];
    if (state === undefined) continue;
    if (!isRecord(state) || STATES.some((name) => state[name] !== undefined && !isRecord(state[name])))
      return `${field} is not a container state`;
  }
  return undefined;
};

const isListOfObjects = (value: unknown): boolean => Array.isArray(value) && value.every(isRecord);

const backoffFault = (backoff: unknown): string | undefined =>
  isRecord(backoff) && Object.values(backoff).every(isBackoffEntry) ? undefined : 'backoff is not a table of delays and times';

const isBackoffEntry = (entry: unknown): entry is BackoffEntry =>
  isRecord(entry) &&
  [entry['delayMs'], entry['updatedAtMs']].every((value) => Number.isFinite(value)) &&
  ['undefined', 'string'].includes(typeof entry['grantedTo']);

/** Absent in records of older versions. */
const resourcesFault = (resources: unknown): string | undefined => {
  if (resources === undefined) return undefined;
  if (!isRecord(resources) || !isRecord(resources['actuated'])) return 'resources is not a record of resources';
  const { allocated, actuated, podCgroup, unconfirmed = {}, podUnconfirmed } = resources;
  const wholes = [podCgroup, podUnconfirmed].filter((whole) => whole !== undefined);
  const sound =
    isRecord(unconfirmed) &&
    [allocated, ...wholes].every(isPodResources) &&
    [...Object.values(actuated), ...Object.values(unconfirmed)].every(isRequirements);
  return sound ? undefined : 'resources holds something that is no amount';
};

const isPodResources = (value: unknown): boolean =>
  isRecord(value) &&
  isRecord(value['containers']) &&
  Object.values(value['containers']).every(isRequirements) &&
  (value['pod'] === undefined || isRequirements(value['pod']));

const isRequirements = (value: unknown): boolean =>
  isRecord(value) &&
  ['requests', 'limits'].every(
    (list) => value[list] === undefined || (isRecord(value[list]) && Object.values(value[list]).every(isQuantity)),
  );

const isQuantity = (value: unknown): boolean => {
  try {
    return typeof value === 'string' && parseQuantity(value) !== undefined;
  } catch {
    return false;
  }
};
