import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { nodeFiles, writeDurably } from '@solo-kubelet/state-files';
import { openRegular } from '@solo-kubelet/untrusted-files';
import { bundleRefused } from './bundle-error.js';
import { blobName, CONTENT_NAME, layoutDocuments, signatureName } from './bundle-layout.js';
import type { BlobFile } from './image-archive-parts.js';
import type { WriteBundleOptions } from './write-bundle.js';

const FILE_MODE = 0o644;

/**
 * Writes a bundle as a directory for a web server: an OCI layout, with the signed part beside it, which comes last. Blobs that are there already stay as they
 * are, so that what an image shares with one before is not written again. @throws (rejects) CliError CLI_BUNDLE_REFUSED for a blob that is not what its digest says
 */
export const writeLayout = async (directory: string, { content, list, blobs, signal }: WriteBundleOptions): Promise<void> => {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true });
  for (const { digest, size } of list.blobs) {
    const path = join(directory, blobName(digest));
    if (!(await isBlob(path, digest, size, signal))) await writeBlob(path, digest, blobs.get(digest), signal);
  }
  // That of what was signed before does not belong to what comes now.
  for (const kind of ['minisign', 'ssh'] as const) await rm(join(directory, signatureName(kind)), { force: true });
  for (const { name, content: document } of layoutDocuments(list)) await writeDurably(join(directory, name), document, { mode: FILE_MODE });
  await writeDurably(join(directory, CONTENT_NAME), content, { mode: FILE_MODE });
};

const isBlob = async (path: string, digest: string, size: number, signal: AbortSignal): Promise<boolean> => {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === size && (await hashOf(path, signal)) === digest;
};

const hashOf = async (path: string, signal: AbortSignal, into?: FileHandle): Promise<string> => {
  const hash = createHash('sha256');
  const file = await openRegular(path, { followLinks: true, signal });
  for await (const part of file.createReadStream({ highWaterMark: 1 << 20, signal })) {
    hash.update(part as Buffer);
    await into?.writeFile(part as Buffer);
  }
  return `sha256:${hash.digest('hex')}`;
};

const writeBlob = async (path: string, digest: string, blob: BlobFile | undefined, signal: AbortSignal): Promise<void> => {
  if (blob === undefined) throw new Error(`there are no bytes of ${digest}`);
  const draft = `${path}.new`;
  try {
    await using file = await open(draft, 'w', FILE_MODE);
    if ((await hashOf(blob.path, signal, file)) !== digest) throw bundleRefused(blob.path, `its bytes are not those of ${digest}`);
    await file.sync();
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await nodeFiles.syncDirectory(dirname(path));
};
