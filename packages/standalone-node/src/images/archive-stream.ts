import { spawn } from 'node:child_process';
import { addAbortSignal, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { openRegular } from '@solo-kubelet/untrusted-files';
import { NodeError } from '../node-error.js';

export type Compression = 'none' | 'gzip' | 'zstd' | 'xz' | 'bzip2';

/** How files of these kinds begin. */
const MAGIC: readonly (readonly [Compression, readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['bzip2', [0x42, 0x5a, 0x68]],
];

/** How a file is compressed as a whole, by its first bytes. */
export const compressionOf = async (path: string): Promise<Compression> => {
  const file = await openRegular(path, { followLinks: true });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(5), 0, 5, 0);
    const [kind = 'none'] =
      MAGIC.find(([, magic]) => bytesRead >= magic.length && magic.every((byte, index) => buffer[index] === byte)) ?? [];
    return kind;
  } finally {
    await file.close();
  }
};

/** The bytes of an archive, decompressed: gzip here, the others by the program of their name. A signal destroys the stream. */
export const openArchive = (
  path: string,
  compression: Compression,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Readable => {
  const stream = decompressed(path, compression);
  return signal === undefined ? stream : addAbortSignal(signal, stream);
};

const decompressed = (path: string, compression: Compression): Readable => {
  const file = Readable.from(chunksOf(path), { objectMode: false });
  if (compression === 'none') return file;
  if (compression === 'gzip') {
    const gunzip = createGunzip();
    pipeline(file, gunzip).catch((error: Error) => gunzip.destroy(error));
    return gunzip;
  }
  const child = spawn(compression, ['-dc'], { stdio: ['pipe', 'pipe', 'ignore'] });
  child.on('error', (cause: NodeJS.ErrnoException) => child.stdout.destroy(cause.code === 'ENOENT' ? missing(compression, cause) : cause));
  child.on('exit', (status) => {
    if (status !== 0) child.stdout.destroy(new Error(`${compression} could not decompress it`));
  });
  pipeline(file, child.stdin).catch((error: Error) => child.stdout.destroy(error));
  return child.stdout;
};

async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  const file = await openRegular(path, { followLinks: true });
  yield* file.createReadStream({ highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>;
}

const missing = (program: string, cause: Error): Error =>
  new NodeError({
    code: 'NODE_PREREQUISITE_MISSING',
    message: `it is compressed with ${program}, which is not installed`,
    hint: `Install ${program}, or decompress the archive elsewhere.`,
    cause,
  });
