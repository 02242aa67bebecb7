import type { Container, Pod, Volume } from '@solo-kubelet/pod-spec';

/** A volume with the one source that it has; a volume without any is an emptyDir. `local`: of a claim (see resolve-claims.ts). */
export type VolumeKind = (typeof supported)[number] | 'unsupported';

const supported = [
  'emptyDir',
  'hostPath',
  'downwardAPI',
  'projected',
  'configMap',
  'secret',
  'image',
  'nfs',
  'local',
  'persistentVolumeClaim',
  'ephemeral',
] as const;

export const volumeKind = (volume: Volume): VolumeKind => {
  const sources = Object.entries(volume).filter(([field, source]) => field !== 'name' && source !== undefined && source !== null);
  if (sources.length === 0) return 'emptyDir';
  return supported.find((kind) => sources[0]?.[0] === kind) ?? 'unsupported';
};

/** Init containers, containers and ephemeral containers, in this order. */
export const allContainers = (pod: Pod): readonly Container[] => [
  ...(pod.spec.initContainers ?? []),
  ...pod.spec.containers,
  ...(pod.spec.ephemeralContainers ?? []),
];

/** Volumes that some container mounts; the others are never set up. */
export const usedVolumes = (pod: Pod): readonly Volume[] => {
  const names = new Set(
    allContainers(pod).flatMap(({ volumeMounts, volumeDevices }) =>
      [...(volumeMounts ?? []), ...(volumeDevices ?? [])].map(({ name }) => name),
    ),
  );
  return (pod.spec.volumes ?? []).filter(({ name }) => names.has(name));
};

/** Volumes of an ephemeral container that were not set up with the pod, since nothing else mounts them. */
export const lateVolumes = (pod: Pod, container: Container): readonly Volume[] => {
  if (pod.spec.ephemeralContainers?.some(({ name }) => name === container.name) !== true) return [];
  const { ephemeralContainers: _later, ...spec } = pod.spec;
  const before = new Set(usedVolumes({ ...pod, spec }));
  const own = new Set((container.volumeMounts ?? []).map(({ name }) => name));
  return usedVolumes(pod).filter((volume) => own.has(volume.name) && !before.has(volume));
};

export interface PodImageVolume {
  readonly volumeName: string;
  readonly reference: string;
  /** `Always`, `IfNotPresent` or `Never`. */
  readonly pullPolicy: string;
}

/** Images that must be present before a container with these volumes is created. */
export const podImageVolumes = (pod: Pod): readonly PodImageVolume[] =>
  usedVolumes(pod).flatMap(({ name, image }) =>
    image ? [{ volumeName: name ?? '', reference: image.reference ?? '', pullPolicy: image.pullPolicy ?? 'IfNotPresent' }] : [],
  );

/**
 * Directories to make inside a volume because some container mounts another volume below it: the first element of each such path.
 * Upstream: pkg/volume/util/nested_volumes.go.
 */
export const nestedMountDirectories = (pod: Pod, volumeName: string): readonly string[] => {
  const directories = new Set<string>();
  for (const { volumeMounts = [] } of allContainers(pod)) {
    const outer = volumeMounts.filter(({ name }) => name === volumeName).map(({ mountPath }) => absolutePath(mountPath ?? ''));
    for (const { mountPath } of volumeMounts) {
      const path = absolutePath(mountPath ?? '');
      for (const parent of outer) {
        const first = path.startsWith(`${parent}/`) ? path.slice(parent.length + 1).split('/', 1)[0] : undefined;
        if (first) directories.add(first);
      }
    }
  }
  return [...directories];
};

/** A mount path as seen from the container's root, without a trailing slash. */
export const absolutePath = (mountPath: string): string => {
  const absolute = mountPath.startsWith('/') ? mountPath : `/${mountPath}`;
  return absolute.length > 1 ? absolute.replace(/(?<!\/)\/+$/, '') : absolute;
};
