import type { IDMapping, Mount } from '@solo-kubelet/cri-types';
import type { Container, Pod, Volume, VolumeMount } from '@solo-kubelet/pod-spec';
import type { RuntimeHandlerFeatures } from '../node-environment.js';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { mountPropagation } from './cri-enums.js';
import { emptyMount } from './empty-mount.js';
import type { UserNamespaceRecord } from './id-ranges.js';
import { isLiveVolume } from './object-payload.js';
import { absolutePath, volumeKind } from './pod-volumes.js';
import type { ResolvedVolume } from './resolve-claims.js';

export interface MountsInput {
  readonly pod: Pod;
  readonly container: Container;
  /** Host path of each of the container's volumeMounts by index, subPaths resolved; undefined for image volumes. */
  readonly hostPaths: readonly (string | undefined)[];
  /** Image id by volume name. */
  readonly imageVolumes: ReadonlyMap<string, string>;
  /** Expanded subPath of each volumeMount by index, for image volumes. */
  readonly subPaths: readonly string[];
  /** The managed hosts file; undefined when the pod has no address yet. */
  readonly etcHosts: string | undefined;
  /** The termination message file; undefined when the container has no path for it. */
  readonly terminationFile: string | undefined;
  readonly userNamespace?: UserNamespaceRecord | undefined;
  readonly features: RuntimeHandlerFeatures | undefined;
  /** Whether the runtime says that mounts may have options. Default false. */
  readonly mountOptions?: boolean;
  readonly selinuxEnabled: boolean;
}

/** Volumes whose contents this kubelet owns, so that they may be relabelled for SELinux. */
const relabelled = new Set(['emptyDir', 'downwardAPI', 'projected', 'configMap', 'secret']);

/** A container's mounts: volumeMounts in the manifest's order, /etc/hosts, the termination message. Upstream: makeMounts in kubelet_pods.go. */
export const containerMounts = (input: MountsInput): Mount[] => {
  const mappings = idMappings(input.userNamespace);
  const file = (containerPath: string, hostPath: string): Mount => ({
    ...emptyMount,
    ...mappings,
    containerPath,
    hostPath,
    selinuxRelabel: input.selinuxEnabled,
  });
  const { volumeMounts = [], terminationMessagePath } = input.container;
  return [
    ...volumeMounts.map((volumeMount, index) => ({ ...volumeMountToCri(volumeMount, index, input), ...mappings })),
    ...(input.etcHosts !== undefined && !mountsHostsFile(input.container) ? [file('/etc/hosts', input.etcHosts)] : []),
    ...(input.terminationFile !== undefined && terminationMessagePath
      ? [file(fromRoot(terminationMessagePath), input.terminationFile)]
      : []),
  ];
};

/** Upstream: MakeAbsolutePath in pkg/volume/util. */
const fromRoot = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

/** Whether the container brings its own /etc/hosts. */
export const mountsHostsFile = ({ volumeMounts = [] }: Container): boolean =>
  volumeMounts.some(({ mountPath }) => mountPath === '/etc/hosts');

const volumeMountToCri = (volumeMount: VolumeMount, index: number, input: MountsInput): Mount => {
  const volume = input.pod.spec.volumes?.find(({ name }) => name === volumeMount.name);
  if (volume === undefined)
    throw unsupported(`container ${input.container.name} mounts volume ${volumeMount.name}, which the pod does not have`);
  const kind = volumeKind(volume);
  const readonly = (volumeMount.readOnly ?? false) || isReadOnly(volume);
  return {
    ...emptyMount,
    containerPath: absolutePath(volumeMount.mountPath),
    readonly,
    propagation: mountPropagation[volumeMount.mountPropagation ?? 'None'],
    recursiveReadOnly: recursiveReadOnly(volumeMount, input),
    mountOptions: bindMountOptions(volumeMount, input),
    selinuxRelabel: input.selinuxEnabled && relabelled.has(kind),
    ...(kind === 'image' ? imageMount(volume, index, input) : { hostPath: input.hostPaths[index] ?? '' }),
  };
};

const imageMount = (volume: Volume, index: number, { pod, imageVolumes, subPaths }: MountsInput): Pick<Mount, 'image' | 'imageSubPath'> => {
  const image = imageVolumes.get(volume.name);
  if (image === undefined) throw unsupported(`the image of volume ${volume.name} is not there yet`, true);
  return {
    image: {
      image,
      userSpecifiedImage: volume.image?.reference ?? '',
      annotations: { ...pod.metadata.annotations },
      runtimeHandler: '',
      imageRef: '',
    },
    imageSubPath: subPaths[index] ?? '',
  };
};

const isReadOnly = (volume: ResolvedVolume): boolean =>
  isLiveVolume(volume) || volume.image !== undefined || volume.nfs?.readOnly === true || volume.claimReadOnly === true;

/** Upstream never finds the runtime's features without an API server; here they count (docs/decisions/049). */
const recursiveReadOnly = (
  { name, recursiveReadOnly: mode, readOnly, mountPropagation: propagation }: VolumeMount,
  input: MountsInput,
): boolean => {
  if (mode === undefined || mode === 'Disabled') return false;
  const refused = (why: string): PodEnvironmentError =>
    unsupported(`failed to resolve recursive read-only mode: volume "${name}" requested recursive read-only mode, but it is not ${why}`);
  if (!readOnly) throw refused('read-only');
  if (propagation !== undefined && propagation !== 'None') throw refused(`compatible with propagation "${propagation}"`);
  const supported = input.features?.recursiveReadOnlyMounts ?? false;
  if (!supported && mode === 'Enabled') throw refused('supported by the runtime');
  return supported;
};

/** A runtime that does not know them would leave them out without a word. */
const bindMountOptions = (
  { name, bindMountOptions: options = [] }: VolumeMount,
  { container, mountOptions = false }: MountsInput,
): string[] => {
  if (options.length === 0 || mountOptions) return [...options];
  throw unsupported(
    `container "${container.name}" mounts volume "${name}" with bindMountOptions (${options.join(', ')}), which the container runtime does not support`,
  );
};

const idMappings = (record: UserNamespaceRecord | undefined): { readonly uidMappings: IDMapping[]; readonly gidMappings: IDMapping[] } => ({
  uidMappings: [...(record?.uidMappings ?? [])],
  gidMappings: [...(record?.gidMappings ?? [])],
});

const unsupported = (message: string, retryable = false): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'MOUNT_UNSUPPORTED', retryable, message });
