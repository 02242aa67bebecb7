/** Any JSON value. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

export const isJsonObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Where in a text an offset lies, counted from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export type JsonParse =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly position: TextPosition; readonly message: string };

/** `JSON.parse` that tells line and column of the first fault on every Node version. */
export const parseJson = (text: string): JsonParse => {
  const tooDeep = firstTooDeep(text);
  if (tooDeep !== undefined) return { ok: false, position: positionAt(text, tooDeep), message: `nested deeper than ${MAX_DEPTH} levels` };
  try {
    return { ok: true, value: JSON.parse(text) as JsonValue };
  } catch {
    const offset = firstFault(text);
    const found = offset < text.length ? JSON.stringify(text[offset]) : 'the end of the text';
    return { ok: false, position: positionAt(text, offset), message: `not valid JSON: unexpected ${found}` };
  }
};

/** What nests deeper cannot be written again, and no configuration or result does. */
const MAX_DEPTH = 200;

/** Where brackets outside of texts first nest too deeply. */
const firstTooDeep = (text: string): number | undefined => {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (quoted) {
      if (char === '\\') at += 1;
      else if (char === '"') quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > MAX_DEPTH) return at;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return undefined;
};

const positionAt = (text: string, offset: number): TextPosition => {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
};

const SPACE = /[ \t\n\r]*/y;
// U+007F to U+009F are control characters that JSON allows in strings.
const STRING = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

class Fault {
  constructor(readonly offset: number) {}
}

/** The offset at which a text stops being JSON. */
const firstFault = (text: string): number => {
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match !== null;
  };
  const skipSpace = (): void => void take(SPACE);
  const expect = (ok: boolean): void => {
    if (!ok) throw new Fault(at);
  };
  const literal = (char: string): boolean => {
    skipSpace();
    if (text[at] !== char) return false;
    at += 1;
    return true;
  };
  const members = (close: string, member: () => void): void => {
    if (literal(close)) return;
    do member();
    while (literal(','));
    expect(literal(close));
  };
  const value = (): void => {
    if (literal('{')) {
      members('}', () => {
        skipSpace();
        expect(take(STRING));
        expect(literal(':'));
        value();
      });
    } else if (literal('[')) members(']', value);
    else expect(take(STRING) || take(SCALAR));
  };
  try {
    value();
    skipSpace();
    return at;
  } catch (fault) {
    if (fault instanceof Fault) return fault.offset;
    throw fault;
  }
};
