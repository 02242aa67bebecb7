import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeFiles } from '@solo-kubelet/state-files';
import { openRegular } from '@solo-kubelet/untrusted-files';
import type { ImageList } from '@solo-kubelet/verified-source';
import { tarEnd, tarPadding } from '../copy/tar-header.js';
import { bundleRefused } from './bundle-error.js';
import {
  type BundleSignatureKind,
  blobName,
  bundleLayout,
  CONTENT_NAME,
  entryHeader,
  layoutDocuments,
  SIGNATURE_BYTES,
  signatureName,
} from './bundle-layout.js';
import type { BlobFile } from './image-archive-parts.js';

export interface WriteBundleOptions {
  readonly content: Uint8Array;
  readonly list: ImageList;
  readonly blobs: ReadonlyMap<string, BlobFile>;
  readonly signal: AbortSignal;
}

/** Writes a bundle beside its place and renames it, so that no half of one lies there. Equal contents give equal bytes. @throws (rejects) CliError CLI_BUNDLE_REFUSED for a blob that is not what its digest says, and the error of the file system */
export const writeBundle = async (path: string, { content, list, blobs, signal }: WriteBundleOptions): Promise<void> => {
  const draft = `${path}.new`;
  const file = await open(draft, 'w', 0o644);
  try {
    try {
      await writeEntry(file, CONTENT_NAME, content);
      await writeEntry(file, signatureName('ssh'), padded(''));
      for (const { name, content: document } of layoutDocuments(list)) await writeEntry(file, name, document);
      for (const { digest, size } of list.blobs) {
        await writeAll(file, entryHeader({ name: blobName(digest), size }));
        await copyBlob(file, digest, blobs.get(digest), signal);
        await writeAll(file, tarPadding(size));
      }
      await writeAll(file, tarEnd());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await nodeFiles.syncDirectory(dirname(path));
};

/** Puts a signature where its room is, whatever size the bundle has. */
export const writeSignature = async (
  path: string,
  contentBytes: number,
  { type, text }: { readonly type: BundleSignatureKind; readonly text: string },
): Promise<void> => {
  const file = await open(path, 'r+');
  try {
    const { at } = bundleLayout(contentBytes, { images: [], blobs: [] }).signature;
    const entry = Buffer.concat([entryHeader({ name: signatureName(type), size: SIGNATURE_BYTES }), padded(text)]);
    await writeAll(file, entry, at);
    await file.sync();
  } finally {
    await file.close();
  }
};

const padded = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  if (bytes.length > SIGNATURE_BYTES) throw new RangeError(`a signature has at most ${SIGNATURE_BYTES} bytes`);
  return Buffer.concat([bytes, Buffer.alloc(SIGNATURE_BYTES - bytes.length, '\n')]);
};

const writeEntry = async (file: FileHandle, name: string, content: Uint8Array): Promise<void> => {
  await writeAll(file, entryHeader({ name, size: content.length }));
  await writeAll(file, content);
  await writeAll(file, tarPadding(content.length));
};

/** `at`: where in the file. Default: where the last write ended. */
const writeAll = async (file: FileHandle, bytes: Uint8Array, at?: number): Promise<void> => {
  for (let written = 0; written < bytes.length; ) {
    const place = at === undefined ? null : at + written;
    written += (await file.write(bytes, written, bytes.length - written, place)).bytesWritten;
  }
};

const copyBlob = async (file: FileHandle, digest: string, blob: BlobFile | undefined, signal: AbortSignal): Promise<void> => {
  if (blob === undefined) throw new Error(`there are no bytes of ${digest}`);
  const hash = createHash('sha256');
  const source = await openRegular(blob.path, { followLinks: true, signal });
  for await (const part of source.createReadStream({ highWaterMark: 1 << 20, signal })) {
    hash.update(part as Buffer);
    await writeAll(file, part as Buffer);
  }
  if (`sha256:${hash.digest('hex')}` !== digest) throw bundleRefused(blob.path, `its bytes are not those of ${digest}`);
};
