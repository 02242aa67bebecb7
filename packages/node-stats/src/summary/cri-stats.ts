import type { CpuUsage, FilesystemUsage, MemoryUsage, PodSandboxStats } from '@solo-kubelet/cri-types';
import { rfc3339 } from './node-measurements.js';
import type { CpuStats, FsStats, MemoryStats, NetworkStats } from './summary.js';
import { uint64Value } from './uint64-value.js';

const MS_PER_NANOSECOND = 1_000_000n;
/** Limits above this mean "none" (2^62, as upstream). */
const UNLIMITED_BYTES = 2 ** 62;

export const timeOf = (nanoseconds: bigint | undefined, nowMs: number): string =>
  rfc3339(nanoseconds === undefined || nanoseconds === 0n ? nowMs : Number(nanoseconds / MS_PER_NANOSECOND));

/** Drops what is undefined: the summary leaves unknown measurements out. */
const known = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;

/** Works out a rate from two readings of the same counter. */
export type RateOf = (key: string, usageCoreNanoSeconds: number | undefined, atMs: number) => number | undefined;

export const cpuStats = (key: string, cpu: CpuUsage | undefined, nowMs: number, rateOf: RateOf): CpuStats | undefined => {
  if (!cpu) return undefined;
  const usageCoreNanoSeconds = uint64Value(cpu.usageCoreNanoSeconds);
  const atMs = cpu.timestamp > 0n ? Number(cpu.timestamp / MS_PER_NANOSECOND) : nowMs;
  return known({
    time: timeOf(cpu.timestamp, nowMs),
    usageNanoCores: rateOf(key, usageCoreNanoSeconds, atMs) ?? uint64Value(cpu.usageNanoCores),
    usageCoreNanoSeconds,
  });
};

export const memoryStats = (memory: MemoryUsage | undefined, nowMs: number): MemoryStats | undefined => {
  if (!memory) return undefined;
  const availableBytes = uint64Value(memory.availableBytes);
  return known({
    time: timeOf(memory.timestamp, nowMs),
    // containerd reports the room below "no limit" as an enormous number.
    availableBytes: availableBytes !== undefined && availableBytes > 0 && availableBytes < UNLIMITED_BYTES ? availableBytes : undefined,
    usageBytes: uint64Value(memory.usageBytes),
    workingSetBytes: uint64Value(memory.workingSetBytes),
    rssBytes: uint64Value(memory.rssBytes),
    pageFaults: uint64Value(memory.pageFaults),
    majorPageFaults: uint64Value(memory.majorPageFaults),
  });
};

export const layerStats = (layer: FilesystemUsage | undefined, filesystem: FsStats | undefined, nowMs: number): FsStats | undefined => {
  if (!layer) return undefined;
  const { availableBytes, capacityBytes, inodes, inodesFree } = filesystem ?? {};
  return known({
    time: timeOf(layer.timestamp, nowMs),
    availableBytes,
    capacityBytes,
    inodes,
    inodesFree,
    usedBytes: uint64Value(layer.usedBytes),
    inodesUsed: uint64Value(layer.inodesUsed),
  });
};

export const networkStats = (network: NonNullable<PodSandboxStats['linux']>['network'], nowMs: number): NetworkStats | undefined => {
  const main = network?.defaultInterface;
  if (!network || !main) return undefined;
  const plain = (one: typeof main) =>
    known({
      name: one.name,
      rxBytes: uint64Value(one.rxBytes),
      rxErrors: uint64Value(one.rxErrors),
      txBytes: uint64Value(one.txBytes),
      txErrors: uint64Value(one.txErrors),
    });
  return { time: timeOf(network.timestamp, nowMs), ...plain(main), interfaces: [main, ...network.interfaces].map(plain) };
};
