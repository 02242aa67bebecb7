import { type CgroupMeasurements, type DeviceMeasurements, parseCounters, parseLimit, type ReadCgroupFile } from './cgroup-measurements.js';

const DEFAULT_PERIOD_US = 100_000;

/** What the cgroup v1 hierarchies count (Documentation/admin-guide/cgroup-v1). Undefined when the cgroup is in none of them. */
export const readV1Measurements = async (read: ReadCgroupFile): Promise<Omit<CgroupMeasurements, 'atMs' | 'pressure'> | undefined> => {
  const memoryFile = (name: string): Promise<string> => read('memory', `memory.${name}`);
  const [usage, user, system, cpuStat, shares, quota, period] = await Promise.all([
    read('cpuacct', 'cpuacct.usage'),
    read('cpuacct', 'cpuacct.usage_user'),
    read('cpuacct', 'cpuacct.usage_sys'),
    read('cpu', 'cpu.stat'),
    read('cpu', 'cpu.shares'),
    read('cpu', 'cpu.cfs_quota_us'),
    read('cpu', 'cpu.cfs_period_us'),
  ]);
  const [memoryStat, current, highest, hits, limit, kernel, swapLimit, softLimit, oomControl] = await Promise.all([
    memoryFile('stat'),
    memoryFile('usage_in_bytes'),
    memoryFile('max_usage_in_bytes'),
    memoryFile('failcnt'),
    memoryFile('limit_in_bytes'),
    memoryFile('kmem.usage_in_bytes'),
    memoryFile('memsw.limit_in_bytes'),
    memoryFile('soft_limit_in_bytes'),
    memoryFile('oom_control'),
  ]);
  const [pids, pidsMax, ioBytes, ioOperations] = await Promise.all([
    read('pids', 'pids.current'),
    read('pids', 'pids.max'),
    read('blkio', 'blkio.throttle.io_service_bytes_recursive'),
    read('blkio', 'blkio.throttle.io_serviced_recursive'),
  ]);
  if (usage === '' && memoryStat === '') return undefined;
  const cpu = parseCounters(cpuStat);
  const memory = parseCounters(memoryStat);
  const usageBytes = Number(current);
  const total = (name: string): number => memory[`total_${name}`] ?? memory[name] ?? 0;
  return {
    cpu: {
      usageNanoseconds: Number(usage),
      userNanoseconds: Number(user),
      systemNanoseconds: Number(system),
      periods: cpu['nr_periods'] ?? 0,
      throttledPeriods: cpu['nr_throttled'] ?? 0,
      throttledNanoseconds: cpu['throttled_time'] ?? 0,
      shares: Number(shares),
      quotaMicroseconds: parseLimit(quota),
      periodMicroseconds: Number(period) || DEFAULT_PERIOD_US,
    },
    memory: {
      usageBytes,
      workingSetBytes: Math.max(0, usageBytes - total('inactive_file')),
      rssBytes: total('rss'),
      cacheBytes: total('cache'),
      mappedBytes: total('mapped_file'),
      swapBytes: total('swap'),
      kernelBytes: Number(kernel),
      maxUsageBytes: highest === '' ? undefined : Number(highest),
      limitHits: Number(hits),
      limitBytes: parseLimit(limit),
      swapLimitBytes: swapAlone(parseLimit(swapLimit), parseLimit(limit)),
      reservedBytes: parseLimit(softLimit),
      activeFileBytes: total('active_file'),
      inactiveFileBytes: total('inactive_file'),
      pageFaults: { own: memory['pgfault'] ?? 0, all: total('pgfault') },
      majorPageFaults: { own: memory['pgmajfault'] ?? 0, all: total('pgmajfault') },
    },
    threads: Number(pids),
    maxThreads: parseLimit(pidsMax),
    io: devicesOf(ioBytes, ioOperations),
    oomKills: parseCounters(oomControl)['oom_kill'] ?? 0,
  };
};

/** v1 limits memory and swap together. */
const swapAlone = (both: number | undefined, memory: number | undefined): number | undefined =>
  both === undefined || memory === undefined ? undefined : Math.max(0, both - memory);

/** `8:0 Read 4096`, a line an operation, and a last line with the sum of all. */
const parseByDevice = (text: string): ReadonlyMap<string, Readonly<Record<string, number>>> => {
  const devices = new Map<string, Record<string, number>>();
  for (const line of text.split('\n')) {
    const [device = '', operation = '', value] = line.split(' ');
    if (value === undefined) continue;
    devices.set(device, { ...devices.get(device), [operation]: Number(value) });
  }
  return devices;
};

const devicesOf = (bytesText: string, operationsText: string): ReadonlyMap<string, DeviceMeasurements> => {
  const [bytes, operations] = [parseByDevice(bytesText), parseByDevice(operationsText)];
  return new Map(
    [...new Set([...bytes.keys(), ...operations.keys()])].map((device) => [
      device,
      { bytes: bytes.get(device) ?? {}, operations: operations.get(device) ?? {} },
    ]),
  );
};
