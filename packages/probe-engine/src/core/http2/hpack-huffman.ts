/**
 * The symbols by the length of their codes, 256 being the end of the string (RFC 7541, appendix B). The codes follow from that: those of one length are
 * consecutive numbers in the order of their symbols, and the first of a length follows the last of the one before.
 */
const SYMBOLS: readonly (readonly [bits: number, symbols: readonly number[]])[] = [
  [5, [48, 49, 50, 97, 99, 101, 105, 111, 115, 116]],
  [6, [32, 37, 45, 46, 47, ...range(51, 57), 61, 65, 95, 98, 100, 102, 103, 104, 108, 109, 110, 112, 114, 117]],
  [7, [58, ...range(66, 87), 89, 106, 107, 113, 118, 119, 120, 121, 122]],
  [8, [38, 42, 44, 59, 88, 90]],
  [10, [33, 34, 40, 41, 63]],
  [11, [39, 43, 124]],
  [12, [35, 62]],
  [13, [0, 36, 64, 91, 93, 126]],
  [14, [94, 125]],
  [15, [60, 96, 123]],
  [19, [92, 195, 208]],
  [20, [128, 130, 131, 162, 184, 194, 224, 226]],
  [21, [153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230]],
  [
    22,
    [129, ...range(132, 134), 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, 185, 186, 187, 189, 190, 196, 198, 228, 232, 233],
  ],
  [
    23,
    [
      1,
      135,
      ...range(137, 141),
      143,
      147,
      ...range(149, 152),
      155,
      157,
      158,
      165,
      166,
      168,
      174,
      175,
      180,
      182,
      183,
      188,
      191,
      197,
      231,
      239,
    ],
  ],
  [24, [9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237]],
  [25, [199, 207, 234, 235]],
  [26, [192, 193, 200, 201, 202, 205, 210, 213, 218, 219, 238, 240, 242, 243, 255]],
  [27, [203, 204, 211, 212, 214, 221, 222, 223, 241, ...range(244, 248), ...range(250, 254)]],
  [28, [...range(2, 8), 11, 12, ...range(14, 21), ...range(23, 31), 127, 220, 249]],
  [30, [10, 13, 22, 256]],
];
function range(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const LONGEST = 30;
const END_OF_STRING = 256;
/** A string may end with the beginning of the longest code, all ones, shorter than a byte. */
const MAX_PADDING_BITS = 7;

interface Codes {
  readonly bits: number;
  readonly first: number;
  /** One after the last, followed by zeros to the length of the longest: what is below begins with a code of this length, or a shorter one. */
  readonly limit: number;
  readonly symbols: readonly number[];
}

const CODES: readonly Codes[] = (() => {
  let [next, before] = [0, 0];
  return SYMBOLS.map(([bits, symbols]) => {
    const first = next * 2 ** (bits - before);
    next = first + symbols.length;
    before = bits;
    return { bits, first, limit: next * 2 ** (LONGEST - bits), symbols };
  });
})();

/** By the next eight bits, the symbol whose code they begin with and its length, as `symbol * 16 + bits`; 0 where the code is longer. Those of most letters. */
const SHORT = new Uint16Array(256);
for (const { bits, first, symbols } of CODES.filter((codes) => codes.bits <= 8)) {
  for (const [index, symbol] of symbols.entries())
    SHORT.fill(symbol * 16 + bits, (first + index) << (8 - bits), (first + index + 1) << (8 - bits));
}

/** The text of a string in Huffman's code, a letter for each byte; undefined when it is none. Takes time by its length. */
export const decodeHuffman = (bytes: Uint8Array, from: number, to: number): string | undefined => {
  let text = '';
  // `held` has the bits that are not decoded yet, 30 at most before a byte is added.
  let [held, heldBits, at] = [0, 0, from];
  while (true) {
    while (heldBits < 8 && at < to) {
      held = (held << 8) | (bytes[at++] ?? 0);
      heldBits += 8;
    }
    const short = SHORT[heldBits >= 8 ? (held >> (heldBits - 8)) & 0xff : (held << (8 - heldBits)) & 0xff] ?? 0;
    const bits = short & 15;
    if (bits > 0 && bits <= heldBits) {
      text += String.fromCharCode(short >> 4);
      heldBits -= bits;
      held &= 2 ** heldBits - 1;
      continue;
    }
    if (bits > 0 || heldBits < 8) return isPadding(held, heldBits) ? text : undefined;
    const code = longCode(bytes, at, to, held, heldBits);
    if (code === undefined) return undefined;
    ({ at, held, heldBits } = code);
    text += String.fromCharCode(code.symbol);
  }
};

/** A code of more than eight bits. */
const longCode = (bytes: Uint8Array, from: number, to: number, given: number, givenBits: number) => {
  let [held, heldBits, at] = [given, givenBits, from];
  // Below 2 ** 37, so exact.
  while (heldBits < LONGEST && at < to) {
    held = held * 256 + (bytes[at++] ?? 0);
    heldBits += 8;
  }
  const window = heldBits >= LONGEST ? Math.floor(held / 2 ** (heldBits - LONGEST)) : held * 2 ** (LONGEST - heldBits);
  const codes = CODES.find(({ limit }) => window < limit);
  if (codes === undefined || codes.bits > heldBits) return undefined;
  const symbol = codes.symbols[Math.floor(window / 2 ** (LONGEST - codes.bits)) - codes.first] ?? END_OF_STRING;
  if (symbol === END_OF_STRING) return undefined;
  const rest = heldBits - codes.bits;
  return { symbol, at, held: held % 2 ** rest, heldBits: rest };
};

const isPadding = (held: number, bits: number): boolean => bits <= MAX_PADDING_BITS && held === 2 ** bits - 1;
