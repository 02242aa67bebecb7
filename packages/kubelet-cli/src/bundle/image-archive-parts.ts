import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isRecord } from '@solo-kubelet/diagnostics/json';
import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
import { compressionOf, entriesOf, fullName, openArchive } from '@solo-kubelet/standalone-node/image-store';
import { openRegular, readRegular } from '@solo-kubelet/untrusted-files';
import { type Descriptor, isDigest, readDescriptor } from '@solo-kubelet/verified-source';
import { bundleRefused } from './bundle-error.js';

/** Where the bytes of a blob lie, and how many. */
export interface BlobFile {
  readonly path: string;
  readonly size: number;
}

export interface ArchivedImage {
  /** Full names; empty where the archive gives none. */
  readonly names: readonly string[];
  readonly descriptor: Descriptor;
}

/** An archive of images, taken apart. */
export interface ArchiveParts {
  readonly path: string;
  readonly images: readonly ArchivedImage[];
  /** By digest. */
  readonly blobs: ReadonlyMap<string, BlobFile>;
}

const MAX_ENTRIES = 100_000;
const MAX_INDEX_BYTES = 4 << 20;
const NAME_ANNOTATIONS = ['io.containerd.image.name', 'org.opencontainers.image.ref.name'];
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Takes apart what `docker save`, `skopeo copy` and `ctr images export` write, or a directory with an OCI layout. `scratch`: a directory of the caller's, which
 * the bytes come to lie in; the names of the archive make no path.
 * @throws (rejects) CliError CLI_BUNDLE_REFUSED for what is none of these
 */
export const imageArchiveParts = async (path: string, scratch: string): Promise<ArchiveParts> => {
  const found = await stat(path).catch((cause: unknown) =>
    Promise.reject(bundleRefused(path, `it can't be read: ${(cause as Error).message}`)),
  );
  const files = found.isDirectory() ? await filesOfLayout(path) : await filesOfArchive(path, scratch);
  const parts = files.has('oci-layout') || files.has('index.json') ? await ofLayout(path, files) : await ofDocker(path, files, scratch);
  if (parts === undefined) throw bundleRefused(path, 'it is no image archive (docker save, or an OCI layout)');
  return parts;
};

type Files = ReadonlyMap<string, BlobFile>;

const filesOfLayout = async (directory: string): Promise<Files> => {
  const files = new Map<string, BlobFile>();
  const names = await readdir(join(directory, 'blobs/sha256')).catch(() => []);
  for (const name of ['oci-layout', 'index.json', ...names.map((hex) => `blobs/sha256/${hex}`)]) {
    const found = await stat(join(directory, name)).catch(() => undefined);
    if (found?.isFile()) files.set(name, { path: join(directory, name), size: found.size });
  }
  return files;
};

const filesOfArchive = async (path: string, scratch: string): Promise<Files> => {
  const files = new Map<string, BlobFile>();
  const links: (readonly [name: string, target: string])[] = [];
  let count = 0;
  for await (const entry of entriesOf(openArchive(path, await compressionOf(path)))) {
    const { type, linkname } = entry.header;
    const name = posix.normalize(entry.header.name);
    count += 1;
    if (count > MAX_ENTRIES) throw bundleRefused(path, `it has more than ${MAX_ENTRIES} entries`);
    if (type === 'symlink' || type === 'link') {
      const target = linkname ?? '';
      // Older programs write a layer that two images share once, and links to it.
      links.push([name, posix.normalize(type === 'link' ? target : posix.join(posix.dirname(name), target))]);
      entry.resume();
    } else if (type === 'file') {
      const file = join(scratch, `part-${files.size}`);
      await pipeline(entry, createWriteStream(file, { flags: 'wx' }));
      files.set(name, { path: file, size: entry.header.size ?? 0 });
    } else entry.resume();
  }
  for (const [name, target] of links) {
    const file = files.get(target);
    if (file !== undefined) files.set(name, file);
  }
  return files;
};

