import type { PlannedPod } from './pods-of-manifest.js';

export interface NamedImage {
  /** As the Pod names it. */
  readonly image: string;
  /** Whether it must be there already: `imagePullPolicy: Never`. */
  readonly neverPulled: boolean;
}

/** The images of a Pod's containers and volumes. */
export const imagesOf = ({ spec }: Pick<PlannedPod, 'spec'>): readonly NamedImage[] => [
  ...[...(spec.initContainers ?? []), ...spec.containers].flatMap(({ image, imagePullPolicy }) =>
    image ? [{ image, neverPulled: imagePullPolicy === 'Never' }] : [],
  ),
  ...(spec.volumes ?? []).flatMap(({ image }) =>
    image?.reference ? [{ image: image.reference, neverPulled: image.pullPolicy === 'Never' }] : [],
  ),
];
