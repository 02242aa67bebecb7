import { expect, it } from 'vitest';
import { decodeHuffman } from './hpack-huffman.js';

const decode = (hex: string): string | undefined => {
  const bytes = Buffer.from(hex, 'hex');
  return decodeHuffman(bytes, 0, bytes.length);
};
/** Bits with ones behind them up to whole bytes. */
const decodeBits = (bits: string): string | undefined =>
  decode(
    Buffer.from((bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString(
      'hex',
    ),
  );

/** RFC 7541, C.4 and C.6. */
it.each([
  ['', ''],
  ['f1e3c2e5f23a6ba0ab90f4ff', 'www.example.com'],
  ['a8eb10649cbf', 'no-cache'],
  ['25a849e95bb8e8b4bf', 'custom-value'],
  ['d07abe941054d444a8200595040b8166e082a62d1bff', 'Mon, 21 Oct 2013 20:13:21 GMT'],
  [
    '94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007',
    'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
  ],
])('%s is %j', (hex, text) => expect(decode(hex)).toBe(text));

/** RFC 7541, appendix B: the first and the last of each length. */
const CODES: readonly (readonly [byte: number, code: string])[] = [
  [48, '00000'],
  [116, '01001'],
  [32, '010100'],
  [117, '101101'],
  [58, '1011100'],
  [122, '1111011'],
  [38, '11111000'],
  [90, '11111101'],
  [33, '1111111000'],
  [63, '1111111100'],
  [39, '11111111010'],
  [124, '11111111100'],
  [35, '111111111010'],
  [62, '111111111011'],
  [0, '1111111111000'],
  [126, '1111111111101'],
  [94, '11111111111100'],
  [125, '11111111111101'],
  [60, '111111111111100'],
  [123, '111111111111110'],
  [92, '1111111111111110000'],
  [208, '1111111111111110010'],
  [128, '11111111111111100110'],
  [226, '11111111111111101101'],
  [153, '111111111111111011100'],
  [230, '111111111111111101000'],
  [129, '1111111111111111010010'],
  [233, '1111111111111111101011'],
  [1, '11111111111111111011000'],
  [239, '11111111111111111110100'],
  [9, '111111111111111111101010'],
  [237, '111111111111111111110101'],
  [199, '1111111111111111111101100'],
  [235, '1111111111111111111101111'],
  [192, '11111111111111111111100000'],
  [255, '11111111111111111111101110'],
  [203, '111111111111111111111011110'],
  [254, '111111111111111111111110000'],
  [2, '1111111111111111111111100010'],
  [249, '1111111111111111111111111110'],
  [10, '111111111111111111111111111100'],
  [22, '111111111111111111111111111110'],
];

it.each(CODES)('byte %i is %s, alone and between others', (byte, code) => {
  const letter = String.fromCharCode(byte);
  expect(decodeBits(code)).toBe(letter);
  expect(decodeBits(`00011${code}${code}101101`)).toBe(`a${letter}${letter}u`);
});

it('every byte has a code, and no code begins another: the codes fill their space', () => {
  const seen = new Set<string>();
  const walk = (bits: string): void => {
    const text = decodeBits(`${bits}`);
    if (text?.length === 1 && decodeBits(`${bits}00000`) === `${text}0`) return void seen.add(text);
    if (bits.length === 30) return;
    walk(`${bits}0`);
    walk(`${bits}1`);
  };
  walk('0');
  walk('1');
  expect(seen.size).toBe(256);
});

it.each([
  ['padding of a whole byte', '07ff'],
  ['padding of two bytes', '07ffff'],
  ['padding of zeros', '00'],
  ['padding that is not all ones', '06'],
  ['a code that is cut', 'ffff'],
  ['the end of the string', 'ffffffff'],
  ['the end of the string after a letter', '07ffffffff'],
])('is none: %s', (_what, hex) => expect(decode(hex)).toBeUndefined());
