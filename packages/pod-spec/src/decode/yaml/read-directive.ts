import { syntaxFailure } from '../node.js';
import { code, isBlank, isBlankOrEnd, isDigit } from './characters.js';
import { at, readWord, skipBlanks, skipToLineEnd, type YamlCursor } from './cursor.js';
import { readTagHandle, readTagUri } from './read-tag.js';
import type { YamlToken } from './token.js';

const readVersionNumber = (cursor: YamlCursor): string => {
  const start = cursor.pos;
  while (isDigit(at(cursor))) cursor.pos += 1;
  if (cursor.pos === start) throw syntaxFailure('did not find expected version number', cursor.pos);
  if (cursor.pos - start > 9) throw syntaxFailure('found extremely long version number', start, cursor.pos);
  return String(Number(cursor.text.slice(start, cursor.pos)));
};

const readVersion = (cursor: YamlCursor, start: number): YamlToken => {
  const major = readVersionNumber(cursor);
  if (at(cursor) !== code('.')) throw syntaxFailure("did not find expected digit or '.' character", cursor.pos);
  cursor.pos += 1;
  return { type: 'version', version: `${major}.${readVersionNumber(cursor)}`, start, end: cursor.pos };
};

const readTagDirective = (cursor: YamlCursor, start: number): YamlToken => {
  const handle = readTagHandle(cursor, true);
  if (!isBlank(at(cursor))) throw syntaxFailure('did not find expected whitespace', cursor.pos);
  skipBlanks(cursor);
  const prefix = readTagUri(cursor, '');
  if (!isBlankOrEnd(at(cursor))) throw syntaxFailure('did not find expected whitespace or line break', cursor.pos);
  return { type: 'tagDirective', handle, prefix, start, end: cursor.pos };
};

/** Reads a line that begins with `%`: `%YAML 1.1` or `%TAG !handle! prefix`. */
export const readDirective = (cursor: YamlCursor): YamlToken => {
  const start = cursor.pos;
  cursor.pos += 1;
  const name = readWord(cursor);
  if (name === '') throw syntaxFailure('could not find expected directive name', cursor.pos);
  if (!isBlankOrEnd(at(cursor))) throw syntaxFailure('found unexpected non-alphabetical character', cursor.pos);
  if (name !== 'YAML' && name !== 'TAG') throw syntaxFailure('found unknown directive name', start, cursor.pos);
  skipBlanks(cursor);
  const token = name === 'YAML' ? readVersion(cursor, start) : readTagDirective(cursor, start);
  skipToLineEnd(cursor);
  return token;
};
