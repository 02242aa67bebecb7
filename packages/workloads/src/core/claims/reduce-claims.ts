import type { PersistentVolume, StorageClass } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { hasEnded, timeOf } from '../pod-state.js';
import {
  type Claim,
  type ClaimBinding,
  type ClaimEvent,
  type ClaimNode,
  type ClaimRecord,
  type ClaimState,
  claimKey,
  claimNames,
  podOwnerOf,
  sharedClaimNames,
  type VolumeState,
} from './claim.js';
import { fittingVolume, isKeptFor, misfit } from './fit-volume.js';
import { largerThanDisk } from './larger-than-disk.js';
import { provisionedVolume } from './provision-volume.js';
import { allClasses, defaultClass } from './storage-class.js';

export interface ClaimsQuestion {
  /** Claims of documents, of StatefulSets and of ephemeral volumes. */
  readonly claims: readonly Claim[];
  /** Those of documents. */
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  /** All Pods there are, those that end among them. */
  readonly pods: readonly Pick<Pod, 'metadata' | 'spec' | 'status'>[];
  readonly record: ClaimRecord;
  readonly node: ClaimNode;
  /** Whether every source has been read once: before that nothing is bound, released or deleted. */
  readonly synced: boolean;
  /** Paths of volumes in the record's `deleting` that are gone. */
  readonly deleted?: ReadonlySet<string>;
  /** Claims that have gone, by `namespace/name`, whose data somebody wants deleted. */
  readonly discarded?: ReadonlySet<string>;
}

export interface ClaimsDecision {
  /** To be written before anything is done. */
  readonly record: ClaimRecord;
  /** By `namespace/name`. */
  readonly claims: ReadonlyMap<string, ClaimState>;
  /** By name. */
  readonly volumes: ReadonlyMap<string, VolumeState>;
  readonly events: readonly ClaimEvent[];
  /** Directories to make for claims, if they are not there. */
  readonly make: readonly string[];
  /** Directories to delete, with all that is in them; only such as were made for a claim. */
  readonly delete: readonly string[];
}

/**
 * Which claim has which volume (pkg/controller/volume/persistentvolume/pv_controller.go). A binding is for good: it ends only when the claim has
 * gone and no Pod uses it any more. Asked again with its own answer it decides nothing more.
 */
export const reduceClaims = (question: ClaimsQuestion): ClaimsDecision => {
  const { claims, record, synced, deleted = new Set(), discarded = new Set() } = question;
  const byKey = new Map(claims.map((claim) => [claimKey(claim), claim]));
  const inUse = usesOf(question.pods);
  const documents = new Map(question.volumes.map((volume) => [volume.metadata.name ?? '', volume]));
  const kept: ClaimBinding[] = [];
  const released: ClaimBinding[] = [];
  const deleting = record.deleting.filter(({ volume }) => !deleted.has(pathOf(volume)));
  for (const binding of record.bindings) {
    const key = claimKey(binding.claim);
    const claim = byKey.get(key);
    const same = claim?.metadata.uid === binding.claim.metadata.uid;
    const keepsData = binding.provisioned && policyOf(binding.volume) !== 'Delete';
    if (same || inUse.of(binding.claim) || !synced) {
      // One that was removed and came back has its data again; no Pod has to end for that.
      const next = same || (synced && keepsData) ? claim : undefined;
      kept.push(refreshed(binding, next, documents));
    } else if (binding.provisioned && !keepsData) deleting.push(binding);
    else released.push(binding);
  }
  for (const binding of record.released) {
    const isDiscarded = synced && binding.provisioned && discarded.has(claimKey(binding.claim)) && !byKey.has(claimKey(binding.claim));
    if (isDiscarded) deleting.push(binding);
    else if (binding.provisioned || documents.has(binding.volume.metadata.name ?? '') || !synced) released.push(binding);
  }
  const state: Binder = { question, documents, inUse, kept, released, deleting, events: [], reasons: new Map() };
  if (synced) {
    const held = new Set(kept.map((binding) => claimKey(binding.claim)));
    for (const claim of claims.toSorted(byAge)) if (!held.has(claimKey(claim))) bind(state, claim);
  }
  return answerOf(state);
};

/** Which claims Pods use that have not ended. */
interface Uses {
  of(claim: Claim): boolean;
}

