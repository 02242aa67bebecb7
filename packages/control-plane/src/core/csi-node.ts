/** What a kubelet reads and writes of its CSINode. */
export interface CsiNode {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly uid: string }[] | undefined;
    readonly [field: string]: unknown;
  };
  readonly spec?: { readonly drivers?: readonly object[] | null | undefined } | undefined;
}

const MIGRATED_ANNOTATION = 'storage.alpha.kubernetes.io/migrated-plugins';
/** Volumes that 1.36 knows only by CSI drivers (pkg/volume/csi/csi_plugin.go): the scheduler counts them by the driver then. */
const MIGRATED = ['aws-ebs', 'azure-disk', 'azure-file', 'cinder', 'gce-pd', 'portworx-volume', 'vsphere-volume']
  .map((plugin) => `kubernetes.io/${plugin}`)
  .join(',');

/** The request that makes a CSINode right for a Node; undefined: it is. Drivers, which only others register, stay as they are. */
export const csiNodeChange = (
  held: CsiNode | undefined,
  node: { readonly name: string; readonly uid: string },
): { readonly method: 'POST' | 'PUT'; readonly body: object } | undefined => {
  const owner = { apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid };
  const type = { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode' };
  const annotations = { [MIGRATED_ANNOTATION]: MIGRATED };
  if (held === undefined) {
    const metadata = { name: node.name, annotations, ownerReferences: [owner] };
    // The server wants the list to be there.
    return { method: 'POST', body: { ...type, metadata, spec: { drivers: [] } } };
  }
  const owners = held.metadata.ownerReferences ?? [];
  const isOwned = owners.some(({ kind, uid }) => kind === 'Node' && uid === node.uid);
  if (isOwned && held.metadata.annotations?.[MIGRATED_ANNOTATION] === MIGRATED) return undefined;
  const others = owners.filter(({ kind, name }) => kind !== 'Node' || name !== node.name);
  const metadata = { ...held.metadata, annotations: { ...held.metadata.annotations, ...annotations }, ownerReferences: [...others, owner] };
  return { method: 'PUT', body: { ...type, metadata, spec: { drivers: held.spec?.drivers ?? [] } } };
};
