/** A word, a symbol or the end of a selector's text. `in` and `notin` are words that may also be operators. */
export interface SelectorToken {
  readonly type: 'word' | 'symbol' | 'end';
  readonly text: string;
}

const SPACES = new Set([' ', '\t', '\r', '\n']);
const SPECIALS = new Set(['=', '!', '(', ')', ',', '>', '<']);
/** Upstream's reader takes a zero byte for the end of what it reads. */
const NUL = '\0';

/** Splits a label selector as upstream's Lexer does (apimachinery/pkg/labels/selector.go). The last token is the end. */
export const selectorTokens = (text: string): readonly SelectorToken[] => {
  const tokens: SelectorToken[] = [];
  let position = 0;
  const peek = (): string => text[position] ?? NUL;
  while (SPACES.has(peek())) position += 1;
  while (peek() !== NUL) {
    if (SPECIALS.has(peek())) {
      const pair = text.slice(position, position + 2);
      const symbol = pair === '==' || pair === '!=' ? pair : peek();
      tokens.push({ type: 'symbol', text: symbol });
      position += symbol.length;
    } else {
      const start = position;
      while (peek() !== NUL && !SPECIALS.has(peek()) && !SPACES.has(peek())) position += 1;
      tokens.push({ type: 'word', text: text.slice(start, position) });
      if (position < text.length && peek() === NUL) position += 1;
    }
    while (SPACES.has(peek())) position += 1;
  }
  return [...tokens, { type: 'end', text: '' }];
};
