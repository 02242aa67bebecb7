import type { FileHandle } from 'node:fs/promises';
import { type OpenRegularOptions, openRegular } from './open-regular.js';

export interface ReadRegularOptions extends OpenRegularOptions {
  /** A larger file is refused with an error of code `EFBIG`, also one that grows while it is read. */
  readonly maxBytes: number;
}

const CHUNK_BYTES = 65_536;

/** The bytes of a regular file (see openRegular). */
export const readRegular = async (path: string, { maxBytes, ...options }: ReadRegularOptions): Promise<Buffer> => {
  const file = await openRegular(path, options);
  try {
    return await readAtMost(file, path, maxBytes);
  } finally {
    await file.close();
  }
};

/** The last bytes of a regular file (see openRegular). */
export const readRegularTail = async (path: string, bytes: number, options: OpenRegularOptions = {}): Promise<Buffer> => {
  const file = await openRegular(path, options);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

/** The bytes of a file from where it stands; `path` is for the message. */
const readAtMost = async (file: FileHandle, path: string, maxBytes: number): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for (let total = 0; ; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(parts);
    total += bytesRead;
    if (total > maxBytes) {
      throw Object.assign(new Error(`cannot read ${path}: it is larger than ${maxBytes} bytes`), { code: 'EFBIG', path });
    }
    parts.push(buffer.subarray(0, bytesRead));
  }
};
