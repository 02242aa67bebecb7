import { decodeHuffman } from './hpack-huffman.js';
import { type Cursor, readInteger } from './hpack-integer.js';
import { STATIC_TABLE } from './hpack-static-table.js';

/** A header field, a letter for each byte. */
export type Field = readonly [name: string, value: string];

/**
 * The fields of a block of headers. `tooLarge`: they are beyond `maxListBytes`, counted as SETTINGS_MAX_HEADER_LIST_SIZE is. After anything but `fields`
 * nothing more can be decoded on the connection.
 */
export type DecodedBlock =
  | { readonly type: 'fields'; readonly fields: readonly Field[] }
  | { readonly type: 'tooLarge' }
  | { readonly type: 'broken' };

export interface HpackDecoder {
  /** Decodes one whole block; they share a table, so that each has to be given, in order. */
  decode(block: Uint8Array): DecodedBlock;
}

export interface HpackDecoderOptions {
  /** Most bytes of the fields of one block, with 32 for each. */
  readonly maxListBytes: number;
  /** Most bytes of the table. 4096: what a peer may use who was told nothing else. */
  readonly maxTableBytes?: number;
}

const DEFAULT_TABLE_BYTES = 4_096;
/** What a field counts for beside its bytes (RFC 7541, 4.1). */
const FIELD_BYTES = 32;
const sizeOf = ([name, value]: Field): number => name.length + value.length + FIELD_BYTES;

/** Decodes blocks of headers (RFC 7541). No block, however it is made, costs more than its bytes, `maxListBytes` and the table. */
export const createHpackDecoder = ({ maxListBytes, maxTableBytes = DEFAULT_TABLE_BYTES }: HpackDecoderOptions): HpackDecoder => {
  const table = createDynamicTable(maxTableBytes);
  const find = (index: number): Field | undefined => STATIC_TABLE[index - 1] ?? table.at(index - 1 - STATIC_TABLE.length);

  const readLiteral = (cursor: Cursor, indexBits: number): Field | undefined => {
    const index = readInteger(cursor, indexBits);
    const name = index === 0 ? readText(cursor) : find(index)?.[0];
    const value = name === undefined ? undefined : readText(cursor);
    return name === undefined || value === undefined ? undefined : [name, value];
  };

  /** One field and whether the table keeps it. */
  const readField = (cursor: Cursor, first: number): Field | undefined => {
    if (first >= 0x80) return find(readInteger(cursor, 7));
    if (first < 0x40) return readLiteral(cursor, 4);
    const field = readLiteral(cursor, 6);
    if (field !== undefined) table.add(field);
    return field;
  };

  return {
    decode: (bytes) => {
      const cursor: Cursor = { bytes, at: 0 };
      const fields: Field[] = [];
      let listBytes = 0;
      while (cursor.at < bytes.length) {
        const first = bytes[cursor.at] ?? 0;
        if (first >= 0x20 && first < 0x40) {
          // Sizes of the table come before every field, and no more than the smallest and the last (4.2).
          const size = readInteger(cursor, 5);
          if (fields.length > 0 || size < 0 || size > maxTableBytes) return { type: 'broken' };
          table.resize(size);
          continue;
        }
        const field = readField(cursor, first);
        if (field === undefined) return { type: 'broken' };
        listBytes += sizeOf(field);
        if (listBytes > maxListBytes) return { type: 'tooLarge' };
        fields.push(field);
      }
      return { type: 'fields', fields };
    },
  };
};

/** A string, as it is or in Huffman's code (5.2). */
const readText = (cursor: Cursor): string | undefined => {
  const isHuffman = (cursor.bytes[cursor.at] ?? 0) >= 0x80;
  if (cursor.at >= cursor.bytes.length) return undefined;
  const length = readInteger(cursor, 7);
  const [from, to] = [cursor.at, cursor.at + length];
  if (length < 0 || to > cursor.bytes.length) return undefined;
  cursor.at = to;
  if (isHuffman) return decodeHuffman(cursor.bytes, from, to);
  let text = '';
  for (let at = from; at < to; at += 1) text += String.fromCharCode(cursor.bytes[at] ?? 0);
  return text;
};

/** What was sent lately, the latest first (2.3.2, 4). */
const createDynamicTable = (maxBytes: number) => {
  /** The latest last: an array grows there at no cost, and it has 128 at most. */
  const fields: Field[] = [];
  let [bytes, limit] = [0, maxBytes];
  const shrink = (to: number): void => {
    while (bytes > to) {
      const oldest = fields.shift();
      if (oldest === undefined) return;
      bytes -= sizeOf(oldest);
    }
  };
  return {
    at: (index: number): Field | undefined => fields[fields.length - 1 - index],
    add: (field: Field): void => {
      const size = sizeOf(field);
      // What is larger than the table empties it, and isn't in it (4.4).
      shrink(limit - size);
      if (size > limit) return;
      fields.push(field);
      bytes += size;
    },
    resize: (size: number): void => {
      limit = size;
      shrink(size);
    },
  };
};
