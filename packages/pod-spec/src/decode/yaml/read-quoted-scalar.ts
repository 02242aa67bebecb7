import { syntaxFailure } from '../node.js';
import { APOSTROPHE, BACKSLASH, isBlankOrEnd, isBreak, isEnd, QUOTE } from './characters.js';
import { at, atDocumentIndicator, skipLine, type YamlCursor } from './cursor.js';
import { foldGap, noGap, readGap } from './read-gap.js';
import type { YamlToken } from './token.js';

const simpleEscapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
/** How many hexadecimal digits follow. */
const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

const readEscape = (cursor: YamlCursor): string => {
  const { text, pos } = cursor;
  const character = text[pos + 1]!;
  const simple = Object.hasOwn(simpleEscapes, character) ? simpleEscapes[character] : undefined;
  if (simple !== undefined) {
    cursor.pos += 2;
    return simple;
  }
  const length = Object.hasOwn(hexEscapes, character) ? hexEscapes[character] : undefined;
  if (length === undefined) throw syntaxFailure('found unknown escape character', pos, pos + 2);
  const digits = text.slice(pos + 2, pos + 2 + length);
  if (digits.length < length || !/^[0-9a-fA-F]+$/.test(digits))
    throw syntaxFailure('did not find expected hexadecimal number', pos, pos + 2);
  const point = Number.parseInt(digits, 16);
  if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff)
    throw syntaxFailure('found invalid Unicode character escape code', pos, pos + 2);
  cursor.pos += 2 + length;
  return String.fromCodePoint(point);
};

/** Reads a scalar between apostrophes or quotes, from the first of them on. */
export const readQuotedScalar = (cursor: YamlCursor, quote: number): YamlToken => {
  const { text } = cursor;
  const start = cursor.pos;
  cursor.pos += 1;
  let value = '';
  for (;;) {
    if (atDocumentIndicator(cursor, '---') || atDocumentIndicator(cursor, '...'))
      throw syntaxFailure('found unexpected document indicator', cursor.pos, cursor.pos + 3);
    if (isEnd(at(cursor))) throw syntaxFailure('found unexpected end of stream', start, cursor.pos);
    const gap = noGap();
    let from = cursor.pos;
    for (let c = at(cursor); !isBlankOrEnd(c); c = at(cursor)) {
      if (quote === APOSTROPHE && c === APOSTROPHE && at(cursor, 1) === APOSTROPHE) {
        value += text.slice(from, cursor.pos + 1);
        cursor.pos += 2;
        from = cursor.pos;
      } else if (c === quote) break;
      else if (quote === QUOTE && c === BACKSLASH) {
        value += text.slice(from, cursor.pos);
        if (isBreak(at(cursor, 1))) {
          cursor.pos += 1;
          skipLine(cursor);
          gap.folded = true;
          from = cursor.pos;
          break;
        }
        value += readEscape(cursor);
        from = cursor.pos;
      } else cursor.pos += 1;
    }
    value += text.slice(from, cursor.pos);
    if (at(cursor) === quote) break;
    readGap(cursor, gap);
    value += foldGap(gap);
  }
  cursor.pos += 1;
  return { type: 'scalar', value, plain: false, start, end: cursor.pos };
};
