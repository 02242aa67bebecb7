import type { ManifestOrigin } from '@solo-kubelet/manifest-source';

/** The word by which the source of a control plane's pods goes (pkg/kubelet/types/pod_update.go ApiserverSource). */
export const API_SOURCE = 'api';

/**
 * Whether a control plane holds the pod: what the kubelet tells of it is final there, and whoever made it makes another. Pods of a file that bear that
 * word as an annotation are still the file's.
 */
export const isOfCluster = (origin: Pick<ManifestOrigin, 'source'> | undefined): boolean => origin?.source === API_SOURCE;
