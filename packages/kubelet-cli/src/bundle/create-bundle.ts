import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fullName } from '@solo-kubelet/standalone-node/image-store';
import { CliError } from '../cli-error.js';
import { bundleRefused } from './bundle-error.js';
import { type ChosenImage, collectImages } from './collect-images.js';
import { exportImage, type ImageOrigin } from './export-images.js';
import { type ArchiveParts, imageArchiveParts } from './image-archive-parts.js';
import { bundleContent, type ManifestFile, manifestFacts, readManifests, revisionFile } from './manifest-content.js';
import { writeBundle } from './write-bundle.js';
import { writeLayout } from './write-layout.js';

export interface CreateBundleOptions {
  readonly manifests: readonly string[];
  /** The file that it becomes, or the directory for a web server. */
  readonly output: string;
  /** Whether it is to be a directory, which a source on a web server names the images of. */
  readonly asLayout: boolean;
  /** `ARCHIVE`, or `NAME=ARCHIVE` for one whose image is to have that name. */
  readonly archives: readonly string[];
  /** Where images come from that no archive has; undefined: nowhere. */
  readonly origin: () => Promise<ImageOrigin | undefined>;
  /** The one that images are taken for, `linux/amd64`; undefined: all that an archive has, and this machine's where they come from elsewhere. */
  readonly platform: string | undefined;
  readonly here: string;
  readonly revision: number | undefined;
  readonly signal: AbortSignal;
}

export interface CreatedBundle {
  readonly contentBytes: number;
  readonly images: readonly string[];
  readonly encrypted: readonly string[];
  /** Whether its manifests say a revision. */
  readonly saysRevision: boolean;
}

/** Makes a bundle of manifests and of the images that they name. Nothing is left of one that can't be made. */
export const createBundle = async (options: CreateBundleOptions): Promise<CreatedBundle> => {
  const { output, revision, platform, signal } = options;
  const files = withRevision(await readManifests(options.manifests), revision);
  const facts = manifestFacts(files);
  const scratch = await mkdtemp(join(dirname(output), '.bundle-')).catch((cause: unknown) => {
    throw new CliError({ code: 'CLI_NOT_FOUND', message: `cannot write ${output}`, cause });
  });
  if (!options.asLayout && (await stat(output).catch(() => undefined))?.isDirectory()) {
    await rm(scratch, { recursive: true, force: true });
    throw new CliError({
      code: 'CLI_USAGE',
      message: `${output} is a directory`,
      hint: '-o takes the name of a file, such as site.tar; --layout a directory.',
    });
  }
  try {
    const { list, blobs } = await collectImages(await chooseImages(facts.images, scratch, options), platform);
    const content = bundleContent(files, options.asLayout ? { ...list, layout: '.' } : list);
    await (options.asLayout ? writeLayout : writeBundle)(output, { content, list, blobs, signal });
    const images = list.images.map(({ name }) => name);
    return { contentBytes: content.length, images, encrypted: facts.encrypted, saysRevision: facts.revision !== undefined };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

const withRevision = (files: readonly ManifestFile[], revision: number | undefined): readonly ManifestFile[] => {
  if (revision === undefined) return files;
  const first = revisionFile(revision);
  const before = files.find(({ name }) => name <= first.name);
  if (before !== undefined) throw bundleRefused(before.name, `--revision adds ${first.name}, which must be the first file by name`);
  return [first, ...files];
};

const chooseImages = async (
  named: readonly string[],
  scratch: string,
  { archives, origin, platform, here, signal }: CreateBundleOptions,
): Promise<readonly ChosenImage[]> => {
  const chosen = new Map<string, ChosenImage>();
  const unpack = async (path: string): Promise<ArchiveParts> => {
    const directory = join(scratch, String(count++));
    await mkdir(directory);
    return imageArchiveParts(path, directory);
  };
  let count = 0;
  for (const given of archives) {
    const [, wanted, path = given] = /^([^=]+)=(.*)$/.exec(given) ?? [];
    for (const [name, image, parts] of imagesOfArchive(await unpack(path), wanted)) {
      if (chosen.has(name)) throw bundleRefused(path, `image ${name} comes twice`);
      chosen.set(name, { name, image, parts });
    }
  }
  const missing = named.filter((name) => !chosen.has(name));
  const from = missing.length > 0 ? await origin() : undefined;
  for (const name of missing) {
    if (from === undefined) {
      throw new CliError({
        code: 'CLI_BUNDLE_REFUSED',
        message: `image ${name}: no archive has it, and no container runtime answers here`,
        hint: `Give an archive of it: --image ${name}=ARCHIVE, or take it from its registry: --pull`,
      });
    }
    const archive = join(scratch, `export-${count++}.tar`);
    await exportImage(name, archive, { origin: from, platform: platform ?? here, signal });
    const parts = await unpack(archive);
    await rm(archive);
    const [image] = parts.images;
    if (image === undefined) throw bundleRefused(name, 'what was exported has no image');
    chosen.set(name, { name, image, parts });
  }
  return [...chosen.values()];
};

const imagesOfArchive = (
  parts: ArchiveParts,
  wanted: string | undefined,
): readonly (readonly [string, ArchiveParts['images'][number], ArchiveParts])[] => {
  const { path, images } = parts;
  if (wanted !== undefined) {
    const name = fullName(wanted);
    const [only, ...more] = images;
    const image = images.find(({ names }) => names.includes(name)) ?? (more.length === 0 ? only : undefined);
    if (image === undefined) throw bundleRefused(path, `it has ${images.length} images, and none of them is ${name}`);
    return [[name, image, parts]];
  }
  const named = images.flatMap((image) => image.names.map((name) => [name, image, parts] as const));
  if (named.length === 0) throw bundleRefused(path, 'it does not say what its image is called', `--image NAME=${path}`);
  return named;
};
