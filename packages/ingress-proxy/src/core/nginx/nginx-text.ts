// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\0-\x08\n-\x1f\x7f]/;

/** Whether a text has characters that no word of a configuration has, nor a header of a request. A tab is none of them. */
export const hasControls = (text: string): boolean => CONTROL.test(text);

/** A text as a word of nginx' configuration. It may still name variables with `$`: texts of users are `literal`s. @throws Error for characters that no word has */
export const quoted = (text: string): string => {
  if (hasControls(text)) throw new Error('unreachable: an unchecked text of a manifest');
  const word = `"${text.replace(/[\\"]/g, '\\$&').replaceAll('\t', '\\t')}"`;
  if (word.length > MOST_WORD) throw new Error('unreachable: a word that is too long for nginx');
  return word;
};

/** nginx reads words of fewer than 4096 bytes. */
const MOST_WORD = 4_000;

/** Every character one byte of UTF-8: files are written as latin1. */
export const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** The bytes of a text in an expression, so that none of them means anything. */
export const escapedPattern = (bytes: string): string =>
  [...bytes].map((byte) => (/[A-Za-z0-9]/.test(byte) ? byte : `\\x${hexOf(byte)}`)).join('');

export const hexOf = (byte: string): string => byte.charCodeAt(0).toString(16).padStart(2, '0');

/** Half of a word, in which each byte may need two. */
const LITERAL_PIECE = 1_900;
/** Longer ones are variables though they mean nothing: words are made of several. */
const LONGEST_INLINE = 200;
/** Of expressions in one word: with another of that length there is room yet. */
const LONGEST_JOINED = 1_000;

/** Variables of a configuration: their names, and the lines that make them. */
export interface NginxVariables {
  /** Lines that define variables, in order. */
  readonly lines: string[];
  /** An expression for bytes in which nothing is looked for, above all no `$`; the same bytes have the same one. */
  literal(bytes: string): string;
  /** The same, as variables always: where nginx would do something with a word that has none. */
  constant(bytes: string): string;
  /** Expressions one after the other, as one that fits into a word whatever their number is. */
  joined(expressions: readonly string[]): string;
  /** A `map` from an expression to what fits first of the entries, by a key that stands for all of it: made once. Resolves to the variable's name, with `$`. */
  map(source: string, entries: readonly (readonly [key: string, value: string])[]): string;
  /** A name that nobody has, without `$`. */
  fresh(): string;
  readonly count: number;
}

export const createNginxVariables = (): NginxVariables => {
  const lines: string[] = [];
  const known = new Map<string, string>();
  let count = 0;
  const fresh = (): string => `solo_${++count}`;
  const once = (key: string, make: (name: string) => readonly string[]): string => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const name = fresh();
    lines.push(...make(name));
    known.set(key, `\${${name}}`);
    return `\${${name}}`;
  };
  const map: NginxVariables['map'] = (source, entries) =>
    once(`map ${source} ${JSON.stringify(entries)}`, (name) => [
      `    map ${source} $${name} {`,
      ...entries.map(([key, value]) => `        ${key} ${value};`),
      '    }',
    ]);
  // `geo` is what takes a value as it stands.
  const constant = (bytes: string): string => {
    let expression = '';
    for (let at = 0; at < bytes.length; at += LITERAL_PIECE) {
      const piece = bytes.slice(at, at + LITERAL_PIECE);
      expression += once(`literal ${piece}`, (name) => [`    geo $${name} {`, `        default ${quoted(piece)};`, '    }']);
    }
    return expression;
  };
  return {
    lines,
    fresh,
    get count() {
      return count;
    },
    literal: (bytes) => (bytes.length <= LONGEST_INLINE && isPlain(bytes) ? bytes : constant(bytes)),
    constant,
    joined: (expressions) => {
      let all = '';
      for (const each of expressions) {
        if (all !== '' && all.length + each.length > LONGEST_JOINED) all = map('$request_method', [['default', quoted(all)]]);
        all += each;
      }
      return all;
    },
    map,
  };
};

/** Means nothing anywhere. */
const isPlain = (text: string): boolean => /^[A-Za-z0-9/:._-]*$/.test(text);
