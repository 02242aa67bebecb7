import type { Pod, Volume } from '@solo-kubelet/pod-spec';
import type { ClaimedVolume, PodObjects } from './pod-objects.js';

/** A volume of a pod in which the place of a claim's data stands instead of the claim. */
export type ResolvedVolume = Volume & {
  readonly local?: Extract<ClaimedVolume, { type: 'local' }>;
  /** Options of a claim's NFS mount. */
  readonly nfsOptions?: readonly string[] | undefined;
  readonly claimReadOnly?: boolean;
  /** Why the claim's data cannot be used yet. */
  readonly claimError?: string;
};

/** The pod with the volumes of its claims. One whose claim has no volume yet says why. */
export const resolveClaims = (pod: Pod, objects: PodObjects | undefined): Pod => {
  const { volumes } = pod.spec;
  if (volumes === undefined || !volumes.some(({ persistentVolumeClaim, ephemeral }) => persistentVolumeClaim || ephemeral)) return pod;
  return { ...pod, spec: { ...pod.spec, volumes: volumes.map((volume) => resolveVolume(volume, pod, objects)) } };
};

const resolveVolume = (volume: Volume, { metadata }: Pod, objects: PodObjects | undefined): ResolvedVolume => {
  const { name, persistentVolumeClaim, ephemeral } = volume;
  if (!persistentVolumeClaim && !ephemeral) return volume;
  // Upstream: ephemeral.VolumeClaimName.
  const claimName = persistentVolumeClaim?.claimName ?? `${metadata.name ?? ''}-${name}`;
  const pod = { namespace: metadata.namespace ?? 'default', name: metadata.name ?? '', uid: metadata.uid ?? '' };
  const found = objects?.claim(pod, claimName, name) ?? { ok: false as const, error: 'no kubeClient defined' };
  if (!found.ok) return { ...volume, claimError: found.error };
  return { name, ...sourceOf(found.volume), claimReadOnly: persistentVolumeClaim?.readOnly === true };
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
