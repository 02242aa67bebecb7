import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { type LayerEntry, writeLayer } from './image-layer.js';
import type { Architecture } from './pause-program.js';

/** What runs in a container of the image, in the words of the OCI image configuration. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  /** `NAME=value`. */
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  /** A user name or number, with `:group` if wanted. */
  readonly User?: string;
  readonly StopSignal?: string;
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>;
  readonly Labels?: Readonly<Record<string, string>>;
}

export interface ImageSpec {
  /** Full name with a tag: `example.org/app:1.0`. */
  readonly reference: string;
  readonly architecture: Architecture;
  readonly config: ImageConfig;
  /** Each list becomes one layer, the lowest first. */
  readonly layers: readonly (readonly LayerEntry[])[];
}

/** The architecture of images that run on this machine, or undefined on a processor we make none for. */
export const localArchitecture = (arch: string): Architecture | undefined => (({ x64: 'amd64', arm64: 'arm64' }) as const)[arch];

/** Writes images into one archive that `ctr images import`, `podman load`, `docker load` and `skopeo` read (OCI layout plus Docker's manifest.json). */
export const writeImageArchive = async (path: string, images: readonly ImageSpec[]): Promise<void> => {
  await writeFile(path, await imageArchive(images));
};

/** The bytes of such an archive. Equal images give equal bytes. */
export const imageArchive = async (images: readonly ImageSpec[]): Promise<Buffer> => {
  const blobs = new Map<string, Buffer>();
  const add = (mediaType: string, content: Buffer): Descriptor => {
    const hex = createHash('sha256').update(content).digest('hex');
    blobs.set(blobPath(hex), content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const built = [];
  for (const image of images) built.push(await buildImage(image, add));
  return writeLayer([
    { type: 'file', path: 'oci-layout', content: json({ imageLayoutVersion: '1.0.0' }) },
    {
      type: 'file',
      path: 'index.json',
      content: json({ schemaVersion: 2, mediaType: media('index'), manifests: built.map(({ entry }) => entry) }),
    },
    { type: 'file', path: 'manifest.json', content: json(built.map(({ docker }) => docker)) },
    { type: 'directory', path: 'blobs' },
    { type: 'directory', path: 'blobs/sha256' },
    ...[...blobs].map(([blob, content]) => ({ type: 'file', path: blob, content }) as const),
  ]);
};

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

const buildImage = async (image: ImageSpec, add: (mediaType: string, content: Buffer) => Descriptor) => {
  const layers: Descriptor[] = [];
  for (const entries of image.layers) layers.push(add(media('layer'), await writeLayer(entries)));
  const platform = { architecture: image.architecture, os: 'linux' };
  const diffIds = layers.map(({ digest }) => digest); // uncompressed layers: the tar's digest is the blob's
  const config = add(media('config'), json({ ...platform, config: image.config, rootfs: { type: 'layers', diff_ids: diffIds } }));
  const manifest = add(media('manifest'), json({ schemaVersion: 2, mediaType: media('manifest'), config, layers }));
  const tag = image.reference.slice(image.reference.lastIndexOf(':') + 1);
  return {
    entry: {
      ...manifest,
      platform,
      annotations: { 'io.containerd.image.name': image.reference, 'org.opencontainers.image.ref.name': tag },
    },
    docker: { Config: pathOf(config), RepoTags: [image.reference], Layers: layers.map(pathOf) },
  };
};

const media = (kind: 'index' | 'manifest' | 'config' | 'layer'): string =>
  `application/vnd.oci.image.${kind}.v1${kind === 'layer' ? '.tar' : '+json'}`;
const blobPath = (hex: string): string => `blobs/sha256/${hex}`;
const pathOf = ({ digest }: Descriptor): string => blobPath(digest.slice('sha256:'.length));
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
