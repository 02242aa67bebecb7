import {
  type Descriptor,
  type ImageList,
  INDEX_TYPES,
  type ListedImage,
  MANIFEST_TYPES,
  MAX_INDEX_DEPTH,
  platformOfConfig,
  readImageDocument,
} from '@solo-kubelet/verified-source';

/** What of a bundle's image one machine needs. */
export interface PlatformImage extends ListedImage {
  /** Digest of the configuration: the id by which runtimes know an image. */
  readonly id: string;
  /** Every blob of it, from the index to the layers, once. */
  readonly blobs: readonly string[];
}

/** Indexes, manifests and configurations by their digest. */
export interface ImageDocuments {
  /** @throws (rejects) Error where it is missing, too large, or not what it should be */
  document(digest: string): Promise<Buffer>;
}

/**
 * The images of a bundle as a machine of this platform (`linux/amd64`) takes them. Each document on the way is verified, and every blob that they name must be in
 * the list. `refuse` makes the error of an image that can't be used.
 */
export const imagesForPlatform = async (
  { images, blobs: listed }: ImageList,
  blobs: ImageDocuments,
  platform: string,
  refuse: (message: string) => Error,
): Promise<readonly PlatformImage[]> => {
  const sizes = new Map(listed.map(({ digest, size }) => [digest, size]));
  const found: PlatformImage[] = [];
  for (const image of images) {
    const fail = (message: string): Error => refuse(`image ${image.name}: ${message}`);
    const open = async (descriptor: Descriptor) => {
      if (sizes.get(descriptor.digest) !== descriptor.size)
        throw fail(`${descriptor.digest} is not in it with the size that the image says`);
      const content = await blobs.document(descriptor.digest);
      try {
        return readImageDocument(content);
      } catch (error) {
        throw fail(`${descriptor.digest}: ${(error as Error).message}`);
      }
    };
    const way: string[] = [];
    let at: Descriptor = image;
    for (let depth = 0; INDEX_TYPES.has(at.mediaType); depth += 1) {
      if (depth === MAX_INDEX_DEPTH) throw fail('its indexes lead to further ones without an end');
      way.push(at.digest);
      const document = await open(at);
      const manifests = 'manifests' in document ? document.manifests : [];
      const fitting = manifests.find((one) => (one.platform === platform || INDEX_TYPES.has(one.mediaType)) && sizes.has(one.digest));
      if (fitting === undefined) {
        const others = manifests.flatMap((one) => (sizes.has(one.digest) && one.platform !== undefined ? [one.platform] : []));
        throw fail(`the bundle has it for ${others.join(', ') || 'no platform'}; this machine is ${platform}`);
      }
      at = fitting;
    }
    if (!MANIFEST_TYPES.has(at.mediaType)) throw fail(`${at.digest} is no manifest of an image`);
    const manifest = await open(at);
    if (!('config' in manifest)) throw fail(`${at.digest} is no manifest of an image`);
    const { config, layers } = manifest;
    const own = platformOfConfig(await blobs.document(config.digest));
    if (own !== platform) throw fail(`the bundle has it for ${own ?? 'an unknown platform'}; this machine is ${platform}`);
    for (const piece of [config, ...layers]) {
      if (sizes.get(piece.digest) !== piece.size) throw fail(`${piece.digest} is not in it with the size that the image says`);
    }
    found.push({
      ...image,
      id: config.digest,
      blobs: [...new Set([...way, at.digest, config.digest, ...layers.map(({ digest }) => digest)])],
    });
  }
  return found;
};
