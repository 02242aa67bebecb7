import { syntaxFailure } from '../node.js';
import { APOSTROPHE, code, indicators, isBlankOrEnd, isBreak, isEnd, QUOTE, SPACE, TAB } from './characters.js';
import { at, atDocumentIndicator, column, readWord, skipComment, skipLine, yamlCursor } from './cursor.js';
import { readBlockScalar } from './read-block-scalar.js';
import { readDirective } from './read-directive.js';
import { readPlainScalar } from './read-plain-scalar.js';
import { readQuotedScalar } from './read-quoted-scalar.js';
import { readTag } from './read-tag.js';
import { createSimpleKeys } from './simple-keys.js';
import type { YamlToken } from './token.js';

export interface YamlScanner {
  peek(): YamlToken;
  skip(): void;
}

export const maxDepth = 10_000;

/** Tells the tokens of a text without NUL, which stands for the end here. `lineStartLoss`: up to that offset each line loses its first character (see YamlSource). */
export const createYamlScanner = (source: string, lineStartLoss = 0): YamlScanner => {
  const cursor = yamlCursor(source);
  const tokens: YamlToken[] = [];
  let head = 0;
  let tokensParsed = 0;
  let indent = -1;
  const indents: number[] = [];
  let flowLevel = 0;
  let simpleKeyAllowed = true;
  const simpleKeys = createSimpleKeys(cursor);
  let ended = false;

  const push = (token: YamlToken): void => void tokens.push(token);
  const insert = (tokenNumber: number, token: YamlToken): void => void tokens.splice(head + tokenNumber - tokensParsed, 0, token);
  const mark = (type: 'blockEnd' | 'streamEnd'): YamlToken => ({ type, start: cursor.pos, end: cursor.pos });

  const saveSimpleKey = (): void => {
    if (!simpleKeyAllowed) return;
    simpleKeys.save(tokensParsed + (tokens.length - head), flowLevel === 0 && indent === column(cursor));
  };
  const rollIndent = (to: number, tokenNumber: number, type: 'blockSequenceStart' | 'blockMappingStart', start: number): void => {
    if (flowLevel > 0 || indent >= to) return;
    indents.push(indent);
    indent = to;
    if (indents.length > maxDepth) throw syntaxFailure(`exceeded max depth of ${maxDepth}`, cursor.pos);
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
      if (column(cursor) === 0 && cursor.pos < lineStartLoss && !isEnd(at(cursor))) cursor.pos += 1;
      while (at(cursor) === SPACE || ((flowLevel > 0 || !simpleKeyAllowed) && at(cursor) === TAB)) cursor.pos += 1;
      skipComment(cursor);
      if (!isBreak(at(cursor))) return;
      skipLine(cursor);
      if (flowLevel === 0) simpleKeyAllowed = true;
    }
  };

  /** Ends everything that is open: what begins or ends a document. */
  const closeAll = (): void => {
    unrollIndent(-1);
    simpleKeys.remove();
    simpleKeyAllowed = false;
  };
  const fetchStreamEnd = (): void => {
    if (column(cursor) !== 0) {
      cursor.lineStart = cursor.pos;
      cursor.line += 1;
    }
    closeAll();
    push(mark('streamEnd'));
    ended = true;
  };

  const fetchDirective = (): void => {
    closeAll();
    push(readDirective(cursor));
  };
  const fetchDocumentIndicator = (type: 'documentStart' | 'documentEnd'): void => {
    closeAll();
    push({ type, start: cursor.pos, end: cursor.pos + 3 });
    cursor.pos += 3;
  };

  const pushCharacter = (
    type: YamlToken['type'] & ('flowSequenceStart' | 'flowMappingEnd' | 'blockEntry' | 'flowEntry' | 'key' | 'value'),
  ): void => {
    push({ type, start: cursor.pos, end: cursor.pos + 1 });
    cursor.pos += 1;
  };
  const fetchFlowStart = (type: 'flowSequenceStart' | 'flowMappingStart'): void => {
    saveSimpleKey();
    simpleKeys.openFlow();
    flowLevel += 1;
    if (flowLevel > maxDepth) throw syntaxFailure(`exceeded max depth of ${maxDepth}`, cursor.pos);
    simpleKeyAllowed = true;
    pushCharacter(type as 'flowSequenceStart');
  };
  const fetchFlowEnd = (type: 'flowSequenceEnd' | 'flowMappingEnd'): void => {
    simpleKeys.remove();
    if (flowLevel > 0) {
      flowLevel -= 1;
      simpleKeys.closeFlow();
    }
    simpleKeyAllowed = false;
    pushCharacter(type as 'flowMappingEnd');
  };
  const fetchFlowEntry = (): void => {
    simpleKeys.remove();
    simpleKeyAllowed = true;
    pushCharacter('flowEntry');
  };
  const fetchBlockEntry = (): void => {
    if (flowLevel === 0) {
      if (!simpleKeyAllowed) throw syntaxFailure('block sequence entries are not allowed in this context', cursor.pos);
      rollIndent(column(cursor), -1, 'blockSequenceStart', cursor.pos);
    }
    simpleKeys.remove();
    simpleKeyAllowed = true;
    pushCharacter('blockEntry');
  };
  const fetchKey = (): void => {
    if (flowLevel === 0) {
      if (!simpleKeyAllowed) throw syntaxFailure('mapping keys are not allowed in this context', cursor.pos);
      rollIndent(column(cursor), -1, 'blockMappingStart', cursor.pos);
    }
    simpleKeys.remove();
    simpleKeyAllowed = flowLevel === 0;
    pushCharacter('key');
  };
  const fetchValue = (): void => {
    const key = simpleKeys.take();
    if (key !== undefined) {
      insert(key.tokenNumber, { type: 'key', start: key.start, end: key.start });
      rollIndent(key.column, key.tokenNumber, 'blockMappingStart', key.start);
      simpleKeyAllowed = false;
    } else {
      if (flowLevel === 0) {
        if (!simpleKeyAllowed) throw syntaxFailure('mapping values are not allowed in this context', cursor.pos);
        rollIndent(column(cursor), -1, 'blockMappingStart', cursor.pos);
      }
      simpleKeyAllowed = flowLevel === 0;
    }
    pushCharacter('value');
  };

  const fetchAnchor = (type: 'alias' | 'anchor'): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    const start = cursor.pos;
    cursor.pos += 1;
    const name = readWord(cursor);
    if (name === '' || !(isBlankOrEnd(at(cursor)) || '?:,]}%@`'.includes(cursor.text[cursor.pos]!))) {
      throw syntaxFailure('did not find expected alphabetic or numeric character', cursor.pos);
    }
    push({ type, name, start, end: cursor.pos });
  };
  const fetchTag = (): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    push(readTag(cursor));
  };

  const fetchBlockScalar = (literal: boolean): void => {
    simpleKeys.remove();
    simpleKeyAllowed = true;
    push(readBlockScalar(cursor, indent, literal));
  };
  const fetchQuotedScalar = (quote: number): void => {
    saveSimpleKey();
    simpleKeyAllowed = false;
    push(readQuotedScalar(cursor, quote));
  };
  const fetchPlainScalar = (): void => {
    saveSimpleKey();
    const token = readPlainScalar(cursor, indent, flowLevel > 0);
    push(token);
    simpleKeyAllowed = cursor.lineStart > token.end;
  };

  const fetchNextToken = (): unknown => {
    scanToNextToken();
    unrollIndent(column(cursor));
    const c = at(cursor);
    if (isEnd(c)) return fetchStreamEnd();
    if (column(cursor) === 0 && c === code('%')) return fetchDirective();
    if (atDocumentIndicator(cursor, '---')) return fetchDocumentIndicator('documentStart');
    if (atDocumentIndicator(cursor, '...')) return fetchDocumentIndicator('documentEnd');
    const next = at(cursor, 1);
    switch (cursor.text[cursor.pos]) {
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
        return fetchQuotedScalar(APOSTROPHE);
      case '"':
        return fetchQuotedScalar(QUOTE);
      case '|':
      case '>':
        if (flowLevel === 0) return fetchBlockScalar(c === code('|'));
    }
    if (isBlankOrEnd(c) || indicators.has(c)) throw syntaxFailure('found character that cannot start any token', cursor.pos);
    return fetchPlainScalar();
  };

  const needsMore = (): boolean => head === tokens.length || simpleKeys.mayBegin(tokensParsed);

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
