import type { Container, Pod, PodSpec } from '@solo-kubelet/pod-spec';

type Lists = 'initContainers' | 'containers' | 'ephemeralContainers';
const LISTS: readonly Lists[] = ['initContainers', 'containers', 'ephemeralContainers'];

export interface PlacedContainer {
  /** Such as `spec.containers[0]`. */
  readonly field: string;
  readonly container: Container;
}

/** Every container of a Pod, those that came for debugging included, with its place. */
export const containersOf = ({ spec }: Pod): readonly PlacedContainer[] =>
  LISTS.flatMap((list) =>
    ((spec[list] ?? []) as readonly Container[]).map((container, at) => ({ field: `spec.${list}[${at}]`, container })),
  );

/** A Pod with each container changed; the same Pod where none is. */
export const mapContainers = (pod: Pod, change: (container: Container) => Container): Pod => {
  const changes = LISTS.flatMap((list) => {
    const before = pod.spec[list] as readonly Container[] | undefined;
    if (before === undefined) return [];
    const after = before.map(change);
    return after.every((each, at) => each === before[at]) ? [] : [[list, after]];
  });
  return changes.length === 0 ? pod : { ...pod, spec: { ...pod.spec, ...(Object.fromEntries(changes) as Partial<PodSpec>) } };
};

/** Every image of a Pod, those of volumes included, with its place. */
export const imagesOf = (pod: Pod): readonly { readonly field: string; readonly image: string }[] => [
  ...containersOf(pod).map(({ field, container }) => ({ field: `${field}.image`, image: container.image ?? '' })),
  ...(pod.spec.volumes ?? []).flatMap(({ image }, at) =>
    image === undefined ? [] : [{ field: `spec.volumes[${at}].image.reference`, image: image.reference ?? '' }],
  ),
];

/** A Pod with each image changed; the same Pod where none is. */
export const mapImages = (pod: Pod, change: (image: string) => string): Pod => {
  const changed = mapContainers(pod, (container) => {
    const { image = '' } = container;
    const now = change(image);
    return now === image ? container : { ...container, image: now };
  });
  const volumes = changed.spec.volumes?.map((volume) => {
    const { reference = '' } = volume.image ?? {};
    const now = volume.image === undefined ? reference : change(reference);
    return now === reference ? volume : { ...volume, image: { ...volume.image, reference: now } };
  });
  return volumes === undefined || volumes.every((each, at) => each === changed.spec.volumes?.[at])
    ? changed
    : { ...changed, spec: { ...changed.spec, volumes } };
};

/** What admission may change of a Pod, as text: equal for Pods that come out alike. */
export const contentText = ({ metadata: { labels = {}, annotations = {} }, spec }: Pod): string =>
  canonicalText({ labels, annotations, spec });

/** JSON with the keys of every map in order, and whole numbers of any size. */
export const canonicalText = (value: unknown): string => {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalText(item ?? null)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalText(item)}`).join(',')}}`;
};
