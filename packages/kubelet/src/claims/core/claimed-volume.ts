import type { PersistentVolume } from '@solo-kubelet/object-spec';
import type { ClaimAnswer, ClaimRequest } from '@solo-kubelet/pod-environment';
import type { NodeSelector } from '@solo-kubelet/pod-spec';
import { type ClaimState, ephemeralClaimRefusal } from '@solo-kubelet/workloads';

/** What a Pod gets for a claim. `waitMs`: the claim is about to get its volume, and how long it is worth waiting for that. */
export type FoundClaim = ClaimAnswer & { readonly waitMs?: number };

/** A scheduler would hold the Pod until its claims are bound: on a busy machine that may take its time, and is no fault to tell of. */
export const BINDING_WAIT_MS = 30_000;
/** The volume that the claim names is of a document that may come with it. */
export const NAMED_WAIT_MS = 2_000;

export interface ClaimQuestion {
  readonly request: ClaimRequest;
  /** Undefined where nothing is known of such a claim. */
  readonly state: ClaimState | undefined;
  /** Whether a document or a workload asks for the claim. */
  readonly exists: boolean;
  /** Whether another Pod holds a claim that only one may have. */
  readonly heldByOther: boolean;
  readonly matches: (selector: NodeSelector) => boolean;
}

/** The place of a claim's data, or why a Pod must wait, in the words of the kubelet's volume manager (pkg/kubelet/volumemanager). */
export const claimedVolume = ({ request, state, exists, heldByOther, matches }: ClaimQuestion): FoundClaim => {
  const { pod, claimName, volumeName, ephemeral } = request;
  const key = `${pod.metadata.namespace ?? 'default'}/${claimName}`;
  const unprocessed = (why: string, waitMs = 0): FoundClaim => ({
    ok: false,
    error: `Unable to attach or mount volumes: unmounted volumes=[${volumeName}], unattached volumes=[], failed to process volumes=[${volumeName}]: error processing PVC ${key}: ${why}`,
    waitMs,
  });
  if (state === undefined) {
    return unprocessed(
      `failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`,
      ephemeral || exists ? BINDING_WAIT_MS : 0,
    );
  }
  const foreign = ephemeral ? ephemeralClaimRefusal(pod, state.claim) : undefined;
  if (foreign !== undefined) return unprocessed(foreign, state.terminating ? NAMED_WAIT_MS : 0);
  const { volume, provisioned = false } = state;
  if (volume === undefined) return unprocessed('PVC is not bound', bindingWaitMs(state));
  const name = volume.metadata.name ?? '';
  const required = volume.spec.nodeAffinity?.required;
  if (required !== undefined && !matches(required)) {
    return { ok: false, error: `MountVolume.NodeAffinity check failed for volume "${name}" : no matching NodeSelectorTerms` };
  }
  if (volume.spec.volumeMode === 'Block') return unprocessed(`volume ${volumeName} has volumeMode Block, but is specified in volumeMounts`);
  if (heldByOther) {
    return {
      ok: false,
      error: `MountVolume.SetUp failed for volume "${name}" : volume uses the ReadWriteOncePod access mode and is already in use by another pod`,
    };
  }
  return placeOf(volume, name, provisioned);
};

const bindingWaitMs = ({ reason, claim }: ClaimState): number => {
  if (reason !== undefined && reason !== 'WaitForFirstConsumer') return 0;
  return claim.spec.volumeName ? NAMED_WAIT_MS : BINDING_WAIT_MS;
};

const placeOf = ({ spec }: PersistentVolume, name: string, made: boolean): ClaimAnswer => {
  const { local, hostPath, nfs } = spec;
  const options = (spec.mountOptions ?? []).length > 0 ? { mountOptions: spec.mountOptions } : {};
  if (local) return { ok: true, volume: { type: 'local', persistentVolume: name, path: local.path, made, ...options } };
  if (nfs) {
    const { server = '', path = '', readOnly = false } = nfs;
    return { ok: true, volume: { type: 'nfs', persistentVolume: name, server, path, readOnly, ...options } };
  }
  if (hostPath && 'mountOptions' in options) {
    return { ok: false, error: `MountVolume.SetUp failed for volume "${name}" : mount options are not supported for this volume type` };
  }
  if (hostPath) {
    const hostPathType = hostPath.type ? { hostPathType: hostPath.type } : {};
    return { ok: true, volume: { type: 'hostPath', persistentVolume: name, path: hostPath.path, ...hostPathType } };
  }
  return { ok: false, error: `MountVolume.SetUp failed for volume "${name}" : no volume plugin matched` };
};
