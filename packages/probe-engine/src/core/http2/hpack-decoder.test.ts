import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFields } from './encode-fields.js';
import { createHpackDecoder, type Field } from './hpack-decoder.js';

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const decoder = (maxTableBytes = 4_096, maxListBytes = 65_536) => createHpackDecoder({ maxTableBytes, maxListBytes });
const broken = { type: 'broken' };

const request = (...more: readonly Field[]): readonly Field[] => [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'www.example.com'],
  ...more,
];
const thirdRequest: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/index.html'],
  [':authority', 'www.example.com'],
  ['custom-key', 'custom-value'],
];
const response = (status: string, date: string, ...more: readonly Field[]): readonly Field[] => [
  [':status', status],
  ['cache-control', 'private'],
  ['date', `Mon, 21 Oct 2013 20:13:${date} GMT`],
  ['location', 'https://www.example.com'],
  ...more,
];
const lastResponse = response(
  '200',
  '22',
  ['content-encoding', 'gzip'],
  ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'],
);

/** RFC 7541, appendix C. */
describe('the examples of the specification', () => {
  it.each<[string, string, Field]>([
    ['C.2.1', '400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', ['custom-key', 'custom-header']],
    ['C.2.2', '040c 2f73 616d 706c 652f 7061 7468', [':path', '/sample/path']],
    ['C.2.3', '1008 7061 7373 776f 7264 0673 6563 7265 74', ['password', 'secret']],
    ['C.2.4', '82', [':method', 'GET']],
  ])('%s', (_section, hex, field) => expect(decoder().decode(bytes(hex))).toEqual({ type: 'fields', fields: [field] }));

  it.each<[string, number, readonly (readonly [hex: string, fields: readonly Field[]])[]]>([
    [
      'C.3',
      4_096,
      [
        ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', request()],
        ['8286 84be 5808 6e6f 2d63 6163 6865', request(['cache-control', 'no-cache'])],
        ['8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', thirdRequest],
      ],
    ],
    [
      'C.4, in the code of Huffman',
      4_096,
      [
        ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', request()],
        ['8286 84be 5886 a8eb 1064 9cbf', request(['cache-control', 'no-cache'])],
        ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', thirdRequest],
      ],
    ],
    [
      'C.5, with a table of 256 bytes',
      256,
      [
        [
          '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
          response('302', '21'),
        ],
        ['4803 3330 37c1 c0bf', response('307', '21')],
        [
          '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31',
          lastResponse,
        ],
      ],
    ],
    [
      'C.6, with a table of 256 bytes, in the code of Huffman',
      256,
      [
        [
          '4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
          response('302', '21'),
        ],
        ['4883 640e ffc1 c0bf', response('307', '21')],
        [
          '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
          lastResponse,
        ],
      ],
    ],
  ])('%s', (_section, table, blocks) => {
    const one = decoder(table);
    for (const [hex, fields] of blocks) expect(one.decode(bytes(hex))).toEqual({ type: 'fields', fields });
  });
});

describe('a block that is none', () => {
  it.each([
    ['index 0', '80'],
    ['an index beyond both tables', 'be'],
    ['a name beyond both tables', '7f 00 01 61'],
    ['an integer without end', 'ff ff ff ff ff ff ff 00'],
    ['an integer that is cut', 'ff 80'],
    ['a name that is cut', '40 05 61'],
    ['no value', '40 01 61'],
    ['a value that is cut', '40 01 61 05 61'],
    ['a value of more bytes than there are numbers', '40 01 61 7f ff ff ff ff 0f'],
    ['a size of the table after a field', '82 20'],
    ['a size of the table beyond what is allowed', '3f e2 1f'],
    ['the end of the string within a string in Huffman’s code', '40 01 61 84 ff ff ff ff'],
    ['padding of eight bits', '40 01 61 82 1f ff'],
    ['padding that is not all ones', '40 01 61 81 18'],
  ])('%s', (_what, hex) => expect(decoder().decode(bytes(hex))).toEqual(broken));
});

it('a size of the table empties it, and it grows again', () => {
  const one = decoder();
  expect(one.decode(bytes('4001 6101 62 be'))).toMatchObject({
    fields: [
      ['a', 'b'],
      ['a', 'b'],
    ],
  });
  expect(one.decode(bytes('20 3fe1 1f be'))).toEqual(broken);
});

it('a field larger than the table is not kept, and empties it', () => {
  const one = decoder(64);
  expect(one.decode(bytes('4001 6101 62'))).toMatchObject({ type: 'fields' });
  const large = encodeFields([['x'.repeat(20), 'y'.repeat(20)]]);
  large[0] = 0x40;
  expect(one.decode(large)).toMatchObject({ type: 'fields' });
  expect(one.decode(bytes('be'))).toEqual(broken);
});

it('a kilobyte that names the same large field again and again costs no more than is allowed', () => {
  const large = encodeFields([['x', 'y'.repeat(4_000)]]);
  large[0] = 0x40;
  expect(decoder().decode(Buffer.concat([large, Buffer.alloc(1_000, 0xbe)]))).toEqual({ type: 'tooLarge' });
});

it('many small fields count by more than their letters', () => {
  const fields = (count: number) => encodeFields(Array.from({ length: count }, () => ['', ''] as const));
  expect(decoder(4_096, 320).decode(fields(10))).toMatchObject({ type: 'fields' });
  expect(decoder(4_096, 320).decode(fields(11))).toEqual({ type: 'tooLarge' });
});

it('what is encoded is decoded as it was', () => {
  const text = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)), maxLength: 300 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), (fields) => {
      expect(decoder().decode(encodeFields(fields))).toEqual({ type: 'fields', fields });
    }),
  );
});

it('any bytes are fields or none, and never an exception', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 4 }), (blocks) => {
      const one = decoder(256, 4_096);
      for (const block of blocks) expect(['fields', 'tooLarge', 'broken']).toContain(one.decode(block).type);
    }),
    { numRuns: 2_000 },
  );
});
