import type { PersistentVolume, PersistentVolumeClaim } from '@solo-kubelet/object-spec';
import type { NodeSelector, ObjectMeta, PersistentVolumeClaimSpec, Pod } from '@solo-kubelet/pod-spec';
import type { WorkloadEvent } from '../workload.js';

/** A claim with its defaults filled in. */
export type Claim = PersistentVolumeClaim & {
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: PersistentVolumeClaimSpec;
};

/** What a claim is told from others by. */
export const claimKey = ({ metadata }: { readonly metadata: { readonly name: string; readonly namespace: string } }): string =>
  `${metadata.namespace}/${metadata.name}`;

/** A claim and the volume that it has for good. Both as they were last known: they live on while a Pod uses them, whatever becomes of their documents. */
export interface ClaimBinding {
  readonly claim: Claim;
  readonly volume: PersistentVolume;
  /** The volume was made for the claim; no document asks for it. */
  readonly provisioned: boolean;
}

/** What cannot be derived, to be written before anything is done. */
export interface ClaimRecord {
  readonly bindings: readonly ClaimBinding[];
  /** Volumes whose claim has gone, which keep their data for a claim of that name. */
  readonly released: readonly ClaimBinding[];
  /** Directories of volumes that are being deleted, until `deleted` tells that they are gone. */
  readonly deleting: readonly ClaimBinding[];
  /** What was last told of a claim, by `namespace/name`. */
  readonly told: Readonly<Record<string, string>>;
}

export const emptyClaimRecord: ClaimRecord = { bindings: [], released: [], deleting: [], told: {} };

export interface ClaimState {
  readonly claim: Claim;
  readonly phase: 'Pending' | 'Bound';
  /** Its document has gone; it lives on until no Pod uses it (upstream's finalizer kubernetes.io/pvc-protection). */
  readonly terminating: boolean;
  /** There once the claim is bound. */
  readonly volume?: PersistentVolume;
  /** The volume was made for the claim. Default: a document asks for it. */
  readonly provisioned?: boolean;
  /** The class that it has, named or by default; "" for none. Default: that of its volume. */
  readonly className?: string;
  /** Why it is not bound. */
  readonly reason?: string;
  readonly message?: string;
}

export interface VolumeState {
  readonly volume: PersistentVolume;
  readonly phase: 'Available' | 'Bound' | 'Released' | 'Failed';
  /** `namespace/name` of its claim, present or past. */
  readonly claim?: string;
  /** It was made for a claim. Default: a document asks for it. */
  readonly provisioned?: boolean;
  readonly message?: string;
}

export interface ClaimEvent extends WorkloadEvent {
  /** `namespace/name` of the claim it is about. */
  readonly claim: string;
}

/** The node, as volumes and provisioners ask for it. */
export interface ClaimNode {
  /** Below which a volume gets a directory of its own; absolute. */
  readonly volumesDirectory: string;
  readonly matches: (selector: NodeSelector) => boolean;
  /** Bytes of the file system that a path would be on. Default: nothing is told of claims that are larger. */
  readonly diskBytes?: ((path: string) => number | undefined) | undefined;
}

/** The names of the claims that a Pod uses, those of its ephemeral volumes among them. */
export const claimNames = ({ metadata, spec }: Pick<Pod, 'metadata' | 'spec'>): readonly string[] =>
  (spec.volumes ?? []).flatMap((volume) => {
    if (volume.persistentVolumeClaim) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral ? [ephemeralClaimName(metadata.name ?? '', volume.name)] : [];
  });

/** The names of the claims that a Pod refers to, and does not bring along. */
export const sharedClaimNames = ({ spec }: Pick<Pod, 'spec'>): readonly string[] =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => (persistentVolumeClaim ? [persistentVolumeClaim.claimName] : []));

/** The UID of the Pod that a claim goes with; undefined for one of its own. */
export const podOwnerOf = ({ metadata }: Pick<Claim, 'metadata'>): string | undefined =>
  metadata.ownerReferences?.find(({ kind, controller }) => kind === 'Pod' && controller)?.uid;

/** As ephemeral.VolumeClaimName (component-helpers/storage/ephemeral). */
export const ephemeralClaimName = (podName: string, volumeName: string): string => `${podName}-${volumeName}`;
