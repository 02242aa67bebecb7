import type { Readable } from 'node:stream';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import { entriesOf } from './bounded-tar.js';

/** What an image archive says of one of its images. */
export interface ArchivedImage {
  /** Full names, as CRI has them; empty when the archive gives none. */
  readonly names: readonly string[];
  /** A tag without a name, as `skopeo copy … oci-archive:FILE:TAG` leaves it. */
  readonly tag?: string;
  /** Digests that lead to it: of what its entry names, of manifests below that, and of configurations. */
  readonly digests: readonly string[];
  /** `linux/amd64`, …: those that the archive has; empty when that cannot be told. */
  readonly platforms: readonly string[];
}

/** What an archive should say; whoever made it may have written anything. */
interface Descriptor {
  readonly digest?: unknown;
  readonly annotations?: unknown;
}
interface DockerEntry {
  readonly Config?: unknown;
  readonly RepoTags?: unknown;
}

/** Where containerd and docker, and where the OCI layout writes an image's name. */
export const NAME_ANNOTATION = 'io.containerd.image.name';
const REF_ANNOTATION = 'org.opencontainers.image.ref.name';
/** Manifests and configurations are smaller, layers are not read. */
export const MAX_DOCUMENT_BYTES = 1 << 20;
/** Of all documents of an archive; those of a hundred images for ten platforms have some 20 MiB. */
const MAX_ALL_DOCUMENT_BYTES = 64 << 20;
/** Indexes in indexes: one is usual. */
const MAX_INDEX_DEPTH = 4;
/** Descriptors that are followed from one entry of an archive. */
const MAX_FOLLOWED = 10_000;

/** Reads what an archive (OCI layout or `docker save`) has in it. Undefined: it is neither. */
export const readArchiveContents = async (archive: Readable): Promise<readonly ArchivedImage[] | undefined> => {
  const documents = await readDocuments(archive);
  if (documents.has('oci-layout')) {
    return manifestsOf(documents.get('index.json'))?.map((entry) => ({ ...ociName(entry), ...insideOf(entry, documents) }));
  }
  const entries = documents.get('manifest.json');
  if (!Array.isArray(entries)) return undefined;
  return entries.filter(isRecord).map(({ Config, RepoTags }: DockerEntry) => ({
    names: Array.isArray(RepoTags) ? RepoTags.filter(isText).map(fullName) : [],
    digests: isText(Config) ? configDigest(Config) : [],
    platforms: isText(Config) ? platformText(documents.get(Config)) : [],
  }));
};
const isText = (value: unknown): value is string => typeof value === 'string';

const manifestsOf = (document: unknown): readonly Descriptor[] | undefined => {
  const manifests = isRecord(document) ? document['manifests'] : undefined;
  return Array.isArray(manifests) ? manifests.filter(isRecord) : undefined;
};

const readDocuments = async (archive: Readable): Promise<ReadonlyMap<string, unknown>> => {
  const documents = new Map<string, unknown>();
  let bytes = 0;
  for await (const entry of entriesOf(archive)) {
    const { name, size = 0, type } = entry.header;
    if (type === 'file' && size <= MAX_DOCUMENT_BYTES) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const document = parseObject(Buffer.concat(chunks));
      if (document === undefined) continue;
      bytes += size;
      if (bytes > MAX_ALL_DOCUMENT_BYTES) throw new Error(`the archive has more than ${MAX_ALL_DOCUMENT_BYTES} bytes of manifests`);
      documents.set(name.replace(/^\.\//, ''), document);
    } else entry.resume();
  }
  return documents;
};

const parseObject = (content: Buffer): unknown => {
  if (content[0] !== 0x7b && content[0] !== 0x5b) return undefined;
  try {
    return parseBoundedJson(content.toString('utf8'));
  } catch {
    return undefined;
  }
};

const ociName = ({ annotations }: Descriptor): Pick<ArchivedImage, 'names' | 'tag'> => {
  const name = isRecord(annotations) ? (annotations[NAME_ANNOTATION] ?? annotations[REF_ANNOTATION]) : undefined;
  if (!isText(name)) return { names: [] };
  return /[/:@]/.test(name) ? { names: [fullName(name)] } : { names: [], tag: name };
};

const blobPath = ({ digest }: Descriptor): string => `blobs/${isText(digest) ? digest.replace(':', '/') : ''}`;

const insideOf = (first: Descriptor, documents: ReadonlyMap<string, unknown>): Pick<ArchivedImage, 'digests' | 'platforms'> => {
  const platforms: string[] = [];
  const digests: string[] = [];
  const work = [{ descriptor: first, depth: 0 }];
  let followed = 0;
  for (let next = work.pop(); next !== undefined && followed < MAX_FOLLOWED; next = work.pop()) {
    followed += 1;
    if (isText(next.descriptor.digest)) digests.push(next.descriptor.digest);
    const document = documents.get(blobPath(next.descriptor));
    const manifests = manifestsOf(document);
    if (manifests !== undefined) {
      const { depth } = next;
      if (depth < MAX_INDEX_DEPTH)
        work.push(
          ...manifests
            .slice(0, MAX_FOLLOWED - followed)
            .map((descriptor) => ({ descriptor, depth: depth + 1 }))
            .reverse(),
        );
      continue;
    }
    // A manifest names its configuration by digest; the configuration itself has a member of that name which is something else.
    const configuration = isRecord(document) && isRecord(document['config']) ? (document['config'] as Descriptor) : {};
    if (!isText(configuration.digest)) continue;
    digests.push(configuration.digest);
    platforms.push(...platformText(documents.get(blobPath(configuration))));
  }
  return { digests, platforms };
};

/** `docker save` calls a configuration by its digest: `HEX.json`, or `blobs/sha256/HEX`. */
const configDigest = (path: string): readonly string[] => {
  const hex = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(path)?.[1];
  return hex === undefined ? [] : [`sha256:${hex}`];
};

const platformText = (platform: unknown): readonly string[] => {
  if (!isRecord(platform)) return [];
  const { os, architecture } = platform;
  return isText(os) && isText(architecture) && os !== '' && architecture !== '' ? [`${os}/${architecture}`] : [];
};

/** A name as CRI has it: `nginx` is `docker.io/library/nginx:latest`. What is no name of an image stays as it is. */
export const fullName = (name: string): string => {
  const reference = parseImageReference(name);
  if (reference === undefined) return name;
  const { repository, tag, digest } = reference;
  return `${repository}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
};
