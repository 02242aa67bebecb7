import type { Pod } from '@solo-kubelet/pod-spec';

/** Whether the kubelet mounts something for a pod: memory, or what a file server has. */
export const hasMountedVolumes = ({ spec }: Pod): boolean =>
  spec.volumes?.some(({ emptyDir, downwardAPI, projected, nfs }) => emptyDir?.medium || downwardAPI || projected || nfs) ?? false;
