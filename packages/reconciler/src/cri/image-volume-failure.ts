import type { ContainerConfig } from '@solo-kubelet/cri-client';
import type { StepFailure } from '../runtime-port.js';

/** How runtimes fail that know nothing of `Mount.image`: they take the empty host path for the mount's source. */
const EMPTY_SOURCE = /\b(?:mkdir|l?stat|open) (?:"" ?)?:/;

/** Says what the runtime lacks where it took an image volume for a mount of an empty path; any other failure stays as it is. */
export const explainImageVolume = (failure: StepFailure, { mounts }: Pick<ContainerConfig, 'mounts'>): StepFailure => {
  const mount = mounts.find(({ image }) => image !== undefined);
  if (mount?.image === undefined || !EMPTY_SOURCE.test(failure.message)) return failure;
  const subPath = mount.imageSubPath === '' ? '' : ` with subPath "${mount.imageSubPath}"`;
  const what = `image "${mount.image.userSpecifiedImage}" as a volume at ${mount.containerPath}${subPath}`;
  return { ...failure, message: `the container runtime cannot mount ${what}: it does not support image volumes: ${failure.message}` };
};
