import { joinBytes } from './encode-frames.js';
import type { Field } from './hpack-decoder.js';

/** Fields as a block of literals that no table keeps (RFC 7541, 6.2.2): whoever decodes it needs to know nothing. A letter for each byte. */
export const encodeFields = (fields: readonly Field[]): Uint8Array =>
  joinBytes(fields.flatMap(([name, value]) => [LITERAL, encodeText(name), encodeText(value)]));

const LITERAL = Uint8Array.of(0);

const encodeText = (text: string): Uint8Array => {
  const length = encodeInteger(text.length, 7);
  const bytes = new Uint8Array(length.length + text.length);
  bytes.set(length);
  for (let index = 0; index < text.length; index += 1) bytes[length.length + index] = text.charCodeAt(index);
  return bytes;
};

/** An integer whose first byte has `bits` bits of it, the others 0 (RFC 7541, 5.1). */
export const encodeInteger = (value: number, bits: number): readonly number[] => {
  const mask = 2 ** bits - 1;
  if (value < mask) return [value];
  const bytes = [mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
};
