import { syntaxFailure } from '../node.js';
import { code, isBlankOrEnd, isWord } from './characters.js';
import { at, readWord, type YamlCursor } from './cursor.js';
import type { YamlToken } from './token.js';

const EXCLAMATION = code('!');
const PERCENT = code('%');
const uriCharacters = new Set([...";/?:@&=+$,.!~*'()[]%"].map(code));

/** Reads `!`, `!!` or `!word!`; in a `%TAG` directive nothing may follow the word but its `!`. */
export const readTagHandle = (cursor: YamlCursor, directive: boolean): string => {
  if (at(cursor) !== EXCLAMATION) throw syntaxFailure("did not find expected '!'", cursor.pos);
  const start = cursor.pos;
  cursor.pos += 1;
  readWord(cursor);
  if (at(cursor) === EXCLAMATION) cursor.pos += 1;
  else if (directive && cursor.pos - start > 1) throw syntaxFailure("did not find expected '!'", cursor.pos);
  return cursor.text.slice(start, cursor.pos);
};

/** Reads the characters of a URI and decodes it; `head` is what was taken for a handle before it and belongs to it, its `!` aside. */
export const readTagUri = (cursor: YamlCursor, head: string): string => {
  const { text } = cursor;
  const start = cursor.pos;
  while (isWord(at(cursor)) || uriCharacters.has(at(cursor))) {
    if (at(cursor) === PERCENT && !/^%[0-9a-fA-F]{2}$/.test(text.slice(cursor.pos, cursor.pos + 3)))
      throw syntaxFailure('did not find URI escaped octet', cursor.pos);
    cursor.pos += 1;
  }
  if (cursor.pos === start && head === '') throw syntaxFailure('did not find expected tag URI', cursor.pos);
  const uri = head.slice(1) + text.slice(start, cursor.pos);
  try {
    return decodeURIComponent(uri);
  } catch {
    throw syntaxFailure('found an incorrect UTF-8 octet', start, cursor.pos);
  }
};

/** Reads the tag of a node: `!<uri>`, `!handle!suffix`, `!!suffix` or `!suffix`. */
export const readTag = (cursor: YamlCursor): YamlToken => {
  const start = cursor.pos;
  let handle = '';
  let suffix: string;
  if (at(cursor, 1) === code('<')) {
    cursor.pos += 2;
    suffix = readTagUri(cursor, '');
    if (at(cursor) !== code('>')) throw syntaxFailure("did not find the expected '>'", cursor.pos);
    cursor.pos += 1;
  } else {
    handle = readTagHandle(cursor, false);
    if (handle.length > 1 && handle.endsWith('!')) suffix = readTagUri(cursor, '');
    else {
      suffix = readTagUri(cursor, handle);
      handle = '!';
      if (suffix === '') [handle, suffix] = [suffix, handle];
    }
  }
  if (!isBlankOrEnd(at(cursor))) throw syntaxFailure('did not find expected whitespace or line break', cursor.pos);
  return { type: 'tag', handle, suffix, start, end: cursor.pos };
};
