import type { Pod } from '@solo-kubelet/pod-spec';

/** UID of a pod: `metadata.uid`, what every container and sandbox carries as a label. */
export type PodUid = string & { readonly __brand: 'PodUid' };

export const podUid = (uid: string): PodUid => uid as PodUid;

export const uidOf = (pod: Pod): PodUid => pod.metadata.uid as PodUid;

/** `namespace/name`: what logs and events call a pod, and the name that one pod at a time may hold. */
export const podKey = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`;

/** Upstream's format.Pod: `name_namespace(uid)`. */
export const formatPod = (pod: Pod): string => `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