/** A claim that a Pod brought along is used by that Pod alone: the next one of its name waits for its own. */
const usesOf = (pods: ClaimsQuestion['pods']): Uses => {
  const named = new Set<string>();
  const owned = new Set<string>();
  for (const pod of pods) {
    if (hasEnded(pod)) continue;
    const { namespace = 'default', uid } = pod.metadata;
    for (const name of sharedClaimNames(pod)) named.add(`${namespace}/${name}`);
    for (const name of claimNames(pod)) owned.add(`${uid}/${namespace}/${name}`);
  }
  return {
    of: (claim) => {
      const key = claimKey(claim);
      const owner = podOwnerOf(claim);
      return named.has(key) || (owner === undefined ? false : owned.has(`${owner}/${key}`));
    },
  };
};

interface Binder {
  readonly question: ClaimsQuestion;
  readonly documents: ReadonlyMap<string, PersistentVolume>;
  readonly inUse: Uses;
  readonly kept: ClaimBinding[];
  readonly released: ClaimBinding[];
  readonly deleting: ClaimBinding[];
  readonly events: ClaimEvent[];
  readonly reasons: Map<string, Omit<ClaimEvent, 'claim'>>;
}

const pathOf = ({ spec }: PersistentVolume): string => spec.local?.path ?? spec.hostPath?.path ?? '';
const policyOf = ({ spec }: PersistentVolume): string => spec.persistentVolumeReclaimPolicy ?? 'Retain';

const byAge = (a: Claim, b: Claim): number =>
  (timeOf(a.metadata.creationTimestamp) ?? 0) - (timeOf(b.metadata.creationTimestamp) ?? 0) || (claimKey(a) < claimKey(b) ? -1 : 1);

/** A volume that is used keeps its place, whatever its document says now: no Pod may find other data there. */
const refreshed = (binding: ClaimBinding, claim: Claim | undefined, documents: ReadonlyMap<string, PersistentVolume>): ClaimBinding => {
  const document = binding.provisioned ? undefined : documents.get(binding.volume.metadata.name ?? '');
  const moved =
    document === undefined || pathOf(document) !== pathOf(binding.volume) || document.spec.nfs?.server !== binding.volume.spec.nfs?.server;
  const holder = claim ?? binding.claim;
  const isHeirs = holder.metadata.uid !== binding.claim.metadata.uid;
  const kept = isHeirs ? withClaim(binding.volume, holder) : binding.volume;
  return { ...binding, claim: holder, volume: moved ? kept : withClaim(document, holder) };
};

const withClaim = (volume: PersistentVolume, { metadata: { namespace, name, uid } }: Claim): PersistentVolume => ({
  ...volume,
  spec: { ...volume.spec, claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid } },
});

const classNameOf = ({ classes }: ClaimsQuestion, { spec }: Claim): string =>
  spec.storageClassName ?? defaultClass(classes)?.metadata.name ?? '';

