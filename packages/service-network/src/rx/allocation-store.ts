import { describeError, type Logger, silentLogger } from '@solo-kubelet/diagnostics';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { type FileLayer, nodeFiles, readState, writeDurably } from '@solo-kubelet/state-files';
import type { Allocation, Allocations } from '../core/allocate-services.js';
import type { ServicePlaces } from './apply-tables.js';

/** Keeps what Services were given. */
export interface AllocationStore {
  /** What an earlier process wrote; empty where there is nothing. Rejects while it can't be told: an address may not change for that. */
  load(): Promise<Allocations>;
  /** Resolves once the record survives a loss of power. */
  save(allocations: Allocations): Promise<void>;
}

export interface FileAllocationStoreOptions {
  /** A JSON file. It and its directory are made when missing. */
  readonly path: string;
  /** Written beside the record, for whoever removes what is in force. */
  readonly ranges: readonly string[];
  /** Told of a file that is set aside. Default: nobody. */
  readonly logger?: Logger;
  /** Default: the machine's own file system. */
  readonly files?: FileLayer;
}

/** The record as one file, replaced in one durable step. */
export const fileAllocationStore = ({
  path,
  ranges,
  logger = silentLogger,
  files = nodeFiles,
}: FileAllocationStoreOptions): AllocationStore => ({
  load: async () => {
    try {
      return (await readState(path, { decode: decodeAllocations, logger, files, requireReadable: true })) ?? new Map();
    } catch (error) {
      throw new Error(`the record of Services ${path} cannot be read: ${describeError(error)}`, { cause: error });
    }
  },
  save: (allocations) =>
    writeDurably(path, JSON.stringify({ version: 1, ranges, services: Object.fromEntries(allocations) }), {
      mode: 0o600,
      directoryMode: 0o700,
      files,
    }),
});

const isPort = (value: unknown): boolean => Number.isInteger(value) && Number(value) > 0 && Number(value) < 65_536;

const isAllocation = (value: unknown): value is Allocation => {
  if (!isRecord(value)) return false;
  const { clusterIPs, nodePorts, healthCheckNodePort, loadBalancerIPs } = value;
  return (
    Array.isArray(clusterIPs) &&
    clusterIPs.every((ip) => typeof ip === 'string') &&
    isRecord(nodePorts) &&
    Object.values(nodePorts).every(isPort) &&
    (healthCheckNodePort === undefined || isPort(healthCheckNodePort)) &&
    (loadBalancerIPs === undefined || (Array.isArray(loadBalancerIPs) && loadBalancerIPs.every((ip) => typeof ip === 'string')))
  );
};

/** The ranges that a record tells of; none where it can't be read. */
export const rangesOfRecord = (text: string): readonly string[] => {
  try {
    const { ranges } = JSON.parse(text) as { readonly ranges?: unknown };
    return Array.isArray(ranges) ? ranges.filter((range) => typeof range === 'string') : [];
  } catch {
    return [];
  }
};

/** Where Services of a record were reached beside its ranges; nowhere where it can't be read. */
export const placesOfRecord = (text: string): ServicePlaces => {
  try {
    const all = [...decodeAllocations(text).values()];
    return {
      addresses: all.flatMap(({ loadBalancerIPs = [] }) => loadBalancerIPs),
      nodePorts: [...new Set(all.flatMap(({ nodePorts }) => Object.values(nodePorts)))],
    };
  } catch {
    return { addresses: [], nodePorts: [] };
  }
};

/** The record in a text. @throws Error for a text that holds none */
const decodeAllocations = (text: string): Allocations => {
  const record: unknown = JSON.parse(text);
  if (!isRecord(record) || record['version'] !== 1 || !isRecord(record['services']))
    throw new Error('it is no record of Services in version 1');
  return new Map(
    Object.entries(record['services']).map(([key, value]) => {
      if (!isAllocation(value)) throw new Error(`what ${key} was given is not whole`);
      return [key, value];
    }),
  );
};
