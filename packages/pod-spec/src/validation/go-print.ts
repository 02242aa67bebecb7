// How Go prints the values that Kubernetes puts into its messages.

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether Go's unicode.IsPrint holds for this one character. */
export const isPrintable = (character: string): boolean => PRINTABLE.test(character);

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0');

const escapeCharacter = (character: string): string => {
  const named = NAMED_ESCAPES[character];
  if (named !== undefined) return named;
  if (isPrintable(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
};

/** The text as Go's `%q` prints it. */
export const goQuote = (text: string): string => `"${Array.from(text, escapeCharacter).join('')}"`;

/** The value as `encoding/json` would print it; 64-bit integers included. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? rawNumber(item) : item))?.replace(RAW_NUMBER, '$1') ?? 'null';

const RAW_MARK = '\u0000int64:';
const RAW_NUMBER = /"\\u0000int64:(-?\d+)"/g;
const rawNumber = (value: bigint): string => `${RAW_MARK}${value}`;

/** How many bytes the text takes as UTF-8, which is what Go's `len` counts. */
export const byteLength = (text: string): number => {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else if (unit >= 0xd800 && unit <= 0xdbff) {
      bytes += 2;
      i++;
    } else bytes += 2;
  }
  return bytes;
};
