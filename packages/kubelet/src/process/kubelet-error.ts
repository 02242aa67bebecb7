import { defineFailure } from '@solo-kubelet/diagnostics';

export type KubeletErrorCode =
  | 'KUBELET_USAGE'
  | 'KUBELET_CONFIG_INVALID'
  | 'KUBELET_PREREQUISITE_MISSING'
  | 'KUBELET_LOCKED'
  | 'KUBELET_HOST_UNSUITABLE'
  | 'KUBELET_LOGIND_UNAVAILABLE';

/** What keeps a kubelet from starting, or ends it. */
export const KubeletError = defineFailure<KubeletErrorCode>('KubeletError');
export type KubeletError = InstanceType<typeof KubeletError>;
