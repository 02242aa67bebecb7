import { readRegular } from '@solo-kubelet/untrusted-files';
import {
  type Descriptor,
  type ImageList,
  INDEX_TYPES,
  type ListedBlob,
  type ListedImage,
  MANIFEST_TYPES,
  MAX_IMAGE_DOCUMENT_BYTES,
  MAX_INDEX_DEPTH,
  platformOfConfig,
  readImageDocument,
} from '@solo-kubelet/verified-source';
import { bundleRefused } from './bundle-error.js';
import type { ArchivedImage, ArchiveParts, BlobFile } from './image-archive-parts.js';

export interface CollectedImages {
  readonly list: ImageList;
  readonly blobs: ReadonlyMap<string, BlobFile>;
}

/** An image as it is to be called, and the archive that it is in. */
export interface ChosenImage {
  readonly name: string;
  readonly image: ArchivedImage;
  readonly parts: ArchiveParts;
}

/**
 * Everything that images consist of, each blob once. Of an image for several platforms those come along that the archive has as a whole, or the one that was
 * asked for. @throws (rejects) CliError CLI_BUNDLE_REFUSED for an image of which pieces are missing
 */
export const collectImages = async (chosen: readonly ChosenImage[], platform: string | undefined): Promise<CollectedImages> => {
  const images: ListedImage[] = [];
  const blobs = new Map<string, BlobFile>();
  for (const { name, image, parts } of chosen) {
    const { mediaType, digest, size } = image.descriptor;
    const refuse = (message: string): Error => bundleRefused(parts.path, `image ${name}: ${message}`);
    if (!INDEX_TYPES.has(mediaType) && !MANIFEST_TYPES.has(mediaType)) throw refuse(`it is ${mediaType}, which is no image`);
    const missing: string[] = [];
    const pieces = await piecesOf(image.descriptor, parts, { platform, missing, depth: 0, refuse });
    if (pieces === undefined) {
      throw refuse(missing.length > 0 ? `the archive lacks ${missing[0]}` : `the archive has it for no ${platform ?? 'platform'}`);
    }
    for (const piece of pieces) blobs.set(piece, parts.blobs.get(piece)!);
    images.push({ name, mediaType, digest, size });
  }
  const listed: readonly ListedBlob[] = [...blobs].map(([digest, { size }]) => ({ digest, size })).sort(byDigest);
  return { list: { images: images.sort((a, b) => (a.name < b.name ? -1 : 1)), blobs: listed }, blobs };
};

const byDigest = (a: ListedBlob, b: ListedBlob): number => (a.digest < b.digest ? -1 : 1);

interface Walk {
  readonly platform: string | undefined;
  /** What was looked for in vain. */
  readonly missing: string[];
  readonly depth: number;
  /** The error of an image that can't be used. */
  readonly refuse: (message: string) => Error;
}

/** The digests of an image and of all below it; undefined where any of them is missing. */
const piecesOf = async (at: Descriptor, parts: ArchiveParts, walk: Walk): Promise<readonly string[] | undefined> => {
  const file = parts.blobs.get(at.digest);
  if (file === undefined || file.size !== at.size || file.size > MAX_IMAGE_DOCUMENT_BYTES || walk.depth > MAX_INDEX_DEPTH) {
    walk.missing.push(at.digest);
    return undefined;
  }
  const document = readDocument(await readSmall(file), at.digest, walk);
  if ('manifests' in document) {
    const kept: string[] = [];
    for (const one of document.manifests) {
      if (walk.platform !== undefined && one.platform !== undefined && one.platform !== walk.platform) continue;
      const below = await piecesOf(one, parts, { ...walk, depth: walk.depth + 1 });
      if (below !== undefined) kept.push(...below);
    }
    return kept.length === 0 ? undefined : [...new Set([at.digest, ...kept])];
  }
  const pieces = [document.config, ...document.layers];
  const lacking = pieces.find(({ digest, size }) => parts.blobs.get(digest)?.size !== size);
  if (lacking !== undefined) {
    walk.missing.push(lacking.digest);
    return undefined;
  }
  // An image for one platform alone says in its configuration which one that is.
  const config = walk.platform === undefined ? undefined : parts.blobs.get(document.config.digest);
  const own = config && config.size <= MAX_IMAGE_DOCUMENT_BYTES ? platformOfConfig(await readSmall(config)) : undefined;
  if (own !== undefined && own !== walk.platform) return undefined;
  return [...new Set([at.digest, ...pieces.map(({ digest }) => digest)])];
};

const readSmall = ({ path }: BlobFile): Promise<Buffer> => readRegular(path, { followLinks: true, maxBytes: MAX_IMAGE_DOCUMENT_BYTES });

const readDocument = (content: Uint8Array, digest: string, walk: Walk): ReturnType<typeof readImageDocument> => {
  try {
    return readImageDocument(content);
  } catch (error) {
    throw walk.refuse(`${digest}: ${error instanceof SyntaxError ? 'it is no JSON' : (error as Error).message}`);
  }
};
