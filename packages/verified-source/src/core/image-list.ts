import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { relativePath } from './images/relative-path.js';

/** Name of the file of an answer's archive that lists the images it brings. Hidden, so that it is no manifest. */
export const IMAGE_LIST_FILE = '.images.json';

/** A piece of an image, by its content: a list of platforms, a manifest, a configuration or a layer. */
export interface ListedBlob {
  /** SHA-256, `sha256:HEX`. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** An image by its full name, and the blob that it begins with. */
export interface ListedImage extends ListedBlob {
  /** Such as `docker.io/library/nginx:1.27`. */
  readonly name: string;
  /** Of OCI or of docker: an index, or a manifest. */
  readonly mediaType: string;
}

/** What images come along with an answer: an `ImageList` of `solo-kubelet.dev/v1alpha1`. Signed with the manifests, it says for every byte of them what it must be. */
export interface ImageList {
  readonly images: readonly ListedImage[];
  /** Every blob of all images, once, by digest. */
  readonly blobs: readonly ListedBlob[];
  /** The directory of an OCI layout that has them, relative to the URL of the source; empty for that of the answer itself. Default: they are brought along. */
  readonly layout?: string;
}

export const IMAGE_LIST_API_VERSION = 'solo-kubelet.dev/v1alpha1';
export const IMAGE_LIST_KIND = 'ImageList';

/** More than an answer of 3 MiB names. */
const MAX_IMAGES = 1_000;
const MAX_BLOBS = 20_000;
/** Of one blob, bytes: more than the layer of any image. */
const MAX_BLOB_BYTES = 1e12;
const MAX_NAME_CHARACTERS = 512;

export const INDEX_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
export const MANIFEST_TYPES: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);

export const isDigest = (value: unknown): value is string => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

/** Reads an `ImageList`, or says what is wrong with it. */
export const parseImageList = (text: string): ImageList | string => {
  let root: unknown;
  try {
    root = parseBoundedJson(text);
  } catch {
    return 'it is no JSON';
  }
  if (!isRecord(root) || root['apiVersion'] !== IMAGE_LIST_API_VERSION || root['kind'] !== IMAGE_LIST_KIND) {
    return `want an ${IMAGE_LIST_KIND} of ${IMAGE_LIST_API_VERSION}`;
  }
  const { images, blobs, layout: given } = root;
  const layout = given === undefined ? undefined : relativePath(given);
  if (layout?.ok === false) return `layout: ${layout.message}`;
  if (!Array.isArray(images) || !Array.isArray(blobs)) return 'images and blobs: want lists';
  if (images.length > MAX_IMAGES) return `images: more than ${MAX_IMAGES}`;
  if (blobs.length > MAX_BLOBS) return `blobs: more than ${MAX_BLOBS}`;
  const sizes = new Map<string, number>();
  for (const [at, blob] of blobs.entries()) {
    const wrong = wrongBlob(blob);
    if (wrong !== undefined) return `blobs[${at}]${wrong}`;
    const { digest, size } = blob as ListedBlob;
    if (sizes.has(digest)) return `blobs[${at}].digest: it is listed twice`;
    sizes.set(digest, size);
  }
  const names = new Set<string>();
  for (const [at, image] of images.entries()) {
    const wrong = wrongBlob(image) ?? wrongImage(image as Record<string, unknown>);
    if (wrong !== undefined) return `images[${at}]${wrong}`;
    const { name, digest, size } = image as ListedImage;
    if (names.has(name)) return `images[${at}].name: it is listed twice`;
    names.add(name);
    if (sizes.get(digest) !== size) return `images[${at}].digest: there is no such blob of that size`;
  }
  return {
    images: (images as readonly ListedImage[]).map(({ name, mediaType, digest, size }) => ({ name, mediaType, digest, size })),
    blobs: (blobs as readonly ListedBlob[]).map(({ digest, size }) => ({ digest, size })),
    ...(layout && { layout: layout.path }),
  };
};

const wrongBlob = (value: unknown): string | undefined => {
  if (!isRecord(value)) return ': want a mapping';
  const { digest, size } = value;
  if (!isDigest(digest)) return '.digest: want sha256:HEX';
  return Number.isSafeInteger(size) && (size as number) >= 0 && (size as number) <= MAX_BLOB_BYTES
    ? undefined
    : `.size: want bytes, at most ${MAX_BLOB_BYTES}`;
};

const wrongImage = ({ name, mediaType }: Readonly<Record<string, unknown>>): string | undefined => {
  if (typeof name !== 'string' || name.length > MAX_NAME_CHARACTERS || !/^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/.test(name)) {
    return '.name: want the name of an image';
  }
  return typeof mediaType === 'string' && (INDEX_TYPES.has(mediaType) || MANIFEST_TYPES.has(mediaType))
    ? undefined
    : '.mediaType: want that of an image';
};
