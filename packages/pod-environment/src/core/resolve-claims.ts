import type { Pod, Volume } from '@solo-kubelet/pod-spec';
import type { ClaimAnswer, ClaimedVolume, PodObjects } from './pod-objects.js';

/** A volume of a pod in which the place of a claim's data stands instead of the claim. */
export type ResolvedVolume = Volume & {
  readonly local?: Extract<ClaimedVolume, { type: 'local' }>;
  /** Options of a claim's NFS mount. */
  readonly nfsOptions?: readonly string[] | undefined;
  readonly claimReadOnly?: boolean;
  /** The name of the claim's PersistentVolume. */
  readonly persistentVolume?: string;
  /** Why the claim's data cannot be used yet. */
  readonly claimError?: string;
};

/** The pod with the volumes of its claims. One whose claim has no volume yet says why. */
export const resolveClaims = async (
  pod: Pod,
  objects: PodObjects | undefined,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<Pod> => {
  const { volumes } = pod.spec;
  if (volumes === undefined || !volumes.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral)) return pod;
  return {
    ...pod,
    spec: { ...pod.spec, volumes: await Promise.all(volumes.map((volume) => resolveVolume(volume, pod, objects, options))) },
  };
};

const resolveVolume = async (
  volume: Volume,
  pod: Pod,
  objects: PodObjects | undefined,
  options: { readonly signal?: AbortSignal | undefined },
): Promise<ResolvedVolume> => {
  const { name, persistentVolumeClaim, ephemeral } = volume;
  if (!persistentVolumeClaim && !ephemeral) return volume;
  // Upstream: ephemeral.VolumeClaimName.
  const claimName = persistentVolumeClaim?.claimName ?? `${pod.metadata.name ?? ''}-${name}`;
  const request = { pod, claimName, volumeName: name, ephemeral: persistentVolumeClaim === undefined };
  const found: ClaimAnswer = (await objects?.claim(request, options)) ?? { ok: false, error: 'no kubeClient defined' };
  if (found.ok) {
    const { volume: claimed } = found;
    return {
      name,
      ...sourceOf(claimed),
      persistentVolume: claimed.persistentVolume,
      claimReadOnly: persistentVolumeClaim?.readOnly === true,
    };
  }
  return { ...volume, claimError: found.error };
};

const sourceOf = (volume: ClaimedVolume): Omit<ResolvedVolume, 'name'> => {
  switch (volume.type) {
    case 'hostPath':
      return { hostPath: { path: volume.path, ...(volume.hostPathType === undefined ? {} : { type: volume.hostPathType as never }) } };
    case 'local':
      return { local: volume };
    case 'nfs':
      return { nfs: { server: volume.server, path: volume.path, readOnly: volume.readOnly }, nfsOptions: volume.mountOptions };
  }
};
