import type { Container, Image } from '@solo-kubelet/cri-client';

/** Images that no container, running or ended, was made from or has mounted, and that are neither pinned, nor the sandboxes' own, nor among `kept` by their names. */
export const unusedImages = (
  images: readonly Image[],
  containers: readonly Container[],
  {
    sandboxImage,
    mounted,
    kept = [],
  }: { readonly sandboxImage: string | undefined; readonly mounted: ReadonlySet<string>; readonly kept?: readonly string[] },
): readonly Image[] => {
  const used = new Set([...mounted, ...kept, ...containers.flatMap(({ image, imageId, imageRef }) => [image?.image, imageId, imageRef])]);
  if (sandboxImage !== undefined) used.add(sandboxImage);
  return images.filter(
    ({ id, repoTags, repoDigests, pinned }) => !pinned && ![id, ...repoTags, ...repoDigests].some((name) => used.has(name)),
  );
};