const readJson = async (path: string, file: BlobFile | undefined): Promise<unknown> => {
  if (file === undefined || file.size > MAX_INDEX_BYTES) return undefined;
  const text = (await readRegular(file.path, { followLinks: true, maxBytes: MAX_INDEX_BYTES })).toString();
  try {
    return parseBoundedJson(text);
  } catch (error) {
    throw bundleRefused(path, `a list of its images is no JSON: ${(error as Error).message}`);
  }
};

const ofLayout = async (path: string, files: Files): Promise<ArchiveParts | undefined> => {
  const index = await readJson(path, files.get('index.json'));
  const manifests = isRecord(index) && Array.isArray(index['manifests']) ? index['manifests'] : undefined;
  if (manifests === undefined) return undefined;
  const images = manifests.flatMap((each): readonly ArchivedImage[] => {
    const descriptor = readDescriptor(each);
    return descriptor === undefined ? [] : [{ names: namesOf(each), descriptor }];
  });
  const blobs = new Map<string, BlobFile>();
  for (const [name, file] of files) {
    const digest = name.replace(/^blobs\/sha256\//, 'sha256:');
    if (isDigest(digest)) blobs.set(digest, file);
  }
  return { path, images, blobs };
};

/** A tag alone, as skopeo leaves it, is no name. */
const namesOf = (entry: unknown): readonly string[] => {
  const annotations = isRecord(entry) && isRecord(entry['annotations']) ? entry['annotations'] : {};
  const name = NAME_ANNOTATIONS.map((key) => annotations[key]).find((value) => typeof value === 'string' && /[/:@]/.test(value));
  return typeof name === 'string' ? [fullName(name)] : [];
};

/** `docker save` of old: layers as they are, and the configuration, for which a manifest is written. */
const ofDocker = async (path: string, files: Files, scratch: string): Promise<ArchiveParts | undefined> => {
  const list = await readJson(path, files.get('manifest.json'));
  if (!Array.isArray(list)) return undefined;
  const blobs = new Map<string, BlobFile>();
  const add = async (name: unknown, mediaType: (beginning: Buffer) => string) => {
    const file = typeof name === 'string' ? files.get(posix.normalize(name)) : undefined;
    if (file === undefined) throw bundleRefused(path, `it has no ${JSON.stringify(name)}, which its manifest.json names`);
    const { digest, beginning } = await hashFile(file.path);
    blobs.set(digest, file);
    return { mediaType: mediaType(beginning), digest, size: file.size };
  };
  const images: ArchivedImage[] = [];
  for (const [at, entry] of list.entries()) {
    if (!isRecord(entry) || !Array.isArray(entry['Layers'])) return undefined;
    const config = await add(entry['Config'], () => 'application/vnd.oci.image.config.v1+json');
    const layers = [];
    for (const layer of entry['Layers']) {
      layers.push(
        await add(
          layer,
          (beginning) => `application/vnd.oci.image.layer.v1.tar${beginning[0] === 0x1f && beginning[1] === 0x8b ? '+gzip' : ''}`,
        ),
      );
    }
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST_TYPE, config, layers }));
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    const file = join(scratch, `manifest-${at}`);
    await pipeline([manifest], createWriteStream(file, { flags: 'wx' }));
    blobs.set(digest, { path: file, size: manifest.length });
    const tags = Array.isArray(entry['RepoTags']) ? entry['RepoTags'].filter((tag) => typeof tag === 'string') : [];
    images.push({ names: tags.map(fullName), descriptor: { mediaType: MANIFEST_TYPE, digest, size: manifest.length } });
  }
  return { path, images, blobs };
};

const hashFile = async (path: string): Promise<{ readonly digest: string; readonly beginning: Buffer }> => {
  const hash = createHash('sha256');
  let beginning: Buffer = Buffer.alloc(0);
  for await (const part of (await openRegular(path, { followLinks: true })).createReadStream({ highWaterMark: 1 << 20 })) {
    if (beginning.length === 0) beginning = (part as Buffer).subarray(0, 2);
    hash.update(part as Buffer);
  }
  return { digest: `sha256:${hash.digest('hex')}`, beginning };
};
