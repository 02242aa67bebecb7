// The one file past 300 lines: the scanner's rules hang together by the state they share.
import { syntaxFailure } from './node.js';

/**
 * Tokens of YAML 1.1 with the habits of the library that Kubernetes uses (libyaml's rules as in go-yaml v2): a simple key fits on one line
 * and in 1024 characters, `:` needs a blank after it except in flow context after a key, `?` is an indicator anywhere in flow context.
 */
export type YamlToken = { readonly start: number; readonly end: number } & (
  | {
      readonly type:
        | 'streamEnd'
        | 'documentStart'
        | 'documentEnd'
        | 'blockSequenceStart'
        | 'blockMappingStart'
        | 'blockEnd'
        | 'flowSequenceStart'
        | 'flowSequenceEnd'
        | 'flowMappingStart'
        | 'flowMappingEnd'
        | 'blockEntry'
        | 'flowEntry'
        | 'key'
        | 'value';
    }
  | { readonly type: 'version'; readonly version: string }
  | { readonly type: 'tagDirective'; readonly handle: string; readonly prefix: string }
  | { readonly type: 'alias' | 'anchor'; readonly name: string }
  | { readonly type: 'tag'; readonly handle: string; readonly suffix: string }
  | { readonly type: 'scalar'; readonly value: string; readonly plain: boolean }
);

export interface YamlScanner {
  peek(): YamlToken;
  skip(): void;
}

interface SimpleKey {
  possible: boolean;
  required: boolean;
  tokenNumber: number;
  start: number;
  line: number;
  column: number;
}

