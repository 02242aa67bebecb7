import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '@solo-kubelet/untrusted-files';
import { type DetachedSignature, type ImageList, type ListedBlob, MAX_IMAGE_DOCUMENT_BYTES } from '@solo-kubelet/verified-source';
import { CliError } from '../cli-error.js';
import { bundleRefused } from './bundle-error.js';
import {
  type BundleEntry,
  bundleLayout,
  CONTENT_NAME,
  entryHeader,
  HEADER_BYTES,
  layoutDocuments,
  MAX_CONTENT_BYTES,
  SIGNATURE_BYTES,
  signatureName,
} from './bundle-layout.js';
import type { ImageDocuments } from './images-for-platform.js';

export interface Bundle extends AsyncDisposable {
  readonly path: string;
  /** The signed part. */
  readonly content: Uint8Array;
  /** Undefined for a bundle that nobody has signed. */
  readonly signature?: DetachedSignature;
  /**
   * What its list says to be in it, once the list is known to be signed: everything else in the file is held against it.
   * @throws (rejects) CliError CLI_BUNDLE_REFUSED for a file that is not laid out as the list says
   */
  blobs(list: ImageList): Promise<BundleBlobs>;
}

/** Every byte that comes out of it has the digest that the signed list says. */
export interface BundleBlobs extends ImageDocuments {
  /** A small one. @throws (rejects) CliError CLI_BUNDLE_REFUSED where it is missing, too large, or not what it should be */
  document(digest: string): Promise<Buffer>;
  /** One of any size. Its last part comes when the digest is known to be right; else it ends with CLI_BUNDLE_REFUSED. */
  stream(digest: string): AsyncGenerator<Buffer>;
}

const PART_BYTES = 1 << 20;

/** Opens a bundle and reads its signed part, of which nothing is known to be true yet. @throws (rejects) CliError CLI_NOT_FOUND, CLI_BUNDLE_REFUSED */
export const openBundle = async (path: string, { signal }: { readonly signal: AbortSignal }): Promise<Bundle> => {
  const file = await openRegular(path, { followLinks: true, signal }).catch((cause: unknown) => Promise.reject(unopened(path, cause)));
  try {
    const head = await readAt(file, path, 0, HEADER_BYTES, signal);
    const contentBytes = sizeOf(head);
    if (!head.equals(entryHeader({ name: CONTENT_NAME, size: contentBytes }))) {
      throw bundleRefused(path, 'it is no bundle', 'Make one with: kubelet-cli bundle create');
    }
    if (contentBytes > MAX_CONTENT_BYTES) throw bundleRefused(path, `its signed part has more than ${MAX_CONTENT_BYTES} bytes`);
    const content = await readAt(file, path, HEADER_BYTES, contentBytes, signal);
    const { signature: place } = bundleLayout(contentBytes, { images: [], blobs: [] });
    const signature = await readSignature(file, path, place, signal);
    return {
      path,
      content,
      ...(signature && { signature }),
      blobs: (list) => blobsOf({ file, path, contentBytes, signal }, list),
      [Symbol.asyncDispose]: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
};

const unopened = (path: string, cause: unknown): Error => {
  const { code } = cause as NodeJS.ErrnoException;
  if (code !== 'ENOENT' && code !== 'EFTYPE') return cause as Error;
  const message = code === 'ENOENT' ? 'there is no such file' : 'it is no regular file';
  return new CliError({ code: 'CLI_NOT_FOUND', message: `${path}: ${message}`, cause });
};

/** The digits of the size field; anything else makes a header that is not the one that was to come. */
const sizeOf = (header: Buffer): number => Number.parseInt(header.toString('latin1', 124, 135), 8) || 0;

const readSignature = async (
  file: FileHandle,
  path: string,
  { at }: BundleEntry,
  signal: AbortSignal,
): Promise<DetachedSignature | undefined> => {
  const header = await readAt(file, path, at, HEADER_BYTES, signal);
  const type = (['ssh', 'minisign'] as const).find((one) =>
    header.equals(entryHeader({ name: signatureName(one), size: SIGNATURE_BYTES })),
  );
  if (type === undefined) throw notAsSaid(path, at);
  const text = (await readAt(file, path, at + HEADER_BYTES, SIGNATURE_BYTES, signal)).toString('latin1');
  return text.trim() === '' ? undefined : { type, text: `${text.trimEnd()}\n` };
};

const notAsSaid = (path: string, at: number): Error => bundleRefused(path, `at byte ${at} there is something else than a bundle has there`);

const readAt = async (file: FileHandle, path: string, at: number, bytes: number, signal: AbortSignal): Promise<Buffer> => {
  const buffer = Buffer.alloc(bytes);
  for (let read = 0; read < bytes; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(buffer, read, Math.min(bytes - read, PART_BYTES), at + read);
    if (bytesRead === 0) throw bundleRefused(path, 'it ends too early', 'Copy it again.');
    read += bytesRead;
  }
  return buffer;
};

interface OpenFile {
  readonly file: FileHandle;
  readonly path: string;
  readonly contentBytes: number;
  readonly signal: AbortSignal;
}

const blobsOf = async ({ file, path, contentBytes, signal }: OpenFile, list: ImageList): Promise<BundleBlobs> => {
  const layout = bundleLayout(contentBytes, list);
  const { size } = await file.stat();
  // Before anything else is read: a copy that was cut short is told at once.
  if (size !== layout.size) {
    const hint = size < layout.size ? 'It was cut short: copy it again.' : undefined;
    throw bundleRefused(path, `it has ${size} bytes, and its signed list says ${layout.size}`, hint);
  }
  const expected = [...layout.documents, ...layout.blobs];
  for (const entry of expected) {
    if (!(await readAt(file, path, entry.at, HEADER_BYTES, signal)).equals(entryHeader(entry))) throw notAsSaid(path, entry.at);
  }
  for (const [index, { content }] of layoutDocuments(list).entries()) {
    const { at } = layout.documents[index]!;
    if (!(await readAt(file, path, at + HEADER_BYTES, content.length, signal)).equals(content)) throw notAsSaid(path, at);
  }
  const places = new Map(list.blobs.map((blob, index) => [blob.digest, { ...blob, at: layout.blobs[index]!.at + HEADER_BYTES }]));
  const placeOf = (digest: string): ListedBlob & { readonly at: number } => {
    const place = places.get(digest);
    if (place === undefined) throw bundleRefused(path, `it has no ${digest}, which one of its images needs`);
    return place;
  };
  const wrong = (digest: string): Error =>
    bundleRefused(path, `what it has as ${digest} is something else`, 'It was damaged or changed: copy it again.');
  return {
    document: async (digest) => {
      const { at, size: bytes } = placeOf(digest);
      if (bytes > MAX_IMAGE_DOCUMENT_BYTES)
        throw bundleRefused(path, `${digest} has ${bytes} bytes, more than a document of an image may have`);
      const content = await readAt(file, path, at, bytes, signal);
      if (digestOf(content) !== digest) throw wrong(digest);
      return content;
    },
    stream: async function* (digest) {
      const { at, size: bytes } = placeOf(digest);
      const hash = createHash('sha256');
      for (let read = 0; read < bytes; ) {
        const part = await readAt(file, path, at + read, Math.min(PART_BYTES, bytes - read), signal);
        hash.update(part);
        read += part.length;
        if (read === bytes && `sha256:${hash.digest('hex')}` !== digest) throw wrong(digest);
        yield part;
      }
      if (bytes === 0 && digest !== digestOf(Buffer.alloc(0))) throw wrong(digest);
    },
  };
};

const digestOf = (content: Uint8Array): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;
