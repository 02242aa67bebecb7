import { describeError } from '@solo-kubelet/diagnostics';
import type { SchedulerLike } from 'rxjs';
import type { ListedBlob } from '../core/image-list.js';
import { type RoomStep, roomNeeded, USUAL_RATIO } from '../core/images/room-needed.js';
import type { SourceImage } from '../core/images/source-image.js';
import type { SourceReason } from '../core/source-status.js';
import type { Inquiry, Place } from '../places/place.js';
import { VerifiedSourceError } from '../verified-source-error.js';
import type { BlobPool } from './blob-pool.js';
import { type FetchFailure, fetchBlob } from './fetch-blob.js';
import { MAX_IMAGE_DOCUMENT_BYTES, type ResolvedImage, resolveImage } from './image-documents.js';
import { type ImageRoom, isNoSpace, lackOfRoom } from './image-room.js';
import type { RuntimeImages } from './runtime-images.js';

/** An image with what is to become of it. */
export interface WantedImage extends SourceImage {
  /** False: its bytes are fetched, and its name is left to another image as yet. */
  readonly loads: boolean;
}

export interface ImageProgress {
  readonly images: number;
  /** Of these, how many the runtime has. */
  readonly ready: number;
  /** Bytes that are here, and those that are needed, as far as that is known yet. */
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface PassOutcome {
  /** Those that the runtime does not have. */
  readonly lacking: readonly SourceImage[];
  /** Why something is missing; none: everything that is wanted has been done. */
  readonly failure?: FetchFailure;
  /** Whether any byte came. */
  readonly progressed: boolean;
}

export interface PassOptions {
  readonly wanted: readonly WantedImage[];
  /** Whether what was fetched of other images stays. */
  readonly keepsOthers: boolean;
  readonly place: Place;
  readonly pool: BlobPool;
  readonly runtime: RuntimeImages;
  readonly room: ImageRoom | undefined;
  /** Most that may be fetched for one set of images, bytes. */
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly scheduler: SchedulerLike;
  readonly told: (progress: ImageProgress, lacking: readonly SourceImage[]) => void;
  readonly signal: AbortSignal;
}

/** A failure of one image or of its server, not of this program. */
class Given extends Error {
  constructor(
    readonly reason: SourceReason,
    message: string,
  ) {
    super(message);
  }
}

/** What no other file of the same server would fare better with. */
const OF_THE_SERVER: ReadonlySet<SourceReason> = new Set([
  'Unreachable',
  'CertificateUntrusted',
  'CredentialsUnusable',
  'NotKept',
  'DiskFull',
]);

/** What is fetched of an image: blobs with the paths of their files. */
interface Need {
  readonly image: WantedImage;
  readonly blobs: readonly (ListedBlob & { readonly path: string })[];
  readonly resolved?: ResolvedImage;
}

/** One try to bring all images into the runtime: fetches what it lacks, piece by piece, and puts in each image that is whole. Rejects only where it is given up. */
export const runImagePass = async (options: PassOptions): Promise<PassOutcome> => {
  const { wanted, pool, runtime, signal } = options;
  const keepOnly = async (digests: ReadonlySet<string>): Promise<void> => {
    if (!options.keepsOthers) await pool.keepOnly(digests);
  };
  let progressed = false;
  let lacking: readonly SourceImage[] = wanted;
  const failures: FetchFailure[] = [];
  const fail = (image: SourceImage | undefined, error: unknown): void => {
    signal.throwIfAborted();
    const failure = failureOf(error);
    failures.push({ ...failure, message: image === undefined ? failure.message : `${image.name}: ${failure.message}` });
    if (OF_THE_SERVER.has(failure.reason)) throw error;
  };
  try {
    lacking = await runtime.lacking(wanted, { signal });
    const keys = new Set(lacking.map(keyOf));
    const missing = wanted.filter((image) => keys.has(keyOf(image)));
    if (missing.length === 0) {
      await keepOnly(new Set());
      return { lacking, progressed };
    }
    options.told({ images: wanted.length, ready: wanted.length - missing.length, bytes: 0, totalBytes: 0 }, lacking);
    const held = new Set(await runtime.heldBlobs({ signal }));
    const { file } = await openPlace(options);
    const needs: Need[] = [];
    for (const image of missing) {
      try {
        needs.push(await needOf(image, file, options));
      } catch (error) {
        fail(image, error);
      }
    }
    // Whoever could not be asked for his layers may have some of them here.
    if (needs.length === missing.length) await keepOnly(digestsOf(needs));
    const sizes = sizesOf(needs, held);
    const totalBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    let bytes = bytesHere(sizes, held, pool);
    if (totalBytes > options.maxBytes)
      throw new Given(
        'TooLarge',
        `its images have ${totalBytes} bytes that are not here, and spec.maxImageBytes of the source is ${options.maxBytes}`,
      );
    let ready = wanted.length - missing.length;
    const tell = (): void => options.told({ images: wanted.length, ready, bytes, totalBytes }, lacking);
    tell();
    const left = new Set(needs);
    for (const [at, need] of needs.entries()) {
      const { image } = need;
      try {
        // Before each: others write to these disks, too.
        await requireRoom(needs.slice(at), held, options);
        for (const blob of need.blobs) {
          if (held.has(blob.digest) || pool.sizeOf(blob.digest) !== undefined) continue;
          await getBlob(blob, file, options, (came) => {
            progressed = true;
            bytes += came;
            tell();
          });
        }
        if (!image.loads) continue;
        await loadWithRoom(need, held, options);
        left.delete(need);
        ready += 1;
        for (const { digest } of need.resolved === undefined ? [] : need.blobs) held.add(digest);
        lacking = lacking.filter((one) => keyOf(one) !== keyOf(image));
        tell();
        if (failures.length === 0) await keepOnly(digestsOf([...left]));
      } catch (error) {
        // What turned out to be something else is not here any more.
        bytes = bytesHere(sizes, held, pool);
        fail(image, error);
      }
    }
    lacking = await runtime.lacking(wanted, { signal });
    const waiting = new Set(wanted.filter(({ loads }) => !loads).map(keyOf));
    const lost = lacking.find((image) => !waiting.has(keyOf(image)));
    if (lost !== undefined && failures.length === 0)
      failures.push({ reason: 'NotImported', message: `${lost.name}: the runtime does not have it after it was put in` });
  } catch (error) {
    signal.throwIfAborted();
    if (failures.length === 0) failures.push(failureOf(error));
  }
  const [failure] = failures;
  return { lacking, progressed, ...(failure && { failure }) };
};

export const keyOf = ({ name, digest }: SourceImage): string => `${name} ${digest}`;

const failureOf = (error: unknown): FetchFailure => {
  if (error instanceof Given) return { reason: error.reason, message: error.message };
  if (VerifiedSourceError.is(error)) return { reason: 'CredentialsUnusable', message: error.message };
  return { reason: isNoSpace(error) ? 'DiskFull' : 'NotImported', message: describeError(error) };
};

const openPlace = async ({ place, signal }: PassOptions): Promise<{ readonly file: NonNullable<Inquiry['file']> }> => {
  const { file } = await place.open(signal);
  if (file === undefined)
    throw new Given('NotFound', 'the place of this source has no files beside its manifests: images come from http, https or s3 alone');
  return { file };
};

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/');

/** What has to be fetched of an image; its documents are fetched on the way. */
const needOf = async (image: WantedImage, file: NonNullable<Inquiry['file']>, options: PassOptions): Promise<Need> => {
  const { pool, runtime } = options;
  const { location, digest } = image;
  if (location.type === 'archive') return { image, blobs: [{ digest: location.digest, size: location.size, path: location.path }] };
  const pathOf = (of: string): string => joined(location.path, 'blobs', of.replace(':', '/'));
  const resolved = await resolveImage(digest, runtime.platform, async (document) => {
    if (document.size !== undefined && document.size > MAX_IMAGE_DOCUMENT_BYTES)
      throw new Given('TooLarge', `${document.digest} has ${document.size} bytes, more than a document of an image may have`);
    const read = (): Promise<Uint8Array | undefined> => pool.read(document.digest, MAX_IMAGE_DOCUMENT_BYTES);
    const here = pool.sizeOf(document.digest) === undefined ? undefined : await read();
    if (here !== undefined) return here;
    await getBlob({ ...document, path: pathOf(document.digest) }, file, options, () => undefined);
    return (await read()) ?? Promise.reject(changedOnDisk(document.digest));
  }).catch((error: unknown) =>
    Promise.reject(error instanceof Given || options.signal.aborted ? error : new Given('ImageInvalid', describeError(error))),
  );
  const blobs = new Map([...resolved.documents, ...resolved.layers].map((blob) => [blob.digest, blob]));
  return { image, resolved, blobs: [...blobs.values()].map(({ digest: of, size }) => ({ digest: of, size, path: pathOf(of) })) };
};

const getBlob = async (
  { digest, size, path }: { readonly digest: string; readonly size?: number; readonly path: string },
  file: NonNullable<Inquiry['file']>,
  { pool, timeoutMs, scheduler, signal }: PassOptions,
  told: (bytes: number) => void,
): Promise<void> => {
  const fetched = await fetchBlob({
    file,
    pool,
    path,
    digest,
    size,
    maxBytes: MAX_IMAGE_DOCUMENT_BYTES,
    timeoutMs,
    scheduler,
    told,
    signal,
  });
  if (fetched.type === 'failed') throw new Given(fetched.reason, fetched.message);
};

const digestsOf = (needs: readonly Need[]): ReadonlySet<string> => new Set(needs.flatMap(({ blobs }) => blobs.map(({ digest }) => digest)));

/** Of what the runtime does not hold already. */
const sizesOf = (needs: readonly Need[], held: ReadonlySet<string>): ReadonlyMap<string, number> =>
  new Map(needs.flatMap(({ blobs }) => blobs.filter(({ digest }) => !held.has(digest)).map(({ digest, size }) => [digest, size] as const)));

const bytesHere = (sizes: ReadonlyMap<string, number>, held: ReadonlySet<string>, pool: BlobPool): number =>
  [...sizes].reduce((sum, [digest, size]) => sum + (held.has(digest) ? size : Math.min(size, pool.bytesOf(digest))), 0);

const requireRoom = async (needs: readonly Need[], held: ReadonlySet<string>, { pool, room, signal }: PassOptions): Promise<void> => {
  const lack = await lackOfRoom({ steps: needs.map(roomStep), held, pool, room, signal });
  if (lack !== undefined) throw new Given('DiskFull', lack);
};

const roomStep = ({ image, blobs, resolved }: Need): RoomStep => {
  const layers = new Map(resolved?.layers.map(({ digest, mediaType }) => [digest, /[.+](?:gzip|zstd)$/.test(mediaType)]));
  return {
    loads: image.loads,
    blobs: blobs.map(({ digest, size, path }) => ({
      digest,
      size,
      // Of an archive nobody knows what its layers are.
      isUnpacked: resolved === undefined || layers.has(digest),
      isCompressed: resolved === undefined ? /\.(?:t?gz|zst)$/.test(path) : layers.get(digest) === true,
    })),
  };
};

/** A disk that an import finds full is given room once: how much unpacking takes nobody knew before. */
const loadWithRoom = async (need: Need, held: ReadonlySet<string>, options: PassOptions): Promise<void> => {
  const { room, signal } = options;
  try {
    await load(need, held, options);
  } catch (error) {
    signal.throwIfAborted();
    if (room === undefined || !isNoSpace(error)) throw error;
    const { runtime } = roomNeeded([roomStep(need)], { here: () => 0, held, ratio: USUAL_RATIO });
    await room.makeRoom(runtime, { signal });
    await load(need, held, options);
  }
};

const changedOnDisk = (digest: string): Given =>
  new Given('HashMismatch', `what lies on the disk as ${digest} is something else; it is fetched again`);

const load = async ({ image, resolved }: Need, held: ReadonlySet<string>, { pool, runtime, signal }: PassOptions): Promise<void> => {
  const { name, digest, location } = image;
  if (resolved === undefined) {
    if (location.type !== 'archive') return;
    if (!(await pool.verify(location.digest, signal))) throw changedOnDisk(location.digest);
    await runtime.loadArchive({ path: pool.pathOf(location.digest), name, digest }, { signal });
    return;
  }
  const { mediaType, size, documents, layers } = resolved;
  const blobs = new Map([...documents, ...layers].map((blob) => [blob.digest, { digest: blob.digest, size: blob.size }]));
  await runtime.load(
    {
      name,
      digest,
      mediaType,
      size,
      blobs: [...blobs.values()].filter((blob) => !held.has(blob.digest) || pool.sizeOf(blob.digest) !== undefined),
      open: (of) => pool.stream(of, signal),
    },
    { signal },
  );
};
