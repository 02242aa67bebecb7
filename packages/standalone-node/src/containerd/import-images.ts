import { arch } from 'node:os';
import type { Readable } from 'node:stream';
import { createCriClient } from '@solo-kubelet/cri-client';
import { describeError } from '@solo-kubelet/diagnostics';
import { untilRecovered } from '@solo-kubelet/kubelet/runtime';
import { delay, joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { readArchiveContents } from '../images/archive-contents.js';
import { compressionOf, openArchive } from '../images/archive-stream.js';
import { localArchitecture } from '../images/image-archive.js';
import { renameArchive } from '../images/rename-archive.js';
import { selectImages } from '../images/select-images.js';
import { NodeError } from '../node-error.js';
import type { PrivateContainerd } from './start-containerd.js';

/** The label by which containerd's CRI plugin (1.7 and later) tells images that must not be collected. */
const PINNED = 'io.cri-containerd.pinned=pinned';
const LISTING_TIMEOUT_MS = 30_000;

interface Abortable {
  readonly signal?: AbortSignal | undefined;
}

/** A runtime as importing needs it. */
export interface ImportTarget {
  /** Of its CRI. */
  readonly endpoint: string;
  /** Takes the images in. They have these names in the archive. */
  load(archive: Readable, names: readonly string[], options: Abortable): Promise<void>;
  /** Keeps an image from being collected, where that can be. */
  pin(name: string, options: Abortable): Promise<void>;
}

type Containerd = Pick<PrivateContainerd, 'ctr' | 'endpoint'>;

/** containerd, through its own client. */
const containerdTarget = ({ ctr, endpoint }: Containerd): ImportTarget => ({
  endpoint,
  load: async (archive, _names, { signal }) => void (await ctr(['images', 'import', '-'], { signal, stdin: archive })),
  pin: async (name, { signal }) => void (await ctr(['images', 'label', name, PINNED], { signal })),
});

export interface ImportOptions {
  readonly signal?: AbortSignal;
  /** What an image is called whose archive does not say it. */
  readonly name?: string;
  /** Told of an archive that cannot be imported; the others are. Default: the first failure ends it. */
  readonly onFailure?: (error: NodeError) => void;
}

/**
 * Imports image archives and pins their images, and returns the images' names when the CRI plugin knows them all: it hears of new images
 * by events, and a Pod that came first would be told that its image is missing. @throws NodeError NODE_IMAGE_IMPORT_FAILED
 */
export const importImages = async (
  runtime: ImportTarget | Containerd,
  archives: readonly string[],
  { signal, name, onFailure }: ImportOptions = {},
): Promise<readonly string[]> => {
  const target = 'ctr' in runtime ? containerdTarget(runtime) : runtime;
  const names = new Set<string>();
  for (const archive of archives) {
    try {
      for (const each of await importArchive(target, archive, { signal, name })) names.add(each);
    } catch (cause) {
      signal?.throwIfAborted();
      const error = importFailure(archive, cause);
      if (onFailure === undefined) throw error;
      onFailure(error);
    }
  }
  if (names.size > 0) {
    for (const each of names) await target.pin(each, { signal });
    await waitUntilListed(target.endpoint, names, signal);
  }
  return [...names].sort();
};

/**
 * Takes one image out of an archive, by its digest, and in, under this name; nothing pins it. Returns when the runtime has taken it in, which is not yet when its
 * CRI lists it. @throws (rejects) Error for an archive without such an image
 */
export const importArchivedImage = async (
  target: Pick<ImportTarget, 'load'>,
  { path, name, digest }: { readonly path: string; readonly name: string; readonly digest: string },
  { signal }: Abortable = {},
): Promise<void> => {
  const compression = await compressionOf(path);
  const contents = await readArchiveContents(openArchive(path, compression, { signal })).catch(unreadable);
  if (contents === undefined) throw new Error('it is no image archive (docker save, or an OCI layout)');
  const place = contents.findIndex(({ digests }) => digests.includes(digest));
  if (place < 0)
    throw new Error(`the archive has no image ${digest}; it has ${contents.map(({ digests }) => digests[0]).join(', ') || 'none'}`);
  await target.load(renameArchive(openArchive(path, compression), new Map([[place, [name]]])), [name], { signal });
};

const importArchive = async (
  target: ImportTarget,
  path: string,
  { signal, name }: { readonly signal: AbortSignal | undefined; readonly name: string | undefined },
): Promise<readonly string[]> => {
  const compression = await compressionOf(path);
  const contents = await readArchiveContents(openArchive(path, compression, { signal })).catch(unreadable);
  if (contents === undefined || contents.length === 0) throw new Error('it is no image archive (docker save, or an OCI layout)');
  const here = `linux/${localArchitecture(arch()) ?? arch()}`;
  const selection = selectImages(contents, here, name);
  if (selection.type === 'nameless') throw namelessArchive(path, selection.tag);
  if (selection.type === 'refused') throw new Error(selection.message);
  const stdin = renameArchive(openArchive(path, compression), selection.names);
  const imported = [...selection.names.values()].flat();
  await target.load(stdin, imported, { signal });
  return imported;
};

/** What is wrong with the tar itself has no code: then it is none. */
const unreadable = (error: NodeJS.ErrnoException): undefined => {
  if (typeof error.code === 'string') throw error;
};

const namelessArchive = (path: string, tag = 'TAG'): Error =>
  new NodeError({
    code: 'NODE_IMAGE_IMPORT_FAILED',
    message: 'it does not say what its image is called',
    hint: `kubelet-cli images import ${path} --name docker.io/library/NAME:${tag}`,
  });

const importFailure = (archive: string, cause: unknown): NodeError => {
  const { code } = cause as NodeJS.ErrnoException;
  const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : describeError(cause);
  const hint = NodeError.is(cause) ? cause.hint : undefined;
  return new NodeError({
    code: NodeError.is(cause) ? cause.code : 'NODE_IMAGE_IMPORT_FAILED',
    message: `cannot import ${archive}: ${why}`,
    ...(hint === undefined ? {} : { hint }),
  });
};

const waitUntilListed = async (endpoint: string, names: ReadonlySet<string>, signal?: AbortSignal): Promise<void> => {
  await using cri = createCriClient({ endpoint });
  using either = joinSignals([signal, timeoutSignal(LISTING_TIMEOUT_MS)]);
  await untilRecovered(cri, { signal: either.signal });
  for (;;) {
    const { images } = await cri.images.listImages({}, { signal: either.signal });
    const listed = new Set(images.flatMap(({ repoTags }) => repoTags));
    if ([...names].every((name) => listed.has(name))) return;
    await delay(50, undefined, { signal: either.signal });
  }
};
