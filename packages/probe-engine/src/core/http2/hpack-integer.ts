/** Bytes, and how far they are read. */
export interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** Further bytes of an integer: with these it has 28 bits, and nothing that is counted here is as large. */
const MAX_FURTHER = 4;

/** An integer whose first byte has `bits` bits of it (RFC 7541, 5.1); -1 when it is cut off or longer than anything needs. */
export const readInteger = (cursor: Cursor, bits: number): number => {
  const mask = 2 ** bits - 1;
  let value = (cursor.bytes[cursor.at++] ?? 0) & mask;
  if (value < mask) return value;
  for (let index = 0; index < MAX_FURTHER; index += 1) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) return -1;
    value += (byte & 0x7f) << (7 * index);
    if (byte < 0x80) return value;
  }
  return -1;
};
