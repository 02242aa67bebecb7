import { syntaxFailure } from '../node.js';
import { code, DASH, isBlank, isBreak, isBreakOrEnd, isDigit, isEnd, SPACE, TAB } from './characters.js';
import { at, column, readLine, skipToLineEnd, type YamlCursor } from './cursor.js';
import type { YamlToken } from './token.js';

const PLUS = code('+');

/** What stands behind `|` or `>`: whether line breaks at the end are kept, and how far the lines are indented. */
interface BlockHeader {
  readonly chomping: '' | '+' | '-';
  /** 0: as far as the first line that is not empty. */
  readonly increment: number;
}

const readChomping = (cursor: YamlCursor): BlockHeader['chomping'] => {
  const c = at(cursor);
  if (c !== PLUS && c !== DASH) return '';
  cursor.pos += 1;
  return c === PLUS ? '+' : '-';
};

const readIncrement = (cursor: YamlCursor): number => {
  const c = at(cursor);
  if (!isDigit(c)) return 0;
  if (c === 48) throw syntaxFailure('found an indentation indicator equal to 0', cursor.pos);
  cursor.pos += 1;
  return c - 48;
};

const readHeader = (cursor: YamlCursor): BlockHeader => {
  const first = readChomping(cursor);
  const increment = readIncrement(cursor);
  const chomping = first === '' ? readChomping(cursor) : first;
  skipToLineEnd(cursor);
  return { chomping, increment };
};

/** Reads a literal (`|`) or folded (`>`) scalar from its indicator on; `indent` is that of the node around it, -1 at the top. */
export const readBlockScalar = (cursor: YamlCursor, indent: number, literal: boolean): YamlToken => {
  const { text } = cursor;
  const start = cursor.pos;
  cursor.pos += 1;
  const { chomping, increment } = readHeader(cursor);
  let width = increment > 0 ? Math.max(indent, 0) + increment : 0;
  let end = cursor.pos;
  /** Reads empty lines, and the indentation of the line behind them. */
  const readBreaks = (): string => {
    let breaks = '';
    let widest = 0;
    for (;;) {
      while ((width === 0 || column(cursor) < width) && at(cursor) === SPACE) cursor.pos += 1;
      widest = Math.max(widest, column(cursor));
      if ((width === 0 || column(cursor) < width) && at(cursor) === TAB) {
        throw syntaxFailure('found a tab character where an indentation space is expected', cursor.pos);
      }
      if (!isBreak(at(cursor))) break;
      breaks += readLine(cursor);
      end = cursor.pos;
    }
    if (width === 0) width = Math.max(widest, indent + 1, 1);
    return breaks;
  };
  let trailingBreaks = readBreaks();
  let leadingBreak = '';
  let leadingBlank = false;
  let value = '';
  while (column(cursor) === width && !isEnd(at(cursor))) {
    const startsBlank = isBlank(at(cursor));
    if (!literal && leadingBreak === '\n' && !leadingBlank && !startsBlank) {
      if (trailingBreaks === '') value += ' ';
    } else value += leadingBreak;
    value += trailingBreaks;
    leadingBlank = startsBlank;
    const from = cursor.pos;
    while (!isBreakOrEnd(at(cursor))) cursor.pos += 1;
    value += text.slice(from, cursor.pos);
    end = cursor.pos;
    leadingBreak = isBreak(at(cursor)) ? readLine(cursor) : '';
    trailingBreaks = readBreaks();
  }
  if (chomping !== '-') value += leadingBreak;
  if (chomping === '+') value += trailingBreaks;
  return { type: 'scalar', value, plain: false, start, end };
};
