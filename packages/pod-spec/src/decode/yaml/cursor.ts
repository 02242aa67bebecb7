import { syntaxFailure } from '../node.js';
import { CR, HASH, isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isWord, LF } from './characters.js';

/** The place up to which a YAML text has been read. What reads on moves it. */
export interface YamlCursor {
  /** Without NUL but for four at its end, so that looking ahead needs no check of the length. */
  readonly text: string;
  pos: number;
  /** Of `pos`, from 0. */
  line: number;
  /** Where the line of `pos` begins. */
  lineStart: number;
}

export const yamlCursor = (source: string): YamlCursor => ({ text: `${source}\0\0\0\0`, pos: 0, line: 0, lineStart: 0 });

/** The code of the character at the cursor, or of one behind it. */
export const at = (cursor: YamlCursor, offset = 0): number => cursor.text.charCodeAt(cursor.pos + offset);

/** The cursor's column, from 0. */
export const column = (cursor: YamlCursor): number => cursor.pos - cursor.lineStart;

/** Steps over a line break, of which CR LF is one. */
export const skipLine = (cursor: YamlCursor): void => {
  cursor.pos += at(cursor) === CR && at(cursor, 1) === LF ? 2 : 1;
  cursor.line += 1;
  cursor.lineStart = cursor.pos;
};

/** Steps over a line break and gives what it is in a scalar: a line feed, or a separator as it was written. */
export const readLine = (cursor: YamlCursor): string => {
  const c = at(cursor);
  skipLine(cursor);
  return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n';
};

export const skipBlanks = (cursor: YamlCursor): void => {
  while (isBlank(at(cursor))) cursor.pos += 1;
};

export const skipComment = (cursor: YamlCursor): void => {
  if (at(cursor) === HASH) while (!isBreakOrEnd(at(cursor))) cursor.pos += 1;
};

/** Steps over the rest of a line that may hold a comment alone. Throws SyntaxFailure for anything else. */
export const skipToLineEnd = (cursor: YamlCursor): void => {
  skipBlanks(cursor);
  skipComment(cursor);
  if (!isBreakOrEnd(at(cursor))) throw syntaxFailure('did not find expected comment or line break', cursor.pos);
  if (isBreak(at(cursor))) skipLine(cursor);
};

/** Steps over letters, digits, `-` and `_` and gives them; the empty text where there are none. */
export const readWord = (cursor: YamlCursor): string => {
  const start = cursor.pos;
  while (isWord(at(cursor))) cursor.pos += 1;
  return cursor.text.slice(start, cursor.pos);
};

/** Whether the cursor is at `---` or `...`, alone at the beginning of a line. */
export const atDocumentIndicator = (cursor: YamlCursor, indicator: '---' | '...'): boolean =>
  column(cursor) === 0 && cursor.text.startsWith(indicator, cursor.pos) && isBlankOrEnd(at(cursor, 3));
