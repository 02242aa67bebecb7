import type { Pressures } from './pressure.js';

/** Where the kernel keeps cgroups. */
export interface CgroupMount {
  /** Default of every distribution: /sys/fs/cgroup. */
  readonly mountPoint: string;
  /** 1 also stands for hybrid hosts, whose controllers are on v1. */
  readonly version: 1 | 2;
}

/** What the kernel counts of one cgroup. A limit that is not set is undefined. Nanoseconds, bytes, counts. */
export interface CgroupMeasurements {
  readonly atMs: number;
  readonly cpu: {
    readonly usageNanoseconds: number;
    readonly userNanoseconds: number;
    readonly systemNanoseconds: number;
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNanoseconds: number;
    readonly shares: number;
    readonly quotaMicroseconds: number | undefined;
    readonly periodMicroseconds: number;
  };
  readonly memory: {
    readonly usageBytes: number;
    /** Usage without the file pages that the kernel would give up first. */
    readonly workingSetBytes: number;
    readonly rssBytes: number;
    readonly cacheBytes: number;
    readonly mappedBytes: number;
    readonly swapBytes: number;
    readonly kernelBytes: number;
    /** The highest usage so far; undefined where the kernel does not keep it. */
    readonly maxUsageBytes: number | undefined;
    /** How often the limit was hit. */
    readonly limitHits: number;
    readonly limitBytes: number | undefined;
    /** Of swap alone on either version (cAdvisor tells memory and swap together on v1). */
    readonly swapLimitBytes: number | undefined;
    readonly reservedBytes: number | undefined;
    readonly activeFileBytes: number;
    readonly inactiveFileBytes: number;
    /** Of the cgroup alone, and of all below it too. v2 counts only the latter. */
    readonly pageFaults: { readonly own: number; readonly all: number };
    readonly majorPageFaults: { readonly own: number; readonly all: number };
  };
  readonly threads: number;
  readonly maxThreads: number | undefined;
  /** By `major:minor` of the device. */
  readonly io: ReadonlyMap<string, DeviceMeasurements>;
  readonly oomKills: number;
  /** Undefined where the kernel does not measure it. */
  readonly pressure: Pressures | undefined;
}

export interface DeviceMeasurements {
  /** By operation: Read, Write and what else the kernel tells apart. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, number>>;
}

/** Reads a file of the cgroup; empty when there is none. v2 has one directory for all controllers. */
export type ReadCgroupFile = (controller: string, file: string) => Promise<string>;

/** `name value` lines. */
export const parseCounters = (text: string): Readonly<Record<string, number>> =>
  Object.fromEntries(text.split('\n').flatMap((line) => (line === '' ? [] : [[line.split(' ')[0], Number(line.split(' ')[1])]])));

/** A limit beyond this means that there is none (upstream's maxMemorySize, 2^62). */
const UNLIMITED = 2 ** 62;

/** A number, or `max`; -1 and enormous numbers also stand for no limit. */
export const parseLimit = (text: string): number | undefined => {
  const value = Number(text.trim() || 'max');
  return Number.isFinite(value) && value >= 0 && value < UNLIMITED ? value : undefined;
};
