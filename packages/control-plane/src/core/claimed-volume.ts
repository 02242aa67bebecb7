import type { ClaimAnswer } from '@solo-kubelet/pod-environment';

export interface ClaimObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string | undefined;
    readonly finalizers?: readonly string[] | undefined;
    readonly ownerReferences?: readonly { readonly uid: string; readonly controller?: boolean | undefined }[] | undefined;
  };
  readonly spec: { readonly volumeName?: string | undefined; readonly volumeMode?: string | undefined };
  readonly status?: { readonly phase?: string | undefined } | undefined;
}

export interface VolumeObject {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly claimRef?: { readonly uid?: string | undefined } | undefined;
    readonly mountOptions?: readonly string[] | undefined;
    readonly hostPath?: { readonly path: string; readonly type?: string | undefined } | undefined;
    readonly local?: { readonly path: string } | undefined;
    readonly nfs?: { readonly server: string; readonly path: string; readonly readOnly?: boolean | undefined } | undefined;
    readonly [source: string]: unknown;
  };
}

const PROTECTION = 'kubernetes.io/pvc-protection';
/** Fields of a volume's spec that are no source. */
const NO_SOURCE: ReadonlySet<string> = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
]);

/** A claim, the volume that it names, and for whom it is asked. Undefined: there is no such object. */
export interface ClaimFacts {
  readonly claim: ClaimObject | undefined;
  readonly volume: VolumeObject | undefined;
  readonly claimName: string;
  readonly volumeName: string;
  readonly namespace: string;
  /** UID of the pod that must own the claim, of an ephemeral volume. */
  readonly ownerUid?: string | undefined;
}

/**
 * Where a claim's data lies, or why a pod has to wait. Volumes of a CSI driver, and of plug-ins that are attached, are none that this kubelet can
 * mount. Upstream: pkg/kubelet/volumemanager/populator/desired_state_of_world_populator.go.
 */
export const claimedVolume = ({ claim, volume, claimName, volumeName, namespace, ownerUid }: ClaimFacts): ClaimAnswer => {
  const no = (why: string): ClaimAnswer => ({
    ok: false,
    error: `Unable to attach or mount volumes: unmounted volumes=[${volumeName}], unattached volumes=[], failed to process volumes=[${volumeName}]: error processing PVC ${namespace}/${claimName}: ${why}`,
  });
  if (claim === undefined) return no(`failed to fetch PVC from API server: persistentvolumeclaims "${claimName}" not found`);
  const { metadata, spec, status } = claim;
  if (ownerUid !== undefined && !(metadata.ownerReferences ?? []).some(({ uid, controller }) => controller === true && uid === ownerUid))
    return no(`PVC ${namespace}/${claimName} was not created for pod (pod is not owner)`);
  if (metadata.deletionTimestamp !== undefined && !(metadata.finalizers ?? []).includes(PROTECTION)) return no('PVC is being deleted');
  const persistentVolume = spec.volumeName;
  if (status?.phase !== 'Bound' || !persistentVolume) return no('PVC is not bound');
  if (spec.volumeMode === 'Block') return no('volumeMode Block is not supported by this kubelet');
  if (volume === undefined)
    return no(`failed to fetch PV ${persistentVolume} from API server: persistentvolumes "${persistentVolume}" not found`);
  const { hostPath, local, nfs, mountOptions, claimRef } = volume.spec;
  if (claimRef?.uid !== metadata.uid) return no(`failed to get PV ${persistentVolume} spec: volume is bound to another claim`);
  if (hostPath !== undefined)
    return { ok: true, volume: { persistentVolume, type: 'hostPath', path: hostPath.path, hostPathType: hostPath.type } };
  if (local !== undefined) return { ok: true, volume: { persistentVolume, type: 'local', path: local.path, made: false, mountOptions } };
  if (nfs !== undefined)
    return {
      ok: true,
      volume: { persistentVolume, type: 'nfs', server: nfs.server, path: nfs.path, readOnly: nfs.readOnly === true, mountOptions },
    };
  const source = Object.keys(volume.spec).find((name) => !NO_SOURCE.has(name)) ?? 'an unknown source';
  return no(`PV ${persistentVolume} is of ${source}, which this kubelet cannot mount: hostPath, local and nfs are supported`);
};
