import type { Container, Pod, Volume } from '@solo-kubelet/pod-spec';
import { type PodUid, uidOf } from '../core/pod-identity.js';
import type { PullSecrets } from './images/image-credentials.js';

/** An image that a container needs, to run or to mount. */
export interface PodImage {
  readonly podUid: PodUid;
  readonly containerName: string;
  readonly image: string;
  readonly pullPolicy: string | undefined;
  readonly podAnnotations: Readonly<Record<string, string>>;
  readonly pullSecrets: PullSecrets;
}

export const containerImage = (pod: Pod, { name, image = '', imagePullPolicy }: Container): PodImage =>
  imageOf(pod, name, image, imagePullPolicy);

/** The image volumes that a container mounts. */
export const volumeImages = (
  pod: Pod,
  { name, volumeMounts }: Container,
): readonly { readonly volume: Volume; readonly image: PodImage }[] =>
  (pod.spec.volumes ?? []).flatMap((volume) =>
    volume.image === undefined || !volumeMounts?.some((mount) => mount.name === volume.name)
      ? []
      : [{ volume, image: imageOf(pod, name, volume.image.reference ?? '', volume.image.pullPolicy) }],
  );

/** Every image of a pod, each for the first container that needs it. */
export const podImages = (pod: Pod): readonly PodImage[] => {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers];
  const all = containers.flatMap((container) => [
    containerImage(pod, container),
    ...volumeImages(pod, container).map(({ image }) => image),
  ]);
  return all.filter(
    ({ image, pullPolicy }, index) => all.findIndex((one) => one.image === image && one.pullPolicy === pullPolicy) === index,
  );
};

const imageOf = (pod: Pod, containerName: string, image: string, pullPolicy: string | undefined): PodImage => ({
  podUid: uidOf(pod),
  containerName,
  image,
  pullPolicy,
  podAnnotations: pod.metadata.annotations ?? {},
  pullSecrets: {
    namespace: pod.metadata.namespace ?? 'default',
    names: (pod.spec.imagePullSecrets ?? []).flatMap(({ name }) => (name ? [name] : [])),
  },
});
