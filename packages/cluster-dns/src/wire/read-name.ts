/**
 * A name in a message as text in lower case, and where reading goes on after it; undefined where it is malformed or too long. Bytes that could be mistaken for
 * something else are written `\DDD`: a label with a dot in it is not two labels. `length`: of the name as it would be without pointers, bytes.
 */
export const readName = (
  message: Uint8Array,
  offset: number,
): { readonly text: string; readonly length: number; readonly end: number } | undefined => {
  let text = '';
  let length = 1;
  const end = walkName(message, offset, (start, size) => {
    if (length > 1) text += '.';
    length += size + 1;
    for (let at = start; at < start + size; at += 1) text += textOfByte(message[at] ?? 0);
  });
  return end === undefined ? undefined : { text, length, end };
};

/** Where reading goes on after a name; undefined where it is malformed or too long. Nothing is made of its labels, so that thousands of names cost little. */
export const endOfName = (message: Uint8Array, offset: number): number | undefined => walkName(message, offset, ignore);

const walkName = (message: Uint8Array, offset: number, label: (start: number, size: number) => void): number | undefined => {
  let position = offset;
  let end: number | undefined;
  let before = offset;
  let pointers = 0;
  for (let length = 1; ; ) {
    const size = message[position];
    if (size === undefined) return undefined;
    if (size === 0) return end ?? position + 1;
    if ((size & 0xc0) === 0xc0) {
      const low = message[position + 1];
      if (low === undefined) return undefined;
      end ??= position + 2;
      const target = ((size & 0x3f) << 8) | low;
      pointers += 1;
      // Only backwards, which also ends every loop; and not from pointer to pointer through the whole message, for each of its names.
      if (target >= before || pointers > MAX_POINTERS) return undefined;
      before = target;
      position = target;
      continue;
    }
    if ((size & 0xc0) !== 0 || position + 1 + size > message.length) return undefined;
    length += size + 1;
    if (length > MAX_NAME_BYTES) return undefined;
    label(position + 1, size);
    position += size + 1;
  }
};

const MAX_NAME_BYTES = 255;
/** A name of 255 bytes has no more labels than that. */
const MAX_POINTERS = 127;
const ignore = (): void => {};

const textOfByte = (byte: number): string => {
  if (byte >= 65 && byte <= 90) return String.fromCharCode(byte + 32);
  if (byte > 32 && byte < 127 && byte !== DOT && byte !== BACKSLASH) return String.fromCharCode(byte);
  return `\\${String(byte).padStart(3, '0')}`;
};

const DOT = 46;
const BACKSLASH = 92;
