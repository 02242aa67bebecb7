import type { PersistentVolume } from '@solo-kubelet/object-spec';
import { compareQuantities, type Quantity } from '@solo-kubelet/pod-spec';
import { labelSelectorRequirements, matchesLabels } from '@solo-kubelet/selectors';
import { type Claim, type ClaimNode, claimKey } from './claim.js';

// Source: component-helpers/storage/volume/pv_helpers.go, pkg/controller/volume/persistentvolume/index.go.

const NOTHING = '0' as Quantity;
export const requestOf = ({ spec }: Claim): Quantity => (spec.resources?.requests?.['storage'] as Quantity | undefined) ?? NOTHING;
const capacityOf = ({ spec }: PersistentVolume): Quantity => spec.capacity?.['storage'] ?? NOTHING;
const modeOf = (mode: string | undefined): string => mode ?? 'Filesystem';
const offersModes = (volume: PersistentVolume, claim: Claim): boolean =>
  (claim.spec.accessModes ?? []).every((mode) => (volume.spec.accessModes ?? []).includes(mode));

/** Why a claim cannot have the volume that it names, in upstream's words; undefined if it can. The selector does not count then. */
export const misfit = (claim: Claim, volume: PersistentVolume, className: string): string | undefined => {
  if (compareQuantities(capacityOf(volume), requestOf(claim)) < 0) return 'requested PV is too small';
  if ((volume.spec.storageClassName ?? '') !== className) return 'storageClassName does not match';
  if (modeOf(volume.spec.volumeMode) !== modeOf(claim.spec.volumeMode)) return 'incompatible volumeMode';
  return offersModes(volume, claim) ? undefined : 'incompatible accessMode';
};

/** Whether the volume's document keeps it for the claim. */
export const isKeptFor = ({ spec }: PersistentVolume, claim: Claim): boolean =>
  spec.claimRef !== undefined &&
  `${spec.claimRef.namespace}/${spec.claimRef.name}` === claimKey(claim) &&
  (!spec.claimRef.uid || spec.claimRef.uid === claim.metadata.uid);

const isReachable = ({ spec }: PersistentVolume, { matches }: ClaimNode): boolean =>
  spec.nodeAffinity?.required === undefined || matches(spec.nodeAffinity.required);

export interface FitQuestion {
  readonly claim: Claim;
  readonly className: string;
  /** Volumes that no claim has. */
  readonly volumes: readonly PersistentVolume[];
  readonly node: ClaimNode;
  /** Only volumes that are kept for the claim. */
  readonly keptOnly: boolean;
}

/** The volume that a claim gets: one kept for it, else the smallest one that suits, of those with the fewest modes of access. */
export const fittingVolume = ({ claim, className, volumes, node, keptOnly }: FitQuestion): PersistentVolume | undefined => {
  const suits = (volume: PersistentVolume): boolean =>
    compareQuantities(capacityOf(volume), requestOf(claim)) >= 0 && modeOf(volume.spec.volumeMode) === modeOf(claim.spec.volumeMode);
  const kept = volumes.find((volume) => isKeptFor(volume, claim) && suits(volume) && offersModes(volume, claim));
  if (kept !== undefined || keptOnly) return kept;
  const selector = labelSelectorRequirements(claim.spec.selector);
  const selected = ({ metadata }: PersistentVolume): boolean =>
    claim.spec.selector === undefined || (selector.ok && matchesLabels(selector.requirements, metadata.labels ?? {}));
  return volumes
    .filter(
      (volume) =>
        volume.spec.claimRef === undefined &&
        suits(volume) &&
        (volume.spec.storageClassName ?? '') === className &&
        offersModes(volume, claim) &&
        selected(volume) &&
        isReachable(volume, node),
    )
    .toSorted(
      (a, b) =>
        (a.spec.accessModes ?? []).length - (b.spec.accessModes ?? []).length ||
        compareQuantities(capacityOf(a), capacityOf(b)) ||
        ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
    )[0];
};
