import type { Container, Image } from '@solo-kubelet/cri-client';

/** Images that no container, running or ended, was made from or has mounted, and that are neither pinned nor the sandboxes' own. */
export const unusedImages = (
  images: readonly Image[],
  containers: readonly Container[],
  { sandboxImage, mounted }: { readonly sandboxImage: string | undefined; readonly mounted: ReadonlySet<string> },
): readonly Image[] => {
  const used = new Set([...mounted, ...containers.flatMap(({ image, imageId, imageRef }) => [image?.image, imageId, imageRef])]);
  if (sandboxImage !== undefined) used.add(sandboxImage);
  return images.filter(
    ({ id, repoTags, repoDigests, pinned }) => !pinned && ![id, ...repoTags, ...repoDigests].some((name) => used.has(name)),
  );
};
