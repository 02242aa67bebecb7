import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import { type ImageList, isDigest } from '../image-list.js';
import { relativePath } from './relative-path.js';

/** Where a source has an image. Paths are relative to the URL of the source. */
export type ImageLocation =
  /** An OCI image layout: a directory with `blobs/sha256/…`. */
  | { readonly type: 'layout'; readonly path: string }
  /** One file, as `docker save`, `skopeo copy` and `ctr images export` write it, of which everything is known. */
  | { readonly type: 'archive'; readonly path: string; readonly digest: string; readonly size: number };

/** An image that a node is to have before the Pods of a revision begin. */
export interface SourceImage {
  /** Full name by which Pods ask for it, such as `docker.io/library/nginx:1.27`. */
  readonly name: string;
  /** Of its index or manifest; of an archive without these, of its configuration. */
  readonly digest: string;
  readonly location: ImageLocation;
}

/** Of one document that names images by hand; an `ImageList` may have more. */
export const MAX_SOURCE_IMAGES = 256;
/** Of an archive, bytes. */
const MAX_ARCHIVE_BYTES = 1e12;

const IMAGE_FIELDS: ReadonlySet<string> = new Set(['name', 'digest', 'layout', 'archive']);
const ARCHIVE_FIELDS: ReadonlySet<string> = new Set(['url', 'digest', 'size']);

/** Reads `spec.images` of a `SourceRevision`, or says what is wrong with it. */
export const readSourceImages = (value: unknown): readonly SourceImage[] | string => {
  if (!Array.isArray(value)) return 'spec.images: want a list';
  if (value.length > MAX_SOURCE_IMAGES)
    return `spec.images: at most ${MAX_SOURCE_IMAGES}; kubelet-cli bundle create --layout makes a list of more`;
  const images: SourceImage[] = [];
  const names = new Set<string>();
  for (const [at, each] of value.entries()) {
    const image = readImage(each);
    if (typeof image === 'string') return `spec.images[${at}]${image}`;
    if (names.has(image.name)) return `spec.images[${at}].name: ${image.name} is listed twice`;
    names.add(image.name);
    images.push(image);
  }
  return images;
};

const readImage = (value: unknown): SourceImage | string => {
  if (!isRecord(value)) return ': want a mapping';
  const unknown = unknownField(value, IMAGE_FIELDS);
  if (unknown !== undefined) return `.${unknown}: there is no such field`;
  const { name, digest, layout, archive } = value;
  if (!isDigest(digest)) return '.digest: want sha256: and 64 digits of 0-9 and a-f';
  const full = typeof name === 'string' ? fullImageName(name) : undefined;
  if (full === undefined) return '.name: want the name of an image, as Pods have it';
  const named = full.split('@')[1];
  if (named !== undefined && named !== digest) return `.name: it has the digest ${named}, and digest is ${digest}`;
  if ((layout === undefined) === (archive === undefined)) return ': want one of layout and archive';
  const location = layout === undefined ? readArchive(archive) : readLayout(layout);
  return typeof location === 'string' ? location : { name: full, digest, location };
};

const readLayout = (value: unknown): ImageLocation | string => {
  const path = relativePath(value);
  return path.ok ? { type: 'layout', path: path.path } : `.layout: ${path.message}`;
};

const readArchive = (value: unknown): ImageLocation | string => {
  if (!isRecord(value)) return '.archive: want a mapping with url, digest and size';
  const unknown = unknownField(value, ARCHIVE_FIELDS);
  if (unknown !== undefined) return `.archive.${unknown}: there is no such field`;
  const { url, digest, size } = value;
  const path = relativePath(url);
  if (!path.ok) return `.archive.url: ${path.message}`;
  if (path.path === '') return '.archive.url: want the path of a file';
  if (!isDigest(digest)) return '.archive.digest: want sha256: and 64 digits of 0-9 and a-f';
  if (!(Number.isSafeInteger(size) && (size as number) > 0 && (size as number) <= MAX_ARCHIVE_BYTES))
    return `.archive.size: want bytes, at most ${MAX_ARCHIVE_BYTES}`;
  return { type: 'archive', path: path.path, digest, size: size as number };
};

/** A name as runtimes have it; with a digest, the tag beside it counts for nothing. Undefined: it is no name of an image. */
export const fullImageName = (name: string): string | undefined => {
  const reference = parseImageReference(name);
  if (reference === undefined) return undefined;
  const { repository, tag, digest } = reference;
  return digest === '' ? `${repository}:${tag}` : `${repository}@${digest}`;
};

/** The images of a list that says where they are; none of one that does not. */
export const imagesOfList = ({ images, layout }: ImageList): readonly SourceImage[] =>
  layout === undefined
    ? []
    : images.map(({ name, digest }) => ({ name: fullImageName(name) ?? name, digest, location: { type: 'layout', path: layout } }));

const unknownField = (value: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): string | undefined =>
  Object.keys(value).find((field) => !known.has(field));
