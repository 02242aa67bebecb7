import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesOfText, textOfBytes } from './byte-text.js';

it('keeps every byte', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(Buffer.compare(bytesOfText(textOfBytes(bytes)), bytes)).toBe(0);
    }),
  );
});

it('is plain UTF-8 for what is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
      expect(textOfBytes(Buffer.from(text))).toBe(text);
      expect(bytesOfText(text).toString()).toBe(text);
    }),
  );
});

it('keeps what is text around bytes that are not', () => {
  expect(textOfBytes(Buffer.from([0xc3, 0xa9, 0xe9, 0x41]))).toBe('é\udce9A');
});
