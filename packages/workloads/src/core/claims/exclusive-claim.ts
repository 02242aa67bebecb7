import type { Pod } from '@solo-kubelet/pod-spec';
import { type Claim, claimNames } from './claim.js';

/** Whether only one Pod may have the claim: ReadWriteOncePod, as its sole mode (component-helpers/storage/volume, volumemanager). */
export const isExclusive = ({ spec }: Claim): boolean => spec.accessModes?.length === 1 && spec.accessModes[0] === 'ReadWriteOncePod';

/**
 * Why a Pod must wait for a volume: another one has it. Undefined if it need not. `holders` are the Pods, the eldest first, that were let in and have
 * not released their volumes, however they end.
 */
export const exclusiveClaimRefusal = (
  pod: Pick<Pod, 'metadata' | 'spec'>,
  claims: readonly Claim[],
  holders: readonly Pick<Pod, 'metadata' | 'spec'>[],
): { readonly volume: string; readonly message: string } | undefined => {
  for (const volume of pod.spec.volumes ?? []) {
    const [name] = claimNames({ metadata: pod.metadata, spec: { ...pod.spec, volumes: [volume] } });
    const claim = claims.find(({ metadata }) => metadata.name === name && metadata.namespace === pod.metadata.namespace);
    if (claim === undefined || !isExclusive(claim)) continue;
    const taken = holders.some(
      (other) =>
        other.metadata.uid !== pod.metadata.uid &&
        other.metadata.namespace === pod.metadata.namespace &&
        claimNames(other).includes(claim.metadata.name),
    );
    if (taken) {
      const message = 'volume uses the ReadWriteOncePod access mode and is already in use by another pod';
      return { volume: volume.name, message: `MountVolume.SetUp failed for volume "${volume.name}" : ${message}` };
    }
  }
  return undefined;
};
