import { type Pod, podCgroup, type Volume } from '@solo-kubelet/pod-spec';
import { PodEnvironmentError } from '../pod-environment-error.js';
import { bytes } from './amounts.js';
import { allContainers } from './pod-volumes.js';

/**
 * Bytes that a tmpfs volume may hold: the least of the node's allocatable memory, the pod's memory limit and the volume's sizeLimit.
 * Undefined when nothing bounds it. Upstream: calculateEmptyDirMemorySize in pkg/volume/emptydir/empty_dir.go.
 */
export const memoryVolumeSize = (
  pod: Pod,
  sizeLimit: string | undefined,
  allocatable: Readonly<Record<string, string>>,
): bigint | undefined => {
  const bounds = [bytes(allocatable.memory), bytes(sizeLimit), podCgroup(pod).memory ?? 0n].filter((bound) => bound > 0n);
  return bounds.toSorted((left, right) => (left < right ? -1 : 1))[0];
};

/** `sizeLimit` of an emptyDir in bytes; undefined when it has none. */
export const emptyDirLimit = ({ emptyDir }: Volume): number | undefined => {
  const limit = Number(bytes(emptyDir?.sizeLimit));
  return limit > 0 ? limit : undefined;
};

/** The page size for an emptyDir of medium `HugePages` or `HugePages-<size>`. */
export const hugePageSize = (pod: Pod, medium: string): string => {
  const named = medium.slice('HugePages-'.length);
  const requested = new Set(
    [pod.spec.resources, ...allContainers(pod).map(({ resources }) => resources)].flatMap((resources) =>
      Object.keys(resources?.requests ?? {}).flatMap((name) => (name.startsWith('hugepages-') ? [name.slice('hugepages-'.length)] : [])),
    ),
  );
  if (named !== '') {
    if (requested.has(named)) return named;
    throw failed(`medium ${medium} needs a request for hugepages-${named}`);
  }
  const [size, ...others] = requested;
  if (size === undefined) throw failed('no huge pages are requested by the pod');
  if (others.length > 0) throw failed('medium HugePages does not say which of the requested page sizes it means');
  return size;
};

const failed = (message: string): PodEnvironmentError =>
  new PodEnvironmentError({ code: 'VOLUME_SETUP_FAILED', retryable: false, message });
