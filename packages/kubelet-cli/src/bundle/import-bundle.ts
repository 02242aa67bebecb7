import { Readable } from 'node:stream';
import { createCriClient } from '@solo-kubelet/cri-client';
import { type ImportTarget, skopeoTarget } from '@solo-kubelet/standalone-node/image-store';
import { delay, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import type { ImageList } from '@solo-kubelet/verified-source';
import type { CliIo } from '../cli-io.js';
import { notePreloaded } from '../client/note-preloaded.js';
import { runOwnCtr } from '../client/run-own-ctr.js';
import { tarEnd, tarPadding } from '../copy/tar-header.js';
import { blobName, entryHeader, layoutDocuments } from './bundle-layout.js';
import type { PlatformImage } from './images-for-platform.js';
import type { BundleBlobs } from './open-bundle.js';

const CRI_TIMEOUT_MS = 120_000;
const LISTING_TIMEOUT_MS = 60_000;
/** Beside a second for each megabyte: an SD card takes its time. */
const IMPORT_TIMEOUT_MS = 600_000;

export interface ImportBundleOptions {
  /** `unix://…`, of the CRI. */
  readonly endpoint: string;
  readonly images: readonly PlatformImage[];
  readonly list: ImageList;
  readonly blobs: Pick<BundleBlobs, 'stream'>;
  readonly io: Pick<CliIo, 'env' | 'stderr'>;
  /** Of the kubelet that is to run them. Default: those that there are in the usual places. */
  readonly rootDirectory: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Takes those images of a bundle into the runtime that it does not have under their names, and returns these. They go in as one stream, which ends with an
 * error where a byte is not what it should be or the drive is gone: the runtime names no image before it has all of it.
 */
export const importBundle = async ({
  endpoint,
  images,
  list,
  blobs,
  io,
  rootDirectory,
  signal,
}: ImportBundleOptions): Promise<readonly string[]> => {
  await using cri = createCriClient({ endpoint, timeoutMs: CRI_TIMEOUT_MS });
  const { runtimeName } = await cri.runtime.version({}, { signal });
  const lacking = async (): Promise<readonly PlatformImage[]> => {
    const known = new Map<string, string>();
    for (const { id, repoTags, repoDigests } of (await cri.images.listImages({}, { signal })).images) {
      for (const name of [...repoTags, ...repoDigests]) known.set(name, id.replace(/^sha256:/, ''));
    }
    return images.filter(({ name, id }) => known.get(name) !== id.replace(/^sha256:/, ''));
  };
  const note = (): Promise<void> =>
    notePreloaded(
      images.map(({ name }) => name),
      { cri, io, rootDirectory, signal },
    );
  const missing = await lacking();
  if (missing.length === 0) {
    await note();
    return [];
  }
  const sizes = new Map(list.blobs.map(({ digest, size }) => [digest, size]));
  const bytes = [...new Set(missing.flatMap((image) => image.blobs))].reduce((sum, digest) => sum + (sizes.get(digest) ?? 0), 0);
  const target: Pick<ImportTarget, 'load'> =
    runtimeName === 'cri-o'
      ? await skopeoTarget(cri, endpoint, { signal })
      : containerd(endpoint, IMPORT_TIMEOUT_MS + Math.ceil(bytes / 1_000));
  const names = missing.map(({ name }) => name);
  await target.load(Readable.from(archiveOf(missing, sizes, blobs), { objectMode: false }), names, { signal });
  using either = joinSignals([signal, timeoutSignal(LISTING_TIMEOUT_MS)]);
  // The CRI hears of new images by events, and a Pod that came first would be told that its image is missing.
  while ((await lacking()).length > 0) await delay(100, undefined, { signal: either.signal });
  await note();
  return names;
};

const containerd = (endpoint: string, timeoutMs: number): Pick<ImportTarget, 'load'> => ({
  load: async (archive, _names, { signal }) => {
    await runOwnCtr(endpoint, ['images', 'import', '-'], { signal, stdin: archive, timeoutMs });
  },
});

/** An OCI layout of some of the images, with those blobs alone that they need. */
async function* archiveOf(
  images: readonly PlatformImage[],
  sizes: ReadonlyMap<string, number>,
  blobs: Pick<BundleBlobs, 'stream'>,
): AsyncGenerator<Buffer> {
  for (const { name, content } of layoutDocuments({ images })) {
    yield Buffer.concat([entryHeader({ name, size: content.length }), content, tarPadding(content.length)]);
  }
  for (const digest of [...new Set(images.flatMap((image) => image.blobs))].sort()) {
    const size = sizes.get(digest) ?? 0;
    yield entryHeader({ name: blobName(digest), size });
    yield* blobs.stream(digest);
    yield tarPadding(size);
  }
  yield tarEnd();
}
