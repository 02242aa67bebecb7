/**
 * Bytes that are meant as UTF-8, as text; a byte that is not becomes a lone surrogate (U+DC80 to U+DCFF), which no valid text holds, so that
 * nothing is lost. Python calls this surrogateescape.
 */
export const textOfBytes = (bytes: Uint8Array): string => {
  const whole = decode(bytes);
  if (whole !== undefined) return whole;
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes[at]!);
    const character = decode(bytes.subarray(at, at + length));
    text += character ?? String.fromCharCode(0xdc00 + bytes[at]!);
    at += character === undefined ? 1 : length;
  }
  return text;
};

/** The bytes of a text, those that textOfBytes kept as lone surrogates too. */
export const bytesOfText = (text: string): Buffer => {
  const parts = text.split(KEPT_BYTES);
  return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : Buffer.from(part, 'latin1'))));
};

/** With the `u` flag only surrogates without a partner match. As latin1, U+DC80 is written as its last byte, 0x80. */
const KEPT_BYTES = /([\udc80-\udcff]+)/u;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const decode = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

/** By the first byte of a character. */
const sequenceLength = (first: number): number => {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
};
