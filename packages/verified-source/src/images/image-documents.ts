import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { INDEX_TYPES, isDigest, MANIFEST_TYPES } from '../core/image-list.js';

/** A descriptor of OCI or docker: https://github.com/opencontainers/image-spec/blob/main/descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  /** `linux/amd64`; undefined where it does not say. */
  readonly platform?: string;
}

/** Most indexes on the way to a manifest. */
export const MAX_INDEX_DEPTH = 4;
/** Of an index, a manifest or a configuration, bytes. */
export const MAX_IMAGE_DOCUMENT_BYTES = 4 << 20;

/** A descriptor as OCI and docker write it; undefined for what is none. */
export const readDescriptor = (value: unknown): Descriptor | undefined => {
  if (!isRecord(value)) return undefined;
  const { mediaType, digest, size, platform } = value;
  if (typeof mediaType !== 'string' || !isDigest(digest) || !Number.isSafeInteger(size) || (size as number) < 0) return undefined;
  const os = isRecord(platform) ? platform['os'] : undefined;
  const architecture = isRecord(platform) ? platform['architecture'] : undefined;
  return {
    mediaType,
    digest,
    size: size as number,
    ...(typeof os === 'string' && typeof architecture === 'string' && { platform: `${os}/${architecture}` }),
  };
};

/** An index, or a manifest. `mediaType`: where it says one. */
export type ImageDocument = { readonly mediaType?: string } & (
  | { readonly manifests: readonly Descriptor[] }
  | { readonly config: Descriptor; readonly layers: readonly Descriptor[] }
);

/** The descriptors of an index, and the configuration and layers of a manifest. @throws Error for what is neither */
export const readImageDocument = (content: Uint8Array): ImageDocument => {
  const document: unknown = parseBoundedJson(Buffer.from(content).toString());
  if (!isRecord(document)) throw new Error('it is no document of an image');
  const { manifests, config, layers, mediaType } = document;
  const said = typeof mediaType === 'string' ? { mediaType } : {};
  if (Array.isArray(manifests)) return { ...said, manifests: manifests.flatMap((each) => readDescriptor(each) ?? []) };
  const configuration = readDescriptor(config);
  const pieces = Array.isArray(layers) ? layers.map(readDescriptor) : [undefined];
  if (configuration === undefined || pieces.includes(undefined)) throw new Error('it is no manifest of an image');
  return { ...said, config: configuration, layers: pieces as readonly Descriptor[] };
};

/** `linux/amd64`, as a configuration says it; undefined: it does not. */
export const platformOfConfig = (content: Uint8Array): string | undefined => {
  try {
    const config: unknown = parseBoundedJson(Buffer.from(content).toString());
    if (!isRecord(config)) return undefined;
    const { os, architecture } = config;
    return typeof os === 'string' && typeof architecture === 'string' ? `${os}/${architecture}` : undefined;
  } catch {
    return undefined;
  }
};

/** What of an image one machine needs, by its documents. */
export interface ResolvedImage extends Descriptor {
  /** Indexes, manifest and configuration, in the order in which they lead to each other. */
  readonly documents: readonly Descriptor[];
  readonly layers: readonly Descriptor[];
}

/** Gives a document whose digest is known, and whose size may not be. @throws (rejects) where there is none */
export type OpenDocument = (document: { readonly digest: string; readonly size?: number }) => Promise<Uint8Array>;

/** More than any image has. */
const MAX_LAYERS = 1_000;

const OCI = 'application/vnd.oci.image';

/** Follows an image from its digest to its layers, for one platform (`linux/amd64`). @throws (rejects) Error for what is no image, or none for that platform */
export const resolveImage = async (digest: string, platform: string, open: OpenDocument): Promise<ResolvedImage> => {
  const documents: Descriptor[] = [];
  let at: { readonly digest: string; readonly size?: number; readonly mediaType?: string } = { digest };
  for (let depth = 0; depth <= MAX_INDEX_DEPTH; depth += 1) {
    const content = await open(at);
    const document = readImageDocument(content);
    const isIndex = 'manifests' in document;
    const mediaType = document.mediaType ?? at.mediaType ?? `${OCI}.${isIndex ? 'index' : 'manifest'}.v1+json`;
    if (!(isIndex ? INDEX_TYPES : MANIFEST_TYPES).has(mediaType)) throw new Error(`${at.digest} is no document of an image`);
    const descriptor = { mediaType, digest: at.digest, size: content.length };
    documents.push(descriptor);
    if (isIndex) {
      const fitting: Descriptor | undefined =
        document.manifests.find((one) => one.platform === platform) ?? document.manifests.find((one) => INDEX_TYPES.has(one.mediaType));
      if (fitting === undefined)
        throw notFor(
          platform,
          document.manifests.flatMap((one) => one.platform ?? []),
        );
      at = fitting;
      continue;
    }
    const { config, layers } = document;
    if (layers.length > MAX_LAYERS) throw new Error(`${at.digest} has more than ${MAX_LAYERS} layers`);
    const own = platformOfConfig(await open(config));
    if (own !== platform) throw notFor(platform, own === undefined ? [] : [own]);
    const [first = descriptor] = documents;
    return { ...first, documents: [...documents, config], layers };
  }
  throw new Error('its indexes lead to further ones without an end');
};

const notFor = (platform: string, others: readonly string[]): Error =>
  new Error(`it is for ${[...new Set(others)].join(', ') || 'no platform'}; this machine is ${platform}`);
