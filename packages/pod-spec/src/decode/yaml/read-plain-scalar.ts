import { syntaxFailure } from '../node.js';
import { COLON, flowIndicators, HASH, isBlank, isBlankOrEnd, isBreak, TAB } from './characters.js';
import { at, atDocumentIndicator, column, type YamlCursor } from './cursor.js';
import { foldGap, noGap, readGap } from './read-gap.js';
import type { YamlToken } from './token.js';

/**
 * Reads a scalar without quotes; `indent` is that of the node around it, -1 at the top, and `inFlow` tells whether it is between brackets or
 * braces. Blanks and line breaks behind it are read too, so that the cursor may be on a later line than its end.
 */
export const readPlainScalar = (cursor: YamlCursor, indent: number, inFlow: boolean): YamlToken => {
  const { text } = cursor;
  const start = cursor.pos;
  const width = indent + 1;
  let end = cursor.pos;
  let value = '';
  let gap = noGap();
  const refuseTab = (): void => {
    if (gap.folded && column(cursor) < width && at(cursor) === TAB)
      throw syntaxFailure('found a tab character that violates indentation', cursor.pos);
  };
  for (;;) {
    if (atDocumentIndicator(cursor, '---') || atDocumentIndicator(cursor, '...')) break;
    if (at(cursor) === HASH) break;
    const from = cursor.pos;
    for (let c = at(cursor); !isBlankOrEnd(c); c = at(cursor)) {
      if ((c === COLON && isBlankOrEnd(at(cursor, 1))) || (inFlow && flowIndicators.has(c))) break;
      cursor.pos += 1;
    }
    if (cursor.pos > from) {
      value += foldGap(gap);
      gap = noGap();
      value += text.slice(from, cursor.pos);
      end = cursor.pos;
    }
    if (!isBlank(at(cursor)) && !isBreak(at(cursor))) break;
    readGap(cursor, gap, refuseTab);
    if (!inFlow && column(cursor) < width) break;
  }
  return { type: 'scalar', value, plain: true, start, end };
};
