import type { KubeletConfiguration } from '../config/fields.js';
import { KubeletError } from '../process/kubelet-error.js';

export interface HostFacts {
  readonly swap: boolean;
  readonly cgroupVersion: 1 | 2;
}

/** Refuses a machine that the configuration says not to run on, in upstream's words. */
export const checkHost = (
  config: Pick<KubeletConfiguration, 'failSwapOn' | 'failCgroupV1' | 'memorySwap.swapBehavior' | 'singleProcessOOMKill'>,
  host: HostFacts,
): void => {
  if (config.failSwapOn && host.swap) {
    throw new KubeletError({
      code: 'KUBELET_HOST_UNSUITABLE',
      message: 'running with swap on is not supported, please disable swap or set --fail-swap-on flag to false',
      hint: 'swapoff -a, or failSwapOn: false.',
    });
  }
  if (config['memorySwap.swapBehavior'] === 'LimitedSwap' && host.cgroupVersion === 1) {
    throw new KubeletError({
      code: 'KUBELET_HOST_UNSUITABLE',
      message: 'memorySwap.swapBehavior LimitedSwap is not supported on a host using cgroup v1',
      hint: 'Leave swapBehavior at NoSwap, or boot with systemd.unified_cgroup_hierarchy=1.',
    });
  }
  if (config.failCgroupV1 && host.cgroupVersion === 1) {
    throw new KubeletError({
      code: 'KUBELET_HOST_UNSUITABLE',
      message: 'kubelet is configured to not run on a host using cgroup v1',
      hint: 'Leave failCgroupV1 at false, or boot with systemd.unified_cgroup_hierarchy=1.',
    });
  }
  if (config.singleProcessOOMKill === false && host.cgroupVersion === 1) {
    throw new KubeletError({
      code: 'KUBELET_HOST_UNSUITABLE',
      message: 'singleProcessOOMKill must not be explicitly set to false when using cgroup v1',
      hint: 'Leave singleProcessOOMKill out, or boot with systemd.unified_cgroup_hierarchy=1.',
    });
  }
};
