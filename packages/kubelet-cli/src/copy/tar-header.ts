import { type BytePath, pathBytes } from './byte-path.js';

export interface TarEntry {
  readonly name: BytePath;
  readonly type: 'file' | 'directory' | 'symlink';
  /** Permission bits. */
  readonly mode: number;
  /** Bytes of content; 0 for anything but a file. */
  readonly size: number;
  /** Unix time, s. */
  readonly mtime: number;
  readonly linkname?: BytePath;
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const TYPE_FLAG = { file: '0', symlink: '2', directory: '5', longName: 'L', longLink: 'K' } as const;
/** From here on the octal digits of a size do not suffice, bytes. */
const MAX_OCTAL_SIZE = 8 ** 11;

/**
 * The header of one entry in GNU's format. Every tar that a container may have reads it, names of any length and any bytes included; busybox passes over
 * the extended headers of POSIX, where other writers put such names.
 */
export const tarHeader = (entry: TarEntry): Buffer => {
  const [name, link] = [pathBytes(entry.name), pathBytes(entry.linkname ?? '')];
  return Buffer.concat([
    ...(link.length > NAME_BYTES ? [longText('longLink', link)] : []),
    ...(name.length > NAME_BYTES ? [longText('longName', name)] : []),
    block({ name, link, flag: TYPE_FLAG[entry.type], mode: entry.mode, size: entry.size, mtime: entry.mtime }),
  ]);
};

/** What fills the last block of a content. */
export const tarPadding = (size: number): Buffer => Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);

/** The end of an archive. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * BLOCK_BYTES);

const longText = (kind: 'longName' | 'longLink', text: Buffer): Buffer => {
  const content = Buffer.concat([text, Buffer.of(0)]);
  const fields = { name: Buffer.from('././@LongLink'), link: Buffer.alloc(0), mode: 0, size: content.length, mtime: 0 };
  return Buffer.concat([block({ ...fields, flag: TYPE_FLAG[kind] }), content, tarPadding(content.length)]);
};

interface BlockFields {
  readonly name: Buffer;
  readonly link: Buffer;
  readonly flag: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
}

const block = ({ name, link, flag, mode, size, mtime }: BlockFields): Buffer => {
  const bytes = Buffer.alloc(BLOCK_BYTES);
  name.copy(bytes, 0, 0, NAME_BYTES);
  bytes.write(octal(mode & 0o7777, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  if (size < MAX_OCTAL_SIZE) bytes.write(octal(size, 11), 124);
  else {
    bytes[124] = 0x80;
    bytes.writeBigUInt64BE(BigInt(size), 128);
  }
  bytes.write(octal(Math.max(0, Math.min(Math.floor(mtime), MAX_OCTAL_SIZE - 1)), 11), 136);
  bytes.write('        ', 148);
  bytes.write(flag, 156);
  link.copy(bytes, 157, 0, NAME_BYTES);
  bytes.write('ustar  \0', 257, 'latin1');
  bytes.write(
    `${octal(
      bytes.reduce((sum, byte) => sum + byte, 0),
      6,
    )}\0 `,
    148,
    'latin1',
  );
  return bytes;
};

const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
