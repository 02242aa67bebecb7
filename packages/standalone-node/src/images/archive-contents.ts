import type { Readable } from 'node:stream';
import { parseImageReference } from '@solo-kubelet/pod-spec';
import { extract } from 'tar-stream';

/** What an image archive says of one of its images. */
export interface ArchivedImage {
  /** Full names, as CRI has them; empty when the archive gives none. */
  readonly names: readonly string[];
  /** A tag without a name, as `skopeo copy … oci-archive:FILE:TAG` leaves it. */
  readonly tag?: string;
  /** `linux/amd64`, …: those that the archive has; empty when that cannot be told. */
  readonly platforms: readonly string[];
}

interface Descriptor {
  readonly digest?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}
interface Platform {
  readonly os?: string;
  readonly architecture?: string;
}
/** Any of the JSON documents of an archive: an index, a manifest, a configuration. */
interface ArchiveDocument extends Platform {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
}
interface DockerEntry {
  readonly Config?: string;
  readonly RepoTags?: readonly string[] | null;
}

/** Where containerd and docker, and where the OCI layout writes an image's name. */
export const NAME_ANNOTATION = 'io.containerd.image.name';
const REF_ANNOTATION = 'org.opencontainers.image.ref.name';
/** Manifests and configurations are smaller, layers are not read. */
const MAX_DOCUMENT_BYTES = 1 << 20;

/** Reads what an archive (OCI layout or `docker save`) has in it. Undefined: it is neither. */
export const readArchiveContents = async (archive: Readable): Promise<readonly ArchivedImage[] | undefined> => {
  const documents = await readDocuments(archive);
  if (documents.has('oci-layout')) {
    const index = documents.get('index.json') as ArchiveDocument | undefined;
    return index?.manifests?.map((entry) => ({ ...ociName(entry), platforms: platformsOf(entry, documents) }));
  }
  const entries = documents.get('manifest.json') as readonly DockerEntry[] | undefined;
  return entries?.map(({ Config = '', RepoTags }) => ({
    names: (RepoTags ?? []).map(fullName),
    platforms: platformText(documents.get(Config) as Platform | undefined),
  }));
};

const readDocuments = async (archive: Readable): Promise<ReadonlyMap<string, unknown>> => {
  const documents = new Map<string, unknown>();
  for await (const entry of archive.pipe(extract())) {
    const { name, size = 0, type } = entry.header;
    if (type === 'file' && size <= MAX_DOCUMENT_BYTES) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      const document = parseObject(Buffer.concat(chunks));
      if (document !== undefined) documents.set(name.replace(/^\.\//, ''), document);
    } else entry.resume();
  }
  return documents;
};

const parseObject = (content: Buffer): unknown => {
  if (content[0] !== 0x7b && content[0] !== 0x5b) return undefined;
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
};

const ociName = ({ annotations = {} }: Descriptor): Pick<ArchivedImage, 'names' | 'tag'> => {
  const name = annotations[NAME_ANNOTATION] ?? annotations[REF_ANNOTATION];
  if (name === undefined) return { names: [] };
  return /[/:@]/.test(name) ? { names: [fullName(name)] } : { names: [], tag: name };
};

const platformsOf = ({ digest = '' }: Descriptor, documents: ReadonlyMap<string, unknown>): readonly string[] => {
  const document = documents.get(`blobs/${digest.replace(':', '/')}`) as ArchiveDocument | undefined;
  if (document?.manifests) return document.manifests.flatMap((entry) => platformsOf(entry, documents));
  // A manifest names its configuration by digest; the configuration itself has a member of that name which is something else.
  const configuration = document?.config?.digest;
  return configuration === undefined ? [] : platformText(documents.get(`blobs/${configuration.replace(':', '/')}`) as Platform | undefined);
};

const platformText = (platform: Platform | undefined): readonly string[] =>
  platform?.os && platform.architecture ? [`${platform.os}/${platform.architecture}`] : [];

/** A name as CRI has it: `nginx` is `docker.io/library/nginx:latest`. What is no name of an image stays as it is. */
export const fullName = (name: string): string => {
  const reference = parseImageReference(name);
  if (reference === undefined) return name;
  const { repository, tag, digest } = reference;
  return `${repository}${tag === '' ? '' : `:${tag}`}${digest === '' ? '' : `@${digest}`}`;
};
