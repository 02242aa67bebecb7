import type { CpuUsage, FilesystemUsage, MemoryUsage, PodSandboxStats } from '@solo-kubelet/cri-types';
import { rfc3339 } from './node-measurements.js';
import type { CpuStats, FsStats, MemoryStats, NetworkStats } from './summary.js';

const MS_PER_NANOSECOND = 1_000_000n;
/** Limits above this mean "none" (2^62, as upstream). */
const UNLIMITED_BYTES = 2 ** 62;

/** CRI wraps 64-bit measurements in messages to tell zero from unknown; here they become numbers, exact up to 2^53. */
const figure = (wrapped: { readonly value: bigint } | undefined): number | undefined =>
  wrapped === undefined ? undefined : Number(wrapped.value);

export const timeOf = (nanoseconds: bigint | undefined, nowMs: number): string =>
  rfc3339(nanoseconds === undefined || nanoseconds === 0n ? nowMs : Number(nanoseconds / MS_PER_NANOSECOND));

/** Drops what is undefined: the summary leaves unknown measurements out. */
const known = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T;

/** Works out a rate from two readings of the same counter. */
export type RateOf = (key: string, usageCoreNanoSeconds: number | undefined, atMs: number) => number | undefined;

export const cpuStats = (key: string, cpu: CpuUsage | undefined, nowMs: number, rateOf: RateOf): CpuStats | undefined => {
  if (!cpu) return undefined;
  const usageCoreNanoSeconds = figure(cpu.usageCoreNanoSeconds);
  const atMs = cpu.timestamp > 0n ? Number(cpu.timestamp / MS_PER_NANOSECOND) : nowMs;
  return known({
    time: timeOf(cpu.timestamp, nowMs),
    usageNanoCores: rateOf(key, usageCoreNanoSeconds, atMs) ?? figure(cpu.usageNanoCores),
    usageCoreNanoSeconds,
  });
};

export const memoryStats = (memory: MemoryUsage | undefined, nowMs: number): MemoryStats | undefined => {
  if (!memory) return undefined;
  const availableBytes = figure(memory.availableBytes);
  return known({
    time: timeOf(memory.timestamp, nowMs),
    // containerd reports the room below "no limit" as an enormous number.
    availableBytes: availableBytes !== undefined && availableBytes > 0 && availableBytes < UNLIMITED_BYTES ? availableBytes : undefined,
    usageBytes: figure(memory.usageBytes),
    workingSetBytes: figure(memory.workingSetBytes),
    rssBytes: figure(memory.rssBytes),
    pageFaults: figure(memory.pageFaults),
    majorPageFaults: figure(memory.majorPageFaults),
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
    usedBytes: figure(layer.usedBytes),
    inodesUsed: figure(layer.inodesUsed),
  });
};

export const networkStats = (network: NonNullable<PodSandboxStats['linux']>['network'], nowMs: number): NetworkStats | undefined => {
  const main = network?.defaultInterface;
  if (!network || !main) return undefined;
  const plain = (one: typeof main) =>
    known({
      name: one.name,
      rxBytes: figure(one.rxBytes),
      rxErrors: figure(one.rxErrors),
      txBytes: figure(one.txBytes),
      txErrors: figure(one.txErrors),
    });
  return { time: timeOf(network.timestamp, nowMs), ...plain(main), interfaces: [main, ...network.interfaces].map(plain) };
};
