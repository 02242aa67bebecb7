import type { NodeCgroups } from '@solo-kubelet/node-stats';
import { cgroupPath, cgroupRootName, kubepodsName, podCgroupName } from '@solo-kubelet/pod-environment';
import { CGROUP_MOUNT_POINT } from '@solo-kubelet/pod-environment/cgroups';
import { podQosClass } from '@solo-kubelet/pod-spec';
import type { KubeletContext } from '../kubelet-services.js';

/** Where the cgroups of pods and of the system are, for whoever reads measurements. */
export const cgroupsOf = ({ cgroups: { driver, version }, config, flags }: KubeletContext): NodeCgroups => {
  const root = cgroupRootName(config.cgroupRoot);
  return {
    mountPoint: CGROUP_MOUNT_POINT,
    version,
    podsPath: cgroupPath(driver, kubepodsName(root)),
    podPath: (pod) => cgroupPath(driver, podCgroupName(root, podQosClass(pod), pod.metadata.uid)),
    ...(flags.runtimeCgroups === undefined ? {} : { runtimePath: flags.runtimeCgroups }),
    ...(config.systemCgroups === '' ? {} : { systemPath: config.systemCgroups }),
  };
};