/** Binds a claim, or notes why it cannot be. */
const bind = (state: Binder, claim: Claim): void => {
  const { question, documents, kept, released, inUse } = state;
  const key = claimKey(claim);
  const own = released.find(
    (binding) => claimKey(binding.claim) === key && (binding.provisioned || documents.has(binding.volume.metadata.name ?? '')),
  );
  const classes = allClasses(question.classes);
  const className = classNameOf(question, claim);
  if (own !== undefined && (claim.spec.volumeName ?? own.volume.metadata.name) === own.volume.metadata.name) {
    released.splice(released.indexOf(own), 1);
    take(state, claim, withClaim(own.volume, claim), own.provisioned);
    state.events.push({
      type: 'Normal',
      reason: 'VolumeReused',
      message: `the data of an earlier claim of this name is used again: ${pathOf(own.volume)}`,
      claim: key,
    });
    return;
  }
  const note = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    void state.reasons.set(key, { type, reason, message });
  const taken = (volume: PersistentVolume): boolean =>
    [...kept, ...released].some((binding) => binding.volume.metadata.name === volume.metadata.name);
  if (claim.spec.volumeName) {
    const named = documents.get(claim.spec.volumeName);
    if (named === undefined) return;
    if (taken(named) || (named.spec.claimRef !== undefined && !isKeptFor(named, claim))) {
      note('Warning', 'FailedBinding', `volume "${named.metadata.name}" already bound to a different claim.`);
      return;
    }
    // Whose documents name each other have been bound by hand: nothing is compared any more (pv_controller.go syncUnboundClaim).
    const reason = named.spec.claimRef === undefined ? misfit(claim, named, className) : undefined;
    if (reason === undefined) take(state, claim, withClaim(named, claim), false);
    else note('Warning', 'VolumeMismatch', `Cannot bind to requested volume "${named.metadata.name}": ${reason}`);
    return;
  }
  const storageClass = classes.find(({ metadata }) => metadata.name === className);
  const waits = storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !inUse.of(claim);
  const volumes = question.volumes.filter((volume) => !taken(volume));
  const found = fittingVolume({ claim, className, volumes, node: question.node, keptOnly: waits });
  if (found !== undefined) take(state, claim, withClaim(found, claim), false);
  else if (className === '') note('Normal', 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set');
  else if (storageClass === undefined) note('Warning', 'ProvisioningFailed', `storageclass.storage.k8s.io "${className}" not found`);
  else if (waits) note('Normal', 'WaitForFirstConsumer', 'waiting for first consumer to be created before binding');
  else provision(state, claim, storageClass, note);
};

const provision = (
  state: Binder,
  claim: Claim,
  storageClass: StorageClass,
  note: (type: 'Normal' | 'Warning', reason: string, message: string) => void,
): void => {
  const made = provisionedVolume(claim, storageClass, state.question.node.volumesDirectory);
  if (!made.ok) {
    note('Warning', 'ProvisioningFailed', made.error);
    return;
  }
  const path = pathOf(made.value);
  const other = [...state.kept, ...state.released, ...state.deleting].find(({ volume }) => overlap(pathOf(volume), path));
  if (other !== undefined) {
    const why = state.deleting.includes(other) ? 'is still being deleted' : `belongs to claim ${claimKey(other.claim)}`;
    note('Warning', 'ProvisioningFailed', `the directory ${path} ${why}`);
    return;
  }
  const tooLarge = largerThanDisk(claim, path, state.question.node);
  if (tooLarge !== undefined)
    state.events.push({ type: 'Warning', reason: 'VolumeLargerThanDisk', message: tooLarge, claim: claimKey(claim) });
  take(state, claim, made.value, true);
  const { provisioner } = storageClass;
  state.events.push({
    type: 'Normal',
    reason: 'ProvisioningSucceeded',
    message: `Successfully provisioned volume ${made.value.metadata.name} using ${provisioner}: ${path}`,
    claim: claimKey(claim),
  });
};

/** Who owns one of two directories inside each other could lead the other anywhere. */
const overlap = (a: string, b: string): boolean => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`);

const take = ({ kept }: Binder, claim: Claim, volume: PersistentVolume, provisioned: boolean): void =>
  void kept.push({ claim, volume, provisioned });

const answerOf = ({ question, documents, kept, released, deleting, events, reasons }: Binder): ClaimsDecision => {
  const { record, claims } = question;
  const byKey = new Map(claims.map((claim) => [claimKey(claim), claim]));
  const bound = kept.map(({ claim, volume, provisioned }): [string, ClaimState] => {
    const terminating = byKey.get(claimKey(claim))?.metadata.uid !== claim.metadata.uid;
    return [claimKey(claim), { claim, phase: 'Bound', terminating: terminating && question.synced, volume, provisioned }];
  });
  const isBound = new Set(bound.map(([key]) => key));
  const pending = claims
    .filter((claim) => !isBound.has(claimKey(claim)))
    .map((claim): [string, ClaimState] => {
      const why = reasons.get(claimKey(claim));
      const className = classNameOf(question, claim);
      return [
        claimKey(claim),
        { claim, phase: 'Pending', terminating: false, className, ...(why && { reason: why.reason, message: why.message }) },
      ];
    });
  const told = question.synced ? Object.fromEntries([...reasons].map(([key, { message }]) => [key, message])) : record.told;
  const inHand =
    (phase: VolumeState['phase']) =>
    (binding: ClaimBinding): [string, VolumeState] => [
      binding.volume.metadata.name ?? '',
      { volume: binding.volume, phase, claim: claimKey(binding.claim), provisioned: binding.provisioned },
    ];
  return {
    record: { bindings: kept, released, deleting, told },
    claims: new Map([...bound, ...pending]),
    volumes: new Map([
      ...[...documents].map(([name, volume]): [string, VolumeState] => [name, { volume, phase: 'Available' }]),
      ...released.map(inHand('Released')),
      ...deleting.map(inHand('Released')),
      ...kept.map(inHand('Bound')),
    ]),
    events: [
      ...events,
      ...[...reasons].filter(([key, { message }]) => record.told[key] !== message).map(([key, event]) => ({ ...event, claim: key })),
    ],
    make: kept.filter(({ provisioned }) => provisioned).map(({ volume }) => pathOf(volume)),
    delete: deleting.map(({ volume }) => pathOf(volume)),
  };
};
