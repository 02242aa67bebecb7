const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
const SHARES_PER_CPU = 1024;
const MILLI_PER_CPU = 1000;
/** Linux takes no shorter quota, µs. */
const MIN_QUOTA_US = 1000;
const MAX_WEIGHT = 10_000;

/** cgroup v1 `cpu.shares` for this many thousandths of a CPU. */
export const milliCpuToShares = (milliCpu: number): number =>
  milliCpu === 0 ? MIN_SHARES : Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.trunc((milliCpu * SHARES_PER_CPU) / MILLI_PER_CPU)));

/** The CFS quota in µs of each period (µs) for this many thousandths of a CPU; 0 means none. */
export const milliCpuToQuota = (milliCpu: number, periodUs: number): number =>
  milliCpu === 0 ? 0 : Math.max(MIN_QUOTA_US, Math.trunc((milliCpu * periodUs) / MILLI_PER_CPU));

/** cgroup v2 `cpu.weight` as the kubelet writes it for a pod's cgroup: a straight line from 2..262144 shares to 1..10000. */
export const podCgroupWeight = (shares: number): number => {
  if (shares >= MAX_SHARES) return MAX_WEIGHT;
  return shares <= MIN_SHARES ? 1 : 1 + Math.floor(((shares - MIN_SHARES) * (MAX_WEIGHT - 1)) / (MAX_SHARES - MIN_SHARES));
};

/** cgroup v2 `cpu.weight` as container runtimes make it of shares: a curve on which 1024 shares are the default weight, 100. */
export const containerCgroupWeight = (shares: number): number => {
  if (shares === 0) return 0;
  if (shares <= MIN_SHARES) return 1;
  if (shares >= MAX_SHARES) return MAX_WEIGHT;
  const log = Math.log2(shares);
  return Math.ceil(10 ** ((log * log + 125 * log) / 612 - 7 / 34));
};
