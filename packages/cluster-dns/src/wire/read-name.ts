/** Labels of a name in a message, as bytes, and where reading goes on after it; undefined where it is malformed or too long. */
export const readLabels = (
  message: Uint8Array,
  offset: number,
): { readonly labels: readonly Uint8Array[]; readonly end: number } | undefined => {
  const labels: Uint8Array[] = [];
  let position = offset;
  let end: number | undefined;
  let before = offset;
  for (let length = 1; ; ) {
    const size = message[position];
    if (size === undefined) return undefined;
    if (size === 0) return { labels, end: end ?? position + 1 };
    if ((size & 0xc0) === 0xc0) {
      const low = message[position + 1];
      if (low === undefined) return undefined;
      end ??= position + 2;
      const target = ((size & 0x3f) << 8) | low;
      // Only backwards, which also ends every loop.
      if (target >= before) return undefined;
      before = target;
      position = target;
      continue;
    }
    if ((size & 0xc0) !== 0 || position + 1 + size > message.length) return undefined;
    length += size + 1;
    if (length > MAX_NAME_BYTES) return undefined;
    labels.push(message.subarray(position + 1, position + 1 + size));
    position += size + 1;
  }
};

const MAX_NAME_BYTES = 255;

/** A name as text in lower case. Bytes that could be mistaken for something else are written `\DDD`: a label with a dot in it is not two labels. */
export const nameKey = (labels: readonly Uint8Array[]): string => labels.map(labelText).join('.');

const labelText = (label: Uint8Array): string => {
  let text = '';
  for (const byte of label) {
    if (byte >= 65 && byte <= 90) text += String.fromCharCode(byte + 32);
    else if (byte > 32 && byte < 127 && byte !== DOT && byte !== BACKSLASH) text += String.fromCharCode(byte);
    else text += `\\${String(byte).padStart(3, '0')}`;
  }
  return text;
};

const DOT = 46;
const BACKSLASH = 92;
