import type { Pod } from '../gen/pod-types.js';
import { quantityMilliValue, quantityValue } from '../quantity/quantity.js';
import { milliCpuToQuota, milliCpuToShares, podCgroupWeight } from './cpu-shares.js';
import { initSteps, podLimits, podRequests } from './pod-totals.js';
import { hasPodResources, podQosClass } from './qos-class.js';
import { isZero, type ResourceList } from './resource-list.js';
import { hugePageSize, isHugePagesName } from './resource-name.js';

/** What a pod's cgroup is set to; what is undefined is left as it is. */
export interface PodCgroup {
  readonly cpuShares: number;
  /** cgroup v2 form of `cpuShares`. */
  readonly cpuWeight: number;
  /** µs; -1 lifts the quota. */
  readonly cpuQuota?: number;
  /** µs */
  readonly cpuPeriod?: number;
  /** bytes */
  readonly memory?: bigint;
  /** Bytes by page size in bytes. */
  readonly hugePageLimit: ReadonlyMap<bigint, bigint>;
}

export interface PodCgroupOptions {
  /** Whether CPU limits are enforced. */
  readonly cpuCFSQuota?: boolean;
  /** µs */
  readonly cpuPeriod?: number;
}

/** As the kubelet's cpuCFSQuotaPeriod, 100 ms. */
const DEFAULT_PERIOD_US = 100_000;

/** pkg/kubelet/cm ResourceConfigForPod. */
export const podCgroup = (
  pod: Pick<Pod, 'spec'>,
  { cpuCFSQuota = true, cpuPeriod = DEFAULT_PERIOD_US }: PodCgroupOptions = {},
): PodCgroup => {
  const requests = podRequests(pod);
  const limits = podLimits(pod);
  const qosClass = podQosClass(pod);
  const cpuShares = qosClass === 'BestEffort' ? milliCpuToShares(0) : milliCpuToShares(milliCpu(requests));
  const cpuQuota = cpuCFSQuota ? milliCpuToQuota(milliCpu(limits), cpuPeriod) : -1;
  const isSet = (resource: 'cpu' | 'memory'): boolean =>
    qosClass === 'Guaranteed' || (qosClass === 'Burstable' && isEachLimited(pod, resource));
  return {
    cpuShares,
    cpuWeight: podCgroupWeight(cpuShares),
    ...(isSet('cpu') && { cpuQuota, cpuPeriod }),
    ...(isSet('memory') && { memory: quantityValue(limits['memory'] ?? '0') }),
    hugePageLimit: hugePageLimits(requests),
  };
};

const milliCpu = (list: ResourceList): number => Number(quantityMilliValue(list['cpu'] ?? '0'));

/** Every container has a limit, each init step too; or the Pod has one of its own. */
const isEachLimited = (pod: Pick<Pod, 'spec'>, resource: string): boolean => {
  if (hasPodResources(pod) && !isZero(pod.spec.resources?.limits?.[resource])) return true;
  const containers = pod.spec.containers.map(({ resources }) => resources?.limits ?? {});
  return [...containers, ...initSteps(pod.spec, 'limits')].every((limits) => !isZero(limits[resource]));
};

const hugePageLimits = (requests: ResourceList): ReadonlyMap<bigint, bigint> => {
  const bySize = new Map<bigint, bigint>();
  for (const [name, quantity] of Object.entries(requests)) {
    if (!isHugePagesName(name)) continue;
    const size = quantityValue(hugePageSize(name));
    bySize.set(size, (bySize.get(size) ?? 0n) + quantityValue(quantity));
  }
  return bySize;
};
