import { stat } from 'node:fs/promises';
import { arch } from 'node:os';
import { Readable } from 'node:stream';
import { type CriClient, createCriClient } from '@solo-kubelet/cri-client';
import { type ImportTarget, importArchivedImage, localArchitecture, skopeoTarget } from '@solo-kubelet/standalone-node/image-store';
import { delay, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import type { LoadedImage, RuntimeImages, SourceImage } from '@solo-kubelet/verified-source';
import { blobName, entryHeader, layoutDocuments } from '../bundle/bundle-layout.js';
import { tarEnd, tarPadding } from '../copy/tar-header.js';
import { parseImageChecks } from './image-checks.js';
import { runOwnCtr } from './run-own-ctr.js';

const CRI_TIMEOUT_MS = 120_000;
const CTR_TIMEOUT_MS = 120_000;
const LISTING_TIMEOUT_MS = 60_000;
const LISTING_POLL_MS = 100;
/** Beside a second for each megabyte: an SD card takes its time. */
const IMPORT_TIMEOUT_MS = 600_000;
/** Names in one question: a command line has an end. */
const MAX_NAMES = 200;

/** The images of the runtime behind an endpoint of the CRI: containerd by its own `ctr`, which a test may stand in for, CRI-O by `skopeo`. */
export const runtimeImages = (endpoint: string, ctr: typeof runOwnCtr = runOwnCtr): RuntimeImages => {
  const withCri = async <T>(signal: AbortSignal, work: (cri: CriClient, isCrio: boolean) => Promise<T>): Promise<T> => {
    await using cri = createCriClient({ endpoint, timeoutMs: CRI_TIMEOUT_MS });
    const { runtimeName } = await cri.runtime.version({}, { signal });
    // Awaited here: the client is closed as soon as this function is left.
    return await work(cri, runtimeName === 'cri-o');
  };

  const lackingOf = async (
    cri: CriClient,
    isCrio: boolean,
    images: readonly SourceImage[],
    signal: AbortSignal,
  ): Promise<readonly SourceImage[]> => {
    const known = await knownImages(cri, signal);
    const listed = images.filter(({ name }) => known.has(name));
    const checks = isCrio ? undefined : await checkImages(ctr, endpoint, listed, signal);
    const isThere = ({ name, digest }: SourceImage): boolean => {
      const found = known.get(name);
      if (found === undefined) return false;
      if (checks === undefined) return found.id === digest || found.digests.has(digest);
      const check = checks.get(name);
      return check?.isWhole === true && (check.digest === digest || found.id === digest);
    };
    return images.filter((image) => !isThere(image));
  };

  const targetOf = async (cri: CriClient, isCrio: boolean, bytes: number, signal: AbortSignal): Promise<Pick<ImportTarget, 'load'>> =>
    isCrio ? skopeoTarget(cri, endpoint, { signal }) : containerd(ctr, endpoint, IMPORT_TIMEOUT_MS + Math.ceil(bytes / 1_000));

  /** The CRI hears of new images by events, and a Pod that came first would be told that its image is missing. */
  const untilListed = async (cri: CriClient, name: string, signal: AbortSignal): Promise<void> => {
    using either = joinSignals([signal, timeoutSignal(LISTING_TIMEOUT_MS)]);
    while (!(await knownImages(cri, either.signal)).has(name)) await delay(LISTING_POLL_MS, undefined, { signal: either.signal });
  };

  return {
    platform: `linux/${localArchitecture(arch()) ?? arch()}`,
    lacking: (images, { signal }) => withCri(signal, (cri, isCrio) => lackingOf(cri, isCrio, images, signal)),
    heldBlobs: ({ signal }) =>
      withCri(signal, async (_cri, isCrio) => {
        if (isCrio) return new Set();
        const listed = await ctr(endpoint, ['content', 'ls', '-q'], { signal, timeoutMs: CTR_TIMEOUT_MS });
        return new Set(listed.split('\n').map((line) => line.trim()));
      }),
    load: (image, { signal }) =>
      withCri(signal, async (cri, isCrio) => {
        const bytes = image.blobs.reduce((sum, { size }) => sum + size, 0);
        const target = await targetOf(cri, isCrio, bytes, signal);
        await target.load(Readable.from(archiveOf(image), { objectMode: false }), [image.name], { signal });
        await untilListed(cri, image.name, signal);
      }),
    loadArchive: (archive, { signal }) =>
      withCri(signal, async (cri, isCrio) => {
        const { size } = await stat(archive.path);
        await importArchivedImage(await targetOf(cri, isCrio, size, signal), archive, { signal });
        await untilListed(cri, archive.name, signal);
      }),
  };
};

interface KnownImage {
  readonly id: string;
  /** Of its indexes and manifests, as far as the runtime tells. */
  readonly digests: ReadonlySet<string>;
}

const knownImages = async (cri: CriClient, signal: AbortSignal): Promise<ReadonlyMap<string, KnownImage>> => {
  const { images } = await cri.images.listImages({}, { signal });
  const known = new Map<string, KnownImage>();
  for (const { id, repoTags, repoDigests } of images) {
    const image = {
      id: id.startsWith('sha256:') ? id : `sha256:${id}`,
      digests: new Set(repoDigests.map((name) => name.slice(name.indexOf('@') + 1))),
    };
    for (const name of [...repoTags, ...repoDigests]) known.set(name, image);
  }
  return known;
};

const containerd = (ctr: typeof runOwnCtr, endpoint: string, timeoutMs: number): Pick<ImportTarget, 'load'> => ({
  load: async (archive, _names, { signal }) => {
    await ctr(endpoint, ['images', 'import', '-'], { signal, stdin: archive, timeoutMs });
  },
});

/** What containerd says of images: the CRI tells neither what a name leads to nor whether all of it is there. */
const checkImages = async (
  ctr: typeof runOwnCtr,
  endpoint: string,
  images: readonly SourceImage[],
  signal: AbortSignal,
): Promise<ReturnType<typeof parseImageChecks>> => {
  const checks = new Map<string, { readonly digest: string; readonly isWhole: boolean }>();
  for (let at = 0; at < images.length; at += MAX_NAMES) {
    const filters = images.slice(at, at + MAX_NAMES).map(({ name }) => `name==${JSON.stringify(name)}`);
    const text = await ctr(endpoint, ['images', 'check', ...filters], { signal, timeoutMs: CTR_TIMEOUT_MS });
    for (const [name, check] of parseImageChecks(text)) checks.set(name, check);
  }
  return checks;
};

/** An OCI layout of one image, without those blobs that the runtime holds already. */
async function* archiveOf({ name, mediaType, digest, size, blobs, open }: LoadedImage): AsyncGenerator<Uint8Array> {
  for (const { name: path, content } of layoutDocuments({ images: [{ name, mediaType, digest, size }] })) {
    yield Buffer.concat([entryHeader({ name: path, size: content.length }), content, tarPadding(content.length)]);
  }
  for (const blob of blobs) {
    yield entryHeader({ name: blobName(blob.digest), size: blob.size });
    yield* open(blob.digest);
    yield tarPadding(blob.size);
  }
  yield tarEnd();
}