export const maxDepth = 10_000;
const maxSimpleKeyLength = 1_024;

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const isBlank = (c: number): boolean => c === SPACE || c === TAB;
const isBreak = (c: number): boolean => c === LF || c === CR || c === 0x85 || c === 0x2028 || c === 0x2029;
const isEnd = (c: number): boolean => c === 0;
const isBreakOrEnd = (c: number): boolean => isBreak(c) || c === 0;
const isBlankOrEnd = (c: number): boolean => isBlank(c) || isBreak(c) || c === 0;
const isWord = (c: number): boolean => (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 45;
const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const code = (character: string): number => character.charCodeAt(0);

const QUOTE = code('"');
const APOSTROPHE = code("'");
const HASH = code('#');
const COLON = code(':');
const DASH = code('-');
const BACKSLASH = code('\\');
const indicators = new Set([...'-?:,[]{}#&*!|>\'"%@`'].map(code));
const flowIndicators = new Set([...',?[]{}'].map(code));
const uriCharacters = new Set([...";/?:@&=+$,.!~*'()[]%"].map(code));
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
const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** Text without NUL, which stands for the end here. `lineStartLoss`: up to that offset each line loses its first character (see YamlSource). */
export const createYamlScanner = (source: string, lineStartLoss = 0): YamlScanner => {
  const text = `${source}\0\0\0\0`;
  const tokens: YamlToken[] = [];
  let head = 0;
  let tokensParsed = 0;
  let pos = 0;
  let line = 0;
  let lineStart = 0;
  let indent = -1;
  const indents: number[] = [];
  let flowLevel = 0;
  let simpleKeyAllowed = true;
  const noKey = (): SimpleKey => ({ possible: false, required: false, tokenNumber: -1, start: 0, line: 0, column: 0 });
  const simpleKeys: SimpleKey[] = [noKey()];
  const keyByToken = new Map<number, SimpleKey>();
  let ended = false;

  const at = (offset = 0): number => text.charCodeAt(pos + offset);
  const column = (): number => pos - lineStart;
  const push = (token: YamlToken): void => void tokens.push(token);
  const insert = (tokenNumber: number, token: YamlToken): void => void tokens.splice(head + tokenNumber - tokensParsed, 0, token);
  const mark = (type: 'blockEnd' | 'streamEnd'): YamlToken => ({ type, start: pos, end: pos });

  const skipLine = (): void => {
    pos += at() === CR && at(1) === LF ? 2 : 1;
    line += 1;
    lineStart = pos;
  };
  const readLine = (): string => {
    const c = at();
    skipLine();
    return c === 0x2028 || c === 0x2029 ? String.fromCharCode(c) : '\n';
  };

  const isValidKey = (key: SimpleKey): boolean => {
    if (!key.possible) return false;
    if (key.line === line && key.start + maxSimpleKeyLength >= pos) return true;
    if (key.required) throw syntaxFailure("could not find expected ':'", key.start, pos);
    key.possible = false;
    keyByToken.delete(key.tokenNumber);
    return false;
  };
  const removeSimpleKey = (): void => {
    const key = simpleKeys[simpleKeys.length - 1]!;
    if (!key.possible) return;
    if (key.required) throw syntaxFailure("could not find expected ':'", key.start, pos);
    key.possible = false;
    keyByToken.delete(key.tokenNumber);
  };
  const saveSimpleKey = (): void => {
    if (!simpleKeyAllowed) return;
    const required = flowLevel === 0 && indent === column();
    removeSimpleKey();
    const tokenNumber = tokensParsed + (tokens.length - head);
    const key = { possible: true, required, tokenNumber, start: pos, line, column: column() };
    simpleKeys[simpleKeys.length - 1] = key;
    keyByToken.set(tokenNumber, key);
  };
  const rollIndent = (to: number, tokenNumber: number, type: 'blockSequenceStart' | 'blockMappingStart', start: number): void => {
    if (flowLevel > 0 || indent >= to) return;
    indents.push(indent);
    indent = to;
    if (indents.length > maxDepth) throw syntaxFailure(`exceeded max depth of ${maxDepth}`, pos);
    const token: YamlToken = { type, start, end: start };
    if (tokenNumber < 0) push(token);
    else insert(tokenNumber, token);
  };
  const unrollIndent = (to: number): void => {
    if (flowLevel > 0) return;
    while (indent > to) {
      push(mark('blockEnd'));
      indent = indents.pop()!;
    }
  };

  const scanToNextToken = (): void => {
    for (;;) {
      if (column() === 0 && pos < lineStartLoss && !isEnd(at())) pos += 1;
      while (at() === SPACE || ((flowLevel > 0 || !simpleKeyAllowed) && at() === TAB)) pos += 1;
      if (at() === HASH) while (!isBreakOrEnd(at())) pos += 1;
      if (!isBreak(at())) return;
      skipLine();
      if (flowLevel === 0) simpleKeyAllowed = true;
    }
  };

  const fetchStreamEnd = (): void => {
    if (column() !== 0) {
      lineStart = pos;
      line += 1;
    }
    unrollIndent(-1);
    removeSimpleKey();
    simpleKeyAllowed = false;
    push(mark('streamEnd'));
    ended = true;
  };

  const skipBlanks = (): void => {
    while (isBlank(at())) pos += 1;
  };
  const skipToLineEnd = (): void => {
    skipBlanks();
    if (at() === HASH) while (!isBreakOrEnd(at())) pos += 1;
    if (!isBreakOrEnd(at())) throw syntaxFailure('did not find expected comment or line break', pos);
    if (isBreak(at())) skipLine();
  };
  const readWord = (): string => {
    const start = pos;
    while (isWord(at())) pos += 1;
    return text.slice(start, pos);
  };
  const scanVersionNumber = (): string => {
    const start = pos;
    while (isDigit(at())) pos += 1;
    if (pos === start) throw syntaxFailure('did not find expected version number', pos);
    if (pos - start > 9) throw syntaxFailure('found extremely long version number', start, pos);
    return String(Number(text.slice(start, pos)));
  };
  const scanTagHandle = (directive: boolean): string => {
    if (at() !== code('!')) throw syntaxFailure("did not find expected '!'", pos);
    const start = pos;
    pos += 1;
    readWord();
    if (at() === code('!')) pos += 1;
    else if (directive && pos - start > 1) throw syntaxFailure("did not find expected '!'", pos);
    return text.slice(start, pos);
  };
  const scanUri = (head: string): string => {
    const start = pos;
    while (isWord(at()) || uriCharacters.has(at())) {
      if (at() === code('%') && !/^%[0-9a-fA-F]{2}$/.test(text.slice(pos, pos + 3)))
        throw syntaxFailure('did not find URI escaped octet', pos);
      pos += 1;
    }
    if (pos === start && head === '') throw syntaxFailure('did not find expected tag URI', pos);
    const uri = head.slice(1) + text.slice(start, pos);
    try {
      return decodeURIComponent(uri);
    } catch {
      throw syntaxFailure('found an incorrect UTF-8 octet', start, pos);
    }
  };
  const fetchDirective = (): void => {
    unrollIndent(-1);
    removeSimpleKey();
    simpleKeyAllowed = false;
    const start = pos;
    pos += 1;
    const name = readWord();
    if (name === '') throw syntaxFailure('could not find expected directive name', pos);
    if (!isBlankOrEnd(at())) throw syntaxFailure('found unexpected non-alphabetical character', pos);
    if (name === 'YAML') {
      skipBlanks();
      const major = scanVersionNumber();
      if (at() !== code('.')) throw syntaxFailure("did not find expected digit or '.' character", pos);
      pos += 1;
      push({ type: 'version', version: `${major}.${scanVersionNumber()}`, start, end: pos });
    } else if (name === 'TAG') {
      skipBlanks();
      const handle = scanTagHandle(true);
      if (!isBlank(at())) throw syntaxFailure('did not find expected whitespace', pos);
      skipBlanks();
      const prefix = scanUri('');
      if (!isBlankOrEnd(at())) throw syntaxFailure('did not find expected whitespace or line break', pos);
      push({ type: 'tagDirective', handle, prefix, start, end: pos });
    } else throw syntaxFailure('found unknown directive name', start, pos);
    skipToLineEnd();
  };

  const atDocumentIndicator = (character: string): boolean =>
    column() === 0 && text.startsWith(character.repeat(3), pos) && isBlankOrEnd(at(3));
  const fetchDocumentIndicator = (type: 'documentStart' | 'documentEnd'): void => {
    unrollIndent(-1);
    removeSimpleKey();
    simpleKeyAllowed = false;
    push({ type, start: pos, end: pos + 3 });
    pos += 3;
  };

  const pushCharacter = (
    type: YamlToken['type'] & ('flowSequenceStart' | 'flowMappingEnd' | 'blockEntry' | 'flowEntry' | 'key' | 'value'),
  ): void => {
    push({ type, start: pos, end: pos + 1 });
    pos += 1;
  };
  const fetchFlowStart = (type: 'flowSequenceStart' | 'flowMappingStart'): void => {
    saveSimpleKey();
    simpleKeys.push(noKey());
    flowLevel += 1;
    if (flowLevel > maxDepth) throw syntaxFailure(`exceeded max depth of ${maxDepth}`, pos);
    simpleKeyAllowed = true;
    pushCharacter(type as 'flowSequenceStart');
  };
  const fetchFlowEnd = (type: 'flowSequenceEnd' | 'flowMappingEnd'): void => {
    removeSimpleKey();
    if (flowLevel > 0) {
      flowLevel -= 1;
      simpleKeys.pop();
    }
    simpleKeyAllowed = false;
    pushCharacter(type as 'flowMappingEnd');
  };
  const fetchFlowEntry = (): void => {
    removeSimpleKey();
    simpleKeyAllowed = true;
    pushCharacter('flowEntry');
  };
  const fetchBlockEntry = (): void => {
    if (flowLevel === 0) {
      if (!simpleKeyAllowed) throw syntaxFailure('block sequence entries are not allowed in this context', pos);
      rollIndent(column(), -1, 'blockSequenceStart', pos);
    }
    removeSimpleKey();
    simpleKeyAllowed = true;
    pushCharacter('blockEntry');
  };
  const fetchKey = (): void => {
    if (flowLevel === 0) {
      if (!simpleKeyAllowed) throw syntaxFailure('mapping keys are not allowed in this context', pos);
      rollIndent(column(), -1, 'blockMappingStart', pos);
    }
    removeSimpleKey();
    simpleKeyAllowed = flowLevel === 0;
    pushCharacter('key');
  };
  const fetchValue = (): void => {
    const key = simpleKeys[simpleKeys.length - 1]!;
    if (isValidKey(key)) {
      insert(key.tokenNumber, { type: 'key', start: key.start, end: key.start });
      rollIndent(key.column, key.tokenNumber, 'blockMappingStart', key.start);
      key.possible = false;
      keyByToken.delete(key.tokenNumber);
      simpleKeyAllowed = false;
    } else {
      if (flowLevel === 0) {
        if (!simpleKeyAllowed) throw syntaxFailure('mapping values are not allowed in this context', pos);
        rollIndent(column(), -1, 'blockMappingStart', pos);
      }
      simpleKeyAllowed = flowLevel === 0;
    }
    pushCharacter('value');
  };

  const fetchAnchor = (type: 'alias' | 'anchor'): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    const start = pos;
    pos += 1;
    const name = readWord();
    if (name === '' || !(isBlankOrEnd(at()) || '?:,]}%@`'.includes(text[pos]!))) {
      throw syntaxFailure('did not find expected alphabetic or numeric character', pos);
    }
    push({ type, name, start, end: pos });
  };
  const fetchTag = (): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    const start = pos;
    let handle = '';
    let suffix: string;
    if (at(1) === code('<')) {
      pos += 2;
      suffix = scanUri('');
      if (at() !== code('>')) throw syntaxFailure("did not find the expected '>'", pos);
      pos += 1;
    } else {
      handle = scanTagHandle(false);
      if (handle.length > 1 && handle.endsWith('!')) suffix = scanUri('');
      else {
        suffix = scanUri(handle);
        handle = '!';
        if (suffix === '') [handle, suffix] = [suffix, handle];
      }
    }
    if (!isBlankOrEnd(at())) throw syntaxFailure('did not find expected whitespace or line break', pos);
    push({ type: 'tag', handle, suffix, start, end: pos });
  };

  const fetchBlockScalar = (literal: boolean): void => {
    removeSimpleKey();
    simpleKeyAllowed = true;
    const start = pos;
    pos += 1;
    let chomping = '';
    let increment = 0;
    const readChomping = (): void => {
      if (at() === code('+') || at() === DASH) {
        chomping = text[pos]!;
        pos += 1;
      }
    };
    const readIncrement = (): void => {
      if (!isDigit(at())) return;
      if (at() === 48) throw syntaxFailure('found an indentation indicator equal to 0', pos);
      increment = at() - 48;
      pos += 1;
    };
    readChomping();
    readIncrement();
    if (chomping === '') readChomping();
    skipToLineEnd();
    let width = increment > 0 ? Math.max(indent, 0) + increment : 0;
    let end = pos;
    const readBreaks = (): string => {
      let breaks = '';
      let widest = 0;
      for (;;) {
        while ((width === 0 || column() < width) && at() === SPACE) pos += 1;
        widest = Math.max(widest, column());
        if ((width === 0 || column() < width) && at() === TAB) {
          throw syntaxFailure('found a tab character where an indentation space is expected', pos);
        }
        if (!isBreak(at())) break;
        breaks += readLine();
        end = pos;
      }
      if (width === 0) width = Math.max(widest, indent + 1, 1);
      return breaks;
    };
    let trailingBreaks = readBreaks();
    let leadingBreak = '';
    let leadingBlank = false;
    let value = '';
    while (column() === width && !isEnd(at())) {
      const startsBlank = isBlank(at());
      if (!literal && leadingBreak === '\n' && !leadingBlank && !startsBlank) {
        if (trailingBreaks === '') value += ' ';
      } else value += leadingBreak;
      value += trailingBreaks;
      leadingBlank = startsBlank;
      const from = pos;
      while (!isBreakOrEnd(at())) pos += 1;
      value += text.slice(from, pos);
      end = pos;
      leadingBreak = isBreak(at()) ? readLine() : '';
      trailingBreaks = readBreaks();
    }
    if (chomping !== '-') value += leadingBreak;
    if (chomping === '+') value += trailingBreaks;
    push({ type: 'scalar', value, plain: false, start, end });
  };

  const readEscape = (): string => {
    const character = text[pos + 1]!;
    const simple = Object.hasOwn(simpleEscapes, character) ? simpleEscapes[character] : undefined;
    if (simple !== undefined) {
      pos += 2;
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
    pos += 2 + length;
    return String.fromCodePoint(point);
  };
  const fetchFlowScalar = (quote: number): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    const start = pos;
    pos += 1;
    let value = '';
    for (;;) {
      if (atDocumentIndicator('-') || atDocumentIndicator('.')) throw syntaxFailure('found unexpected document indicator', pos, pos + 3);
      if (isEnd(at())) throw syntaxFailure('found unexpected end of stream', start, pos);
      let blanks = '';
      let leadingBreak = '';
      let trailingBreaks = '';
      let folded = false;
      let from = pos;
      while (!isBlankOrEnd(at())) {
        const c = at();
        if (quote === APOSTROPHE && c === APOSTROPHE && at(1) === APOSTROPHE) {
          value += text.slice(from, pos + 1);
          pos += 2;
          from = pos;
        } else if (c === quote) break;
        else if (quote === QUOTE && c === BACKSLASH) {
          value += text.slice(from, pos);
          if (isBreak(at(1))) {
            pos += 1;
            skipLine();
            folded = true;
            from = pos;
            break;
          }
          value += readEscape();
          from = pos;
        } else pos += 1;
      }
      value += text.slice(from, pos);
      if (at() === quote) break;
      while (isBlank(at()) || isBreak(at())) {
        if (isBlank(at())) {
          if (!folded) blanks += text[pos];
          pos += 1;
        } else if (folded) trailingBreaks += readLine();
        else {
          blanks = '';
          leadingBreak = readLine();
          folded = true;
        }
      }
      if (!folded) value += blanks;
      else if (leadingBreak === '\n') value += trailingBreaks === '' ? ' ' : trailingBreaks;
      else value += leadingBreak + trailingBreaks;
    }
    pos += 1;
    push({ type: 'scalar', value, plain: false, start, end: pos });
  };

  const fetchPlainScalar = (): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    const start = pos;
    const width = indent + 1;
    let end = pos;
    let value = '';
    let blanks = '';
    let leadingBreak = '';
    let trailingBreaks = '';
    let folded = false;
    for (;;) {
      if (atDocumentIndicator('-') || atDocumentIndicator('.')) break;
      if (at() === HASH) break;
      const from = pos;
      while (!isBlankOrEnd(at())) {
        if ((at() === COLON && isBlankOrEnd(at(1))) || (flowLevel > 0 && flowIndicators.has(at()))) break;
        pos += 1;
      }
      if (pos > from) {
        if (!folded) value += blanks;
        else if (leadingBreak === '\n') value += trailingBreaks === '' ? ' ' : trailingBreaks;
        else value += leadingBreak + trailingBreaks;
        if (folded) {
          folded = false;
          leadingBreak = '';
          trailingBreaks = '';
        }
        blanks = '';
        value += text.slice(from, pos);
        end = pos;
      }
      if (!isBlank(at()) && !isBreak(at())) break;
      while (isBlank(at()) || isBreak(at())) {
        if (isBlank(at())) {
          if (folded && column() < width && at() === TAB) throw syntaxFailure('found a tab character that violates indentation', pos);
          if (!folded) blanks += text[pos];
          pos += 1;
        } else if (folded) trailingBreaks += readLine();
        else {
          blanks = '';
          leadingBreak = readLine();
          folded = true;
        }
      }
      if (flowLevel === 0 && column() < width) break;
    }
    push({ type: 'scalar', value, plain: true, start, end });
    if (folded) simpleKeyAllowed = true;
  };

  const fetchNextToken = (): unknown => {
    scanToNextToken();
    unrollIndent(column());
    const c = at();
    if (isEnd(c)) return fetchStreamEnd();
    if (column() === 0 && c === code('%')) return fetchDirective();
    if (atDocumentIndicator('-')) return fetchDocumentIndicator('documentStart');
    if (atDocumentIndicator('.')) return fetchDocumentIndicator('documentEnd');
    const next = at(1);
    switch (text[pos]) {
      case '[':
        return fetchFlowStart('flowSequenceStart');
      case '{':
        return fetchFlowStart('flowMappingStart');
      case ']':
        return fetchFlowEnd('flowSequenceEnd');
      case '}':
        return fetchFlowEnd('flowMappingEnd');
      case ',':
        return fetchFlowEntry();
      case '-':
        if (isBlankOrEnd(next)) return fetchBlockEntry();
        return fetchPlainScalar();
      case '?':
        return flowLevel > 0 || isBlankOrEnd(next) ? fetchKey() : fetchPlainScalar();
      case ':':
        return flowLevel > 0 || isBlankOrEnd(next) ? fetchValue() : fetchPlainScalar();
      case '*':
        return fetchAnchor('alias');
      case '&':
        return fetchAnchor('anchor');
      case '!':
        return fetchTag();
      case "'":
        return fetchFlowScalar(APOSTROPHE);
      case '"':
        return fetchFlowScalar(QUOTE);
      case '|':
      case '>':
        if (flowLevel === 0) return fetchBlockScalar(c === code('|'));
    }
    if (isBlankOrEnd(c) || indicators.has(c)) throw syntaxFailure('found character that cannot start any token', pos);
    return fetchPlainScalar();
  };

  const needsMore = (): boolean => {
    if (head === tokens.length) return true;
    const key = keyByToken.get(tokensParsed);
    return key !== undefined && isValidKey(key);
  };

  return {
    peek: () => {
      while (!ended && needsMore()) fetchNextToken();
      return tokens[head]!;
    },
    skip: () => {
      tokensParsed += 1;
      head += 1;
      if (head > 1_024) {
        tokens.splice(0, head);
        head = 0;
      }
    },
  };
};
