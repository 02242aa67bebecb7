import { Readable } from 'node:stream';
import { type Extract, extract } from 'tar-stream';

const BLOCK = 512;
/** Types of entries that describe the next one; tar-stream keeps them whole in memory. */
const DESCRIBES_NEXT: ReadonlySet<string> = new Set(['x', 'g', 'L', 'K']);
/** Of such an entry. Names and attributes have some hundred bytes. */
const MAX_DESCRIPTION_BYTES = 1 << 20;
const SIZE = { start: 124, end: 136 };
const TYPE = 156;

/** A size in octal digits, or in binary where its first bit says so. */
const sizeOf = (field: Buffer): number =>
  (field[0]! & 0x80) !== 0
    ? field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
    : Number.parseInt(field.toString('latin1').replaceAll(/[^0-7]/g, ''), 8) || 0;

/** The entries of an archive; an error of its bytes, or an entry that would be held in memory and is too large for that, is one of theirs. */
export const entriesOf = (archive: Readable): Extract => {
  const bytes = Readable.from(checked(archive), { objectMode: false });
  const entries = extract();
  bytes.on('error', (error) => entries.destroy(error));
  entries.on('close', () => bytes.destroy());
  entries.on('error', () => {});
  bytes.pipe(entries);
  return entries;
};

async function* checked(archive: Readable): AsyncGenerator<Buffer> {
  /** Bytes until the next header. */
  let left = 0;
  let part: Buffer = Buffer.alloc(0);
  for await (const piece of archive) {
    const chunk = piece as Buffer;
    let at = 0;
    while (at < chunk.length) {
      if (left > 0) {
        const step = Math.min(left, chunk.length - at);
        left -= step;
        at += step;
        continue;
      }
      const taken = chunk.subarray(at, at + BLOCK - part.length);
      at += taken.length;
      part = part.length === 0 ? taken : Buffer.concat([part, taken]);
      if (part.length < BLOCK) break;
      const size = sizeOf(part.subarray(SIZE.start, SIZE.end));
      const type = String.fromCharCode(part[TYPE]!);
      if (DESCRIBES_NEXT.has(type) && size > MAX_DESCRIPTION_BYTES) throw new Error(`the archive has a header of ${size} bytes`);
      left = Math.ceil(size / BLOCK) * BLOCK;
      part = Buffer.alloc(0);
    }
    yield chunk;
  }
}
