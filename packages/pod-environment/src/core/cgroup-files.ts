import { podCgroupWeight } from '@solo-kubelet/pod-spec';

/** Of the hierarchy that the machine has mounted; a hybrid one counts as 1. */
export type CgroupVersion = 1 | 2;

/** What a cgroup is held to. Absent: not written. */
export interface CgroupLimits {
  /** CPU shares, 2 to 262144. */
  readonly cpuShares?: number | undefined;
  /** Microseconds in each period; -1 for no limit. */
  readonly cpuQuotaUs?: number | undefined;
  readonly cpuPeriodUs?: number | undefined;
  readonly memoryBytes?: number | bigint | undefined;
  /** Bytes that are not taken from it (min), or only when nothing else is left (low); 0 for none. On cgroup v2 alone. */
  readonly memoryMin?: number | bigint | undefined;
  readonly memoryLow?: number | bigint | undefined;
  readonly pids?: number | undefined;
  /** Bytes by page size in Kubernetes' spelling (`2Mi`). */
  readonly hugePages?: Readonly<Record<string, number | bigint>> | undefined;
}

/** One write to one file of a cgroup. */
export interface CgroupWrite {
  readonly controller: 'cpu' | 'memory' | 'pids' | 'hugetlb';
  readonly file: string;
  readonly value: string;
  /** Whether nothing is lost when the file is not there: newer kernels only, or huge pages that nobody asked for. */
  readonly optional?: boolean;
}

/** The writes that hold a cgroup to its limits, in order. Upstream: pkg/kubelet/cm/cgroup_manager_linux.go, opencontainers/cgroups. */
export const cgroupWrites = (version: CgroupVersion, limits: CgroupLimits): readonly CgroupWrite[] =>
  version === 2 ? v2Writes(limits) : v1Writes(limits);

const v2Writes = ({
  cpuShares,
  cpuQuotaUs,
  cpuPeriodUs,
  memoryBytes,
  memoryMin,
  memoryLow,
  pids,
  hugePages,
}: CgroupLimits): readonly CgroupWrite[] => [
  ...when(cpuShares, (shares) => ({ controller: 'cpu', file: 'cpu.weight', value: `${podCgroupWeight(shares)}` })),
  ...when(cpuQuotaUs, (quota) => ({
    controller: 'cpu',
    file: 'cpu.max',
    value: `${quota < 0 ? 'max' : quota} ${cpuPeriodUs || DEFAULT_PERIOD_US}`,
  })),
  ...when(memoryBytes, (bytes) => ({ controller: 'memory', file: 'memory.max', value: `${bytes}` })),
  ...protection('memory.min', memoryMin),
  ...protection('memory.low', memoryLow),
  ...when(pids, (count) => ({ controller: 'pids', file: 'pids.max', value: `${count}` })),
  ...hugePageWrites(hugePages, ['max', 'rsvd.max']),
];

const v1Writes = ({ cpuShares, cpuQuotaUs, cpuPeriodUs, memoryBytes, pids, hugePages }: CgroupLimits): readonly CgroupWrite[] => [
  ...when(cpuShares, (shares) => ({ controller: 'cpu', file: 'cpu.shares', value: `${shares}` })),
  ...when(cpuPeriodUs, (period) => ({ controller: 'cpu', file: 'cpu.cfs_period_us', value: `${period}` })),
  ...when(cpuQuotaUs, (quota) => ({ controller: 'cpu', file: 'cpu.cfs_quota_us', value: `${quota}` })),
  ...when(memoryBytes, (bytes) => ({ controller: 'memory', file: 'memory.limit_in_bytes', value: `${bytes}` })),
  ...when(pids, (count) => ({ controller: 'pids', file: 'pids.max', value: `${count}` })),
  ...hugePageWrites(hugePages, ['limit_in_bytes', 'rsvd.limit_in_bytes']),
];

/** Period of the kernel, for a quota without one. */
const DEFAULT_PERIOD_US = 100_000;

/** Zero means unset for all values but huge pages. */
const when = <Value extends number | bigint>(value: Value | undefined, write: (value: Value) => CgroupWrite): readonly CgroupWrite[] =>
  value ? [write(value)] : [];

const protection = (file: string, bytes: number | bigint | undefined): readonly CgroupWrite[] =>
  bytes === undefined ? [] : [{ controller: 'memory', file, value: `${bytes}`, optional: true }];

const hugePageWrites = (hugePages: CgroupLimits['hugePages'] = {}, files: readonly [string, string]): readonly CgroupWrite[] =>
  Object.entries(hugePages).flatMap(([pageSize, bytes]) =>
    files.map((file, index) => ({
      controller: 'hugetlb' as const,
      file: `hugetlb.${kernelPageSize(pageSize)}.${file}`,
      value: `${bytes}`,
      ...(index === 0 && bytes > 0 ? {} : { optional: true }),
    })),
  );

/** `2Mi` as the kernel and CRI spell it: `2MB`. */
export const kernelPageSize = (pageSize: string): string => pageSize.replace(/([KMG])i$/, '$1B');
