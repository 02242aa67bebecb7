import { MAX_JSON_LEVELS } from '@solo-kubelet/diagnostics/nesting';
import { goQuote } from './go-print.js';

const END = 'unexpected end of JSON input';
/** The words of Go's `encoding/json` for the first thing that makes a text no JSON; undefined if it is JSON. Far fewer levels than Go's 10,000 are too many. */
export const goJsonError = (text: string): string | undefined => {
  let at = 0;
  let depth = 0;
  const skipSpace = (): void => {
    while (' \t\r\n'.includes(text[at] ?? 'x')) at++;
  };
  const bad = (place: string): string => (at >= text.length ? END : `invalid character ${quoteByte(text.codePointAt(at)!)} ${place}`);
  /** Takes a character of this kind, or tells what stands there instead. */
  const take = (kind: RegExp, place: string): string | undefined => {
    if (!kind.test(text[at] ?? '')) return bad(place);
    at++;
    return undefined;
  };
  const scanLiteral = (word: string): string | undefined => {
    for (const letter of word) {
      if (text[at] !== letter) return bad(`in literal ${word} (expecting '${letter}')`);
      at++;
    }
    return undefined;
  };
  const scanString = (): string | undefined => {
    for (at++; text[at] !== '"'; at++) {
      if (at >= text.length || text[at]! < ' ') return bad('in string literal');
      if (text[at] !== '\\') continue;
      at++;
      if (!/["\\/bfnrtu]/.test(text[at] ?? '')) return bad('in string escape code');
      for (let digits = text[at] === 'u' ? 4 : 0; digits > 0; digits--) {
        at++;
        if (!/[0-9a-fA-F]/.test(text[at] ?? '')) return bad('in \\u hexadecimal character escape');
      }
    }
    at++;
    return undefined;
  };
  const scanDigits = (): void => {
    while (/\d/.test(text[at] ?? '')) at++;
  };
  const scanNumber = (): string | undefined => {
    if (text[at] === '-') at++;
    if (!/\d/.test(text[at] ?? '')) return bad('in numeric literal');
    if (text[at] === '0') at++;
    else scanDigits();
    if (text[at] === '.') {
      at++;
      if (!/\d/.test(text[at] ?? '')) return bad('after decimal point in numeric literal');
      scanDigits();
    }
    if (/[eE]/.test(text[at] ?? '')) {
      at++;
      if (/[+-]/.test(text[at] ?? '')) at++;
      if (!/\d/.test(text[at] ?? '')) return bad('in exponent of numeric literal');
      scanDigits();
    }
    return undefined;
  };
  const scanMember = (): string | undefined => {
    skipSpace();
    if (text[at] !== '"') return bad('looking for beginning of object key string');
    const keyError = scanString();
    if (keyError !== undefined) return keyError;
    skipSpace();
    return take(/:/, 'after object key') ?? scanValue();
  };
  const scanList = (close: string, scanItem: () => string | undefined, after: string): string | undefined => {
    if (++depth > MAX_JSON_LEVELS) return 'exceeded max depth';
    at++;
    skipSpace();
    let isFirst = true;
    while (text[at] !== close || !isFirst) {
      const itemError = scanItem();
      if (itemError !== undefined) return itemError;
      skipSpace();
      if (text[at] === close) break;
      const separatorError = take(/,/, after);
      if (separatorError !== undefined) return separatorError;
      isFirst = false;
    }
    at++;
    depth--;
    return undefined;
  };
  const scanValue = (): string | undefined => {
    skipSpace();
    const first = text[at] ?? '';
    if (first === '{') return scanList('}', scanMember, 'after object key:value pair');
    if (first === '[') return scanList(']', scanValue, 'after array element');
    if (first === '"') return scanString();
    if (/[-0-9]/.test(first)) return scanNumber();
    const word = ['true', 'false', 'null'].find((candidate) => candidate[0] === first);
    return word === undefined ? bad('looking for beginning of value') : scanLiteral(word);
  };
  const valueError = scanValue();
  skipSpace();
  return valueError ?? (at < text.length ? bad('after top-level value') : undefined);
};

/** Go looks at bytes: of a character beyond ASCII it prints the first byte of its UTF-8 form, as a character of its own. */
export const quoteByte = (code: number): string => {
  const lead = code < 0x80 ? code : code < 0x800 ? 0xc0 | (code >> 6) : code < 0x10000 ? 0xe0 | (code >> 12) : 0xf0 | (code >> 18);
  if (lead === 0x27) return "'\\''";
  return lead === 0x22 ? `'"'` : `'${goQuote(String.fromCodePoint(lead)).slice(1, -1)}'`;
};
