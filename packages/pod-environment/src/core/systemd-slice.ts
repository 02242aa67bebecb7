import { podCgroupWeight } from '@solo-kubelet/pod-spec';
import type { CgroupLimits, CgroupVersion } from './cgroup-files.js';
import { type CgroupName, sliceUnit } from './cgroup-names.js';

/** A property of a systemd unit in busctl's words: its name, D-Bus signature and value. */
export type UnitProperty = readonly [name: string, signature: 's' | 'as' | 'b' | 't', ...value: readonly string[]];

/** Limits with the quota rounded up to whole percents of a CPU, as systemd keeps it: what the cgroup's files are to hold too. */
export const sliceLimits = (limits: CgroupLimits): CgroupLimits => {
  const { cpuQuotaUs, cpuPeriodUs } = limits;
  if (!cpuQuotaUs || cpuQuotaUs < 0) return limits;
  return { ...limits, cpuQuotaUs: (quotaPerSecond(cpuQuotaUs, cpuPeriodUs) * (cpuPeriodUs || DEFAULT_PERIOD_US)) / 1_000_000 };
};

/** Limits as unit properties. */
export const sliceLimitProperties = (version: CgroupVersion, limits: CgroupLimits): readonly UnitProperty[] => {
  const { cpuShares, cpuQuotaUs, cpuPeriodUs, memoryBytes, memoryMin, memoryLow, pids } = limits;
  const properties: UnitProperty[] = [];
  if (cpuShares) properties.push(version === 2 ? ['CPUWeight', 't', `${podCgroupWeight(cpuShares)}`] : ['CPUShares', 't', `${cpuShares}`]);
  if (cpuPeriodUs) properties.push(['CPUQuotaPeriodUSec', 't', `${cpuPeriodUs}`]);
  if (cpuQuotaUs) properties.push(['CPUQuotaPerSecUSec', 't', cpuQuotaUs < 0 ? UNLIMITED : `${quotaPerSecond(cpuQuotaUs, cpuPeriodUs)}`]);
  if (memoryBytes) properties.push([version === 2 ? 'MemoryMax' : 'MemoryLimit', 't', `${memoryBytes}`]);
  if (version === 2 && memoryMin !== undefined) properties.push(['MemoryMin', 't', `${memoryMin}`]);
  if (version === 2 && memoryLow !== undefined) properties.push(['MemoryLow', 't', `${memoryLow}`]);
  if (pids) properties.push(['TasksMax', 't', `${pids}`]);
  return properties;
};

/** Properties of a new slice. */
export const newSliceProperties = (version: CgroupVersion, name: CgroupName): readonly UnitProperty[] => [
  ['Description', 's', `Solo Kubelet ${sliceUnit(name)}`],
  ['Wants', 'as', '1', sliceUnit(name.slice(0, -1))],
  ['MemoryAccounting', 'b', 'true'],
  ['CPUAccounting', 'b', 'true'],
  [version === 2 ? 'IOAccounting' : 'BlockIOAccounting', 'b', 'true'],
  ['TasksAccounting', 'b', 'true'],
  ['DefaultDependencies', 'b', 'false'],
];

/** A method call of systemd's manager about one unit, in busctl's words. */
export interface SystemdCall {
  readonly method: 'StartTransientUnit' | 'SetUnitProperties' | 'StopUnit';
  readonly unit: string;
  /** Signature of the arguments, then the arguments. */
  readonly arguments: readonly string[];
}

/** Makes a transient slice. */
export const startSliceCall = (name: CgroupName, properties: readonly UnitProperty[]): SystemdCall => ({
  method: 'StartTransientUnit',
  unit: sliceUnit(name),
  arguments: ['ssa(sv)a(sa(sv))', sliceUnit(name), 'replace', ...propertyArguments(properties), '0'],
});

/** Changes a slice until the next boot. */
export const setSliceCall = (name: CgroupName, properties: readonly UnitProperty[]): SystemdCall => ({
  method: 'SetUnitProperties',
  unit: sliceUnit(name),
  arguments: ['sba(sv)', sliceUnit(name), 'true', ...propertyArguments(properties)],
});

/** Gives free what a slice or scope keeps of memory and takes its brake off, until the next boot. */
export const freeMemoryCall = (unit: string): SystemdCall => ({
  method: 'SetUnitProperties',
  unit,
  arguments: ['sba(sv)', unit, 'true', ...propertyArguments(FREE_MEMORY)],
});

export const stopSliceCall = (name: CgroupName): SystemdCall => ({
  method: 'StopUnit',
  unit: sliceUnit(name),
  arguments: ['ss', sliceUnit(name), 'replace'],
});

/** Arguments of busctl(1). Nothing after `--` is taken for an option: the root slice is called `-.slice`. */
export const busctlArguments = (call: SystemdCall): readonly string[] => [
  '--system',
  '--',
  'call',
  'org.freedesktop.systemd1',
  '/org/freedesktop/systemd1',
  'org.freedesktop.systemd1.Manager',
  call.method,
  ...call.arguments,
];

const propertyArguments = (properties: readonly UnitProperty[]): readonly string[] => [`${properties.length}`, ...properties.flat()];

const DEFAULT_PERIOD_US = 100_000;
/** The largest 64-bit number: systemd's "infinity". */
const UNLIMITED = '18446744073709551615';

const FREE_MEMORY: readonly UnitProperty[] = [
  ['MemoryHigh', 't', UNLIMITED],
  ['MemoryMin', 't', '0'],
  ['MemoryLow', 't', '0'],
];

/** Microseconds of CPU each second. One percent of a CPU is 10 000 µs. */
const quotaPerSecond = (quotaUs: number, periodUs: number | undefined): number =>
  Math.ceil((quotaUs * 1_000_000) / (periodUs || DEFAULT_PERIOD_US) / 10_000) * 10_000;
