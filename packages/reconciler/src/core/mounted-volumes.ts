import type { Pod } from '@solo-kubelet/pod-spec';

/** Whether the kubelet mounts something for a pod: memory, or what a file server has. */
export const hasMountedVolumes = ({ spec }: Pod): boolean =>
  spec.volumes?.some(
    ({ emptyDir, downwardAPI, projected, secret, nfs, persistentVolumeClaim, ephemeral }) =>
      emptyDir?.medium || downwardAPI || projected || secret || nfs || persistentVolumeClaim || ephemeral,
  ) ?? false;
