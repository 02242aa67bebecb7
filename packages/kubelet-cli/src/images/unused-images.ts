import type { Container, Image } from '@solo-kubelet/cri-client';

/** Images that no container, running or ended, was made from, and that are neither pinned nor the sandboxes' own. */
export const unusedImages = (
  images: readonly Image[],
  containers: readonly Container[],
  sandboxImage: string | undefined,
): readonly Image[] => {
  const used = new Set(containers.flatMap(({ image, imageId, imageRef }) => [image?.image, imageId, imageRef]));
  if (sandboxImage !== undefined) used.add(sandboxImage);
  return images.filter(
    ({ id, repoTags, repoDigests, pinned }) => !pinned && ![id, ...repoTags, ...repoDigests].some((name) => used.has(name)),
  );
};

/**
 * The image of pod sandboxes, from what the runtime tells of its configuration (`info` of a verbose Status). Runtimes that tell nothing
 * of it pin the image.
 */
export const sandboxImageOf = (info: Readonly<Record<string, string>>): string | undefined => {
  try {
    const { sandboxImage } = JSON.parse(info['config'] ?? '{}') as { readonly sandboxImage?: unknown };
    return typeof sandboxImage === 'string' ? sandboxImage : undefined;
  } catch {
    return undefined;
  }
};
