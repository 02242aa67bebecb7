import type { Pod } from '@solo-kubelet/pod-spec';
import { milliCpuToShares, podQosClass, podRequests, quantityMilliValue } from '@solo-kubelet/pod-spec';
import type { CgroupManager } from './cgroups/cgroup-manager.js';
import type { CgroupLimits } from './core/cgroup-files.js';
import {
  cgroupNameOf,
  cgroupPath,
  cgroupRootName,
  kubepodsName,
  podCgroupName,
  podUidOfCgroup,
  type QosClass,
  qosName,
} from './core/cgroup-names.js';
import { hasExclusiveCpus } from './core/container-allocation.js';
import { podMemoryQos, qosMemoryQos } from './core/memory-qos.js';
import { podCgroupLimits } from './core/pod-cgroup-limits.js';
import type { NodeCgroupLimits } from './node-environment.js';
import type { NodeSettings } from './node-settings.js';
import { PodEnvironmentError } from './pod-environment-error.js';

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** The `kubepods` hierarchy in terms of pods. Without `cgroupsPerQOS` every method does nothing. */
export interface PodCgroups {
  prepareNode(options: Abortable): Promise<void>;
  preparePod(pod: Pod, hugePageSizes: readonly string[], options: Abortable): Promise<void>;
  /** Writes the pod's limits anew, if its cgroup is there. */
  resizePod(pod: Pod, hugePageSizes: readonly string[], options: Abortable): Promise<void>;
  /** The `cgroup_parent` of the pod. */
  parentOf(pod: Pod): string;
  /** CPU shares of the Burstable pods together, and the memory that is kept for pods. */
  updateQos(activePods: readonly Pod[], options: Abortable): Promise<void>;
  /** Gives free all memory that is kept below, and takes every brake off. */
  clearMemoryQos(options: Abortable): Promise<void>;
  removePod(podUid: string, options: Abortable): Promise<void>;
  /** Whether the pod has a cgroup, in any hierarchy and of any class. */
  hasPod(podUid: string): Promise<boolean>;
  /** Removes the pod's cgroup when no process is in it. */
  releasePod(podUid: string, options: Abortable): Promise<void>;
  /** Removes the hierarchy, unless some pod is left in it. */
  removeNode(options: Abortable): Promise<void>;
}

const limitsOfNode = ({ milliCpu, memoryBytes, pids, hugePages }: NodeCgroupLimits): CgroupLimits => ({
  cpuShares: milliCpu ? milliCpuToShares(milliCpu) : undefined,
  memoryBytes,
  pids,
  hugePages,
});

const QOS_CLASSES: readonly QosClass[] = ['Guaranteed', 'Burstable', 'BestEffort'];

export const createPodCgroups = (settings: NodeSettings, manager: CgroupManager): PodCgroups => {
  const { driver, perQos, nodeLimits, reserved } = settings.cgroups;
  const root = cgroupRootName(settings.cgroups.root);
  const nameOf = (pod: Pod): readonly string[] => podCgroupName(root, podQosClass(pod), pod.metadata.uid);
  const holdReserved = async (path: string, limits: NodeCgroupLimits, options: Abortable): Promise<void> => {
    const name = cgroupNameOf(driver, path);
    if (!(await manager.someExist(name))) {
      throw new PodEnvironmentError({
        code: 'POD_CGROUP_FAILED',
        message: `cannot hold the reserved cgroup ${path} to its limits: it does not exist`,
        hint: 'Whoever runs these processes has to make it (kubeReservedCgroup, systemReservedCgroup).',
      });
    }
    await manager.update(name, limitsOfNode(limits), options);
  };
  const limitsOf = (pod: Pod, hugePageSizes: readonly string[]) => {
    const cpuCfsQuota = settings.cpuCfsQuota && !hasExclusiveCpus(pod, settings.allocations);
    const { memoryQos } = settings;
    return { ...podCgroupLimits(pod, { ...settings, cpuCfsQuota, hugePageSizes }), ...(memoryQos && podMemoryQos(pod, memoryQos)) };
  };
  return {
    async prepareNode(options) {
      if (!perQos) return;
      await manager.ensure(kubepodsName(root), limitsOfNode(nodeLimits), options);
      for (const { path, limits } of reserved) await holdReserved(path, limits, options);
      for (const qosClass of ['Burstable', 'BestEffort'] as const) {
        if (await manager.exists(qosName(root, qosClass))) continue;
        await manager.ensure(qosName(root, qosClass), { cpuShares: milliCpuToShares(0) }, options);
      }
    },
    async preparePod(pod, hugePageSizes, options) {
      if (perQos) await manager.ensure(nameOf(pod), limitsOf(pod, hugePageSizes), options);
    },
    async resizePod(pod, hugePageSizes, options) {
      if (!perQos) return;
      for (const qosClass of QOS_CLASSES) {
        const name = podCgroupName(root, qosClass, pod.metadata.uid); // where it was made: amounts on the way to others may be of another class
        if (await manager.exists(name)) await manager.update(name, limitsOf(pod, hugePageSizes), options);
      }
    },
    parentOf: (pod) => (perQos ? cgroupPath(driver, nameOf(pod)) : ''),
    async updateQos(activePods, options) {
      if (!perQos) return;
      const burstable = activePods.filter((pod) => podQosClass(pod) === 'Burstable');
      const milliCpu = burstable.reduce((sum, pod) => sum + quantityMilliValue(podRequests(pod).cpu ?? '0'), 0n);
      const kept = settings.memoryQos && qosMemoryQos(activePods, settings.memoryQos);
      if (kept) await manager.update(kubepodsName(root), kept.all, options);
      await manager.update(qosName(root, 'Burstable'), { cpuShares: milliCpuToShares(Number(milliCpu)), ...kept?.burstable }, options);
    },
    async clearMemoryQos(options) {
      if (!perQos) return;
      const free = { memoryMin: 0, memoryLow: 0 };
      await manager.update(kubepodsName(root), free, options);
      for (const qosClass of ['Burstable', 'BestEffort'] as const) await manager.update(qosName(root, qosClass), free, options);
      await manager.clearMemoryBelow(kubepodsName(root), options);
    },
    async removePod(podUid, options) {
      if (!perQos) return;
      for (const qosClass of QOS_CLASSES) {
        const name = podCgroupName(root, qosClass, podUid);
        if (await manager.someExist(name)) await manager.destroy(name, options);
      }
    },
    async hasPod(podUid) {
      if (!perQos) return false;
      const found = await Promise.all(QOS_CLASSES.map((qosClass) => manager.someExist(podCgroupName(root, qosClass, podUid))));
      return found.some(Boolean);
    },
    async releasePod(podUid, options) {
      if (!perQos) return;
      for (const qosClass of QOS_CLASSES) {
        const name = podCgroupName(root, qosClass, podUid);
        if ((await manager.someExist(name)) && (await manager.isEmpty(name))) await manager.destroy(name, options);
      }
    },
    async removeNode(options) {
      if (!perQos) return;
      const names = await Promise.all(QOS_CLASSES.map((qosClass) => manager.children(qosName(root, qosClass))));
      if (names.flat().some((name) => podUidOfCgroup(driver, name) !== undefined)) return;
      for (const qosClass of ['BestEffort', 'Burstable', 'Guaranteed'] as const) await manager.destroy(qosName(root, qosClass), options);
    },
  };
};
