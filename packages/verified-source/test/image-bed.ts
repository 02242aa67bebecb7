import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { LoadedImage, RuntimeImages } from '../src/index.js';
import type { Answer, WebServer } from './bed.js';

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export interface TestImage {
  readonly name: string;
  readonly digest: string;
  /** Everything that it consists of, the layers last. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  readonly layers: readonly string[];
}

/** An image of one platform below an index, with these layers. */
export const testImage = (name: string, layers: readonly Buffer[], platform = 'linux/amd64'): TestImage => {
  const blobs = new Map<string, Buffer>();
  const add = (content: Buffer, mediaType: string) => {
    const digest = digestOf(content);
    blobs.set(digest, content);
    return { mediaType, digest, size: content.length };
  };
  const addJson = (value: unknown, kind: string) => add(Buffer.from(JSON.stringify(value)), `application/vnd.oci.image.${kind}.v1+json`);
  const [os, architecture] = platform.split('/');
  const config = addJson({ os, architecture, rootfs: { type: 'layers', diff_ids: layers.map(digestOf) } }, 'config');
  const pieces = layers.map((layer) => add(layer, 'application/vnd.oci.image.layer.v1.tar'));
  const manifest = addJson(
    { schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', config, layers: pieces },
    'manifest',
  );
  const other = { ...manifest, digest: digestOf(Buffer.from('elsewhere')), platform: { os: 'linux', architecture: 's390x' } };
  const index = addJson(
    {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [other, { ...manifest, platform: { os, architecture } }],
    },
    'index',
  );
  return { name, digest: index.digest, blobs, layers: pieces.map(({ digest }) => digest) };
};

export const layerOf = (bytes: number): Buffer => randomBytes(bytes);

/** A file as a web server gives it that knows ranges. */
export const ranged =
  (content: Buffer): Answer =>
  (request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined) return void response.writeHead(200, { 'content-length': content.length }).end(content);
    const [from, to] = [Number(first), Math.min(Number(last) + 1, content.length)];
    if (from >= content.length) return void response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    response.writeHead(206, { 'content-range': `bytes ${from}-${to - 1}/${content.length}`, 'content-length': to - from });
    response.end(content.subarray(from, to));
  };

export const blobPath = (digest: string, layout = 'images'): string =>
  `/${layout === '' ? '' : `${layout}/`}blobs/${digest.replace(':', '/')}`;

/** Puts an image on a web server, as an OCI layout. */
export const serve = (server: WebServer, image: TestImage, layout = 'images'): void => {
  for (const [digest, content] of image.blobs) server.files.set(blobPath(digest, layout), ranged(content));
};

/** `spec.images` of a `SourceRevision`. */
export const imagesField = (...images: readonly TestImage[]): string =>
  `  images:\n${images.map(({ name, digest }) => `  - { name: "${name}", digest: "${digest}", layout: images }\n`).join('')}`;

/** A runtime in memory. It verifies what goes in, and takes an image when all of it is there. */
export const fakeRuntime = () => {
  const content = new Map<string, Buffer>();
  const names = new Map<string, string>();
  const loads: string[] = [];
  const archives: Buffer[] = [];
  const state = { failure: undefined as Error | undefined };
  const runtime: RuntimeImages = {
    platform: 'linux/amd64',
    lacking: async (images) => images.filter(({ name, digest }) => names.get(name) !== digest),
    heldBlobs: async () => new Set(content.keys()),
    load: async (image: LoadedImage) => {
      if (state.failure) throw state.failure;
      for (const { digest, size } of image.blobs) {
        const parts: Uint8Array[] = [];
        for await (const part of image.open(digest)) parts.push(part);
        const whole = Buffer.concat(parts);
        if (digestOf(whole) !== digest || whole.length !== size) throw new Error(`${digest} is not what it should be`);
        content.set(digest, whole);
      }
      const missing = documentsOf(image.digest, content).find((digest) => !content.has(digest));
      if (missing !== undefined) throw new Error(`content digest ${missing}: not found`);
      names.set(image.name, image.digest);
      loads.push(image.name);
    },
    loadArchive: async ({ path, name, digest }) => {
      if (state.failure) throw state.failure;
      archives.push(await readFile(path));
      names.set(name, digest);
      loads.push(name);
    },
  };
  return { runtime, content, names, loads, archives, state };
};

/** What an image consists of on this platform, as far as its documents are there. */
const documentsOf = (digest: string, content: ReadonlyMap<string, Buffer>): readonly string[] => {
  const text = content.get(digest);
  if (text === undefined) return [digest];
  const document = JSON.parse(text.toString()) as Record<string, readonly { digest: string; platform?: { architecture: string } }[]> & {
    config?: { digest: string };
  };
  const manifest = document['manifests']?.find(({ platform }) => platform?.architecture === 'amd64');
  if (manifest !== undefined) return [digest, ...documentsOf(manifest.digest, content)];
  return [digest, document.config?.digest ?? '', ...(document['layers'] ?? []).map((layer) => layer.digest)];
};
