import { type CgroupMeasurements, type DeviceMeasurements, parseCounters, parseLimit, type ReadCgroupFile } from './cgroup-measurements.js';

const NANOSECONDS_PER_MICROSECOND = 1_000;
const DEFAULT_PERIOD_US = 100_000;

/** What cgroup v2 counts (Documentation/admin-guide/cgroup-v2.rst). Undefined when the cgroup is not there. */
export const readV2Measurements = async (read: ReadCgroupFile): Promise<Omit<CgroupMeasurements, 'atMs' | 'pressure'> | undefined> => {
  const file = (name: string): Promise<string> => read('', name);
  const [cpuStat, cpuMax, cpuWeight, memoryStat, current, peak, max, min, swap, swapMax, events, pids, pidsMax, ioStat] =
    (await Promise.all(
      [
        ...['cpu.stat', 'cpu.max', 'cpu.weight'],
        ...['memory.stat', 'memory.current', 'memory.peak', 'memory.max', 'memory.min', 'memory.swap.current', 'memory.swap.max'],
        ...['memory.events', 'pids.current', 'pids.max', 'io.stat'],
      ].map(file),
    )) as [string, string, string, string, string, string, string, string, string, string, string, string, string, string];
  if (cpuStat === '' && memoryStat === '') return undefined;
  const cpu = parseCounters(cpuStat);
  const memory = parseCounters(memoryStat);
  const memoryEvents = parseCounters(events);
  // The root cgroup has no memory.current.
  const usageBytes = current === '' ? (memory['anon'] ?? 0) + (memory['file'] ?? 0) : Number(current);
  const faults = (name: string) => ({ own: memory[name] ?? 0, all: memory[name] ?? 0 });
  return {
    cpu: {
      usageNanoseconds: (cpu['usage_usec'] ?? 0) * NANOSECONDS_PER_MICROSECOND,
      userNanoseconds: (cpu['user_usec'] ?? 0) * NANOSECONDS_PER_MICROSECOND,
      systemNanoseconds: (cpu['system_usec'] ?? 0) * NANOSECONDS_PER_MICROSECOND,
      periods: cpu['nr_periods'] ?? 0,
      throttledPeriods: cpu['nr_throttled'] ?? 0,
      throttledNanoseconds: (cpu['throttled_usec'] ?? 0) * NANOSECONDS_PER_MICROSECOND,
      shares: sharesOfWeight(Number(cpuWeight)),
      quotaMicroseconds: parseLimit(cpuMax.split(' ')[0] ?? ''),
      periodMicroseconds: Number(cpuMax.split(' ')[1] ?? DEFAULT_PERIOD_US),
    },
    memory: {
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - (memory['inactive_file'] ?? 0)),
      rssBytes: memory['anon'] ?? 0,
      cacheBytes: memory['file'] ?? 0,
      mappedBytes: memory['file_mapped'] ?? 0,
      swapBytes: Number(swap),
      kernelBytes: memory['kernel'] ?? 0,
      maxUsageBytes: peak === '' ? undefined : Number(peak),
      limitHits: memoryEvents['max'] ?? 0,
      limitBytes: parseLimit(max),
      swapLimitBytes: parseLimit(swapMax),
      reservedBytes: parseLimit(min),
      activeFileBytes: memory['active_file'] ?? 0,
      inactiveFileBytes: memory['inactive_file'] ?? 0,
      pageFaults: faults('pgfault'),
      majorPageFaults: faults('pgmajfault'),
    },
    threads: Number(pids),
    maxThreads: parseLimit(pidsMax),
    io: parseIoStat(ioStat),
    oomKills: memoryEvents['oom_kill'] ?? 0,
  };
};

/** The shares that make this weight by the kubelet's own formula (weight = 1 + (shares - 2) * 9999 / 262142), as cAdvisor tells them. */
const sharesOfWeight = (weight: number): number => (weight > 0 ? 2 + Math.trunc(((weight - 1) * 262_142) / 9_999) : 0);

/** `8:0 rbytes=… wbytes=… rios=… wios=… dbytes=… dios=…`, a line a device. */
const parseIoStat = (text: string): ReadonlyMap<string, DeviceMeasurements> =>
  new Map(
    text.split('\n').flatMap((line): [string, DeviceMeasurements][] => {
      const [device = '', ...pairs] = line.split(' ');
      if (pairs.length === 0) return [];
      const values = Object.fromEntries(pairs.map((pair) => [pair.split('=')[0], Number(pair.split('=')[1])]));
      return [
        [
          device,
          {
            bytes: { Read: values['rbytes'] ?? 0, Write: values['wbytes'] ?? 0, Discard: values['dbytes'] ?? 0 },
            operations: { Read: values['rios'] ?? 0, Write: values['wios'] ?? 0, Discard: values['dios'] ?? 0 },
          },
        ],
      ];
    }),
  );
