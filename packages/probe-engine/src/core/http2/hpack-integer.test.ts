import { expect, it } from 'vitest';
import { encodeInteger } from './encode-fields.js';
import { readInteger } from './hpack-integer.js';

/** RFC 7541, C.1. */
it.each([
  [[0b01010], 5, 10],
  [[0b11111, 0b10011010, 0b00001010], 5, 1_337],
  [[0b00101010], 8, 42],
  [[0xea], 5, 10],
  [[0x7f, 0], 7, 127],
  [[0x7f, 0xff, 0xff, 0xff, 0x7f], 7, 127 + 2 ** 28 - 1],
])('%j has in %i bits the number %i', (bytes, bits, value) => {
  const cursor = { bytes: Uint8Array.from(bytes), at: 0 };
  expect([readInteger(cursor, bits), cursor.at]).toEqual([value, bytes.length]);
});

it.each([
  ['cut', [0x7f]],
  ['cut further on', [0x7f, 0x80]],
  ['more than 28 bits', [0x7f, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ['zeros without end', [0x7f, ...Array.from({ length: 100 }, () => 0x80), 0]],
])('is none: %s', (_what, bytes) => expect(readInteger({ bytes: Uint8Array.from(bytes), at: 0 }, 7)).toBe(-1));

it('is read as it was written', () => {
  for (let value = 0; value < 70_000; value += 7) {
    const bytes = Uint8Array.from(encodeInteger(value, 7));
    expect(readInteger({ bytes, at: 0 }, 7)).toBe(value);
  }
});
