import { MAX_DEPTH, setOwn } from './json-value.js';
import { formatScalar, RawScalar } from './raw-scalar.js';

/** A JSON text as it was read, or why it was not. */
export type DecodedJson =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** Paths of fields that are given twice (`metadata.name`, `[0].op`), each once. The last one counts. */
      readonly duplicates: readonly string[];
    }
  | {
      readonly ok: false;
      /** In the words of Go's encoding/json, which clients see. */
      readonly message: string;
    };

export interface DecodeJsonOptions {
  /** Whether scalars whose text Go would write otherwise are kept as `RawScalar`. Default false. */
  readonly keepRaw?: boolean;
}

class SyntaxFault extends Error {}

interface Reader {
  readonly text: string;
  readonly keepRaw: boolean;
  readonly duplicates: Set<string>;
  at: number;
}

/** A character as Go's errors quote it. Go reads bytes, so of what is beyond ASCII it shows the first byte of the UTF-8 form. */
const quote = (text: string, at: number): string => {
  const point = text.codePointAt(at) ?? 0;
  if (point === 0x27) return "'\\''";
  if (point === 0x22) return "'\"'";
  if (point < 0x20 || point === 0x5c) {
    const short: Readonly<Record<number, string>> = { 7: 'a', 8: 'b', 9: 't', 10: 'n', 11: 'v', 12: 'f', 13: 'r', 92: '\\' };
    return short[point] === undefined ? `'\\x${point.toString(16).padStart(2, '0')}'` : `'\\${short[point]}'`;
  }
  if (point === 0x7f) return "'\\x7f'";
  if (point < 0x80) return `'${String.fromCharCode(point)}'`;
  const lead = point < 0x8_00 ? 0xc0 | (point >> 6) : point < 0x1_00_00 ? 0xe0 | (point >> 12) : 0xf0 | (point >> 18);
  return `'${String.fromCharCode(lead)}'`;
};

const fault = ({ text, at }: Reader, where: string): SyntaxFault =>
  new SyntaxFault(at >= text.length ? 'unexpected end of JSON input' : `invalid character ${quote(text, at)} ${where}`);

const skipBlanks = (reader: Reader): void => {
  for (;;) {
    const code = reader.text.charCodeAt(reader.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    reader.at += 1;
  }
};

const readWord = (reader: Reader, word: string, value: unknown): unknown => {
  for (let index = 1; index < word.length; index += 1) {
    reader.at += 1;
    if (reader.text[reader.at] !== word[index]) throw fault(reader, `in literal ${word} (expecting '${word[index]}')`);
  }
  reader.at += 1;
  return value;
};

const isDigit = (character: string | undefined): boolean => character !== undefined && character >= '0' && character <= '9';

const skipDigits = (reader: Reader, where: string): void => {
  if (!isDigit(reader.text[reader.at])) throw fault(reader, where);
  while (isDigit(reader.text[reader.at])) reader.at += 1;
};

const readNumber = (reader: Reader): unknown => {
  const start = reader.at;
  if (reader.text[reader.at] === '-') reader.at += 1;
  if (reader.text[reader.at] === '0') reader.at += 1;
  else skipDigits(reader, 'in numeric literal');
  if (reader.text[reader.at] === '.') {
    reader.at += 1;
    skipDigits(reader, 'after decimal point in numeric literal');
  }
  if (reader.text[reader.at] === 'e' || reader.text[reader.at] === 'E') {
    reader.at += 1;
    if (reader.text[reader.at] === '+' || reader.text[reader.at] === '-') reader.at += 1;
    skipDigits(reader, 'in exponent of numeric literal');
  }
  const raw = reader.text.slice(start, reader.at);
  const value = Number(raw);
  return reader.keepRaw && raw !== String(value) ? new RawScalar(raw, value) : value;
};

const skipEscape = (reader: Reader): void => {
  const character = reader.text[reader.at] ?? '';
  if (character === 'u') {
    for (let digit = 0; digit < 4; digit += 1) {
      reader.at += 1;
      if (!/^[\da-fA-F]$/.test(reader.text[reader.at] ?? '')) throw fault(reader, 'in \\u hexadecimal character escape');
    }
  } else if (character === '' || !'"\\/bfnrt'.includes(character)) throw fault(reader, 'in string escape code');
  reader.at += 1;
};

/** Stands at the opening quote, and then behind the closing one. */
const readText = (reader: Reader): { readonly raw: string; readonly value: string } => {
  const start = reader.at;
  let plain = true;
  reader.at += 1;
  for (;;) {
    const code = reader.text.charCodeAt(reader.at);
    if (code === 0x22) break;
    if (!(code >= 0x20)) throw fault(reader, 'in string literal');
    reader.at += 1;
    if (code === 0x5c) {
      plain = false;
      skipEscape(reader);
    }
  }
  reader.at += 1;
  const raw = reader.text.slice(start, reader.at);
  return { raw, value: plain ? raw.slice(1, -1) : (JSON.parse(raw) as string) };
};

const readString = (reader: Reader): unknown => {
  const { raw, value } = readText(reader);
  return reader.keepRaw && raw !== formatScalar(value) ? new RawScalar(raw, value) : value;
};

const readList = (reader: Reader, path: string, depth: number): unknown => {
  const list: unknown[] = [];
  reader.at += 1;
  skipBlanks(reader);
  if (reader.text[reader.at] === ']') reader.at += 1;
  else {
    for (;;) {
      list.push(readValue(reader, `${path}[${list.length}]`, depth + 1));
      skipBlanks(reader);
      const character = reader.text[reader.at];
      if (character !== ',' && character !== ']') throw fault(reader, 'after array element');
      reader.at += 1;
      if (character === ']') break;
    }
  }
  return list;
};

const readMap = (reader: Reader, path: string, depth: number): unknown => {
  const map: { [key: string]: unknown } = {};
  reader.at += 1;
  skipBlanks(reader);
  if (reader.text[reader.at] === '}') {
    reader.at += 1;
    return map;
  }
  for (;;) {
    skipBlanks(reader);
    if (reader.text[reader.at] !== '"') throw fault(reader, 'looking for beginning of object key string');
    const key = readText(reader).value;
    const place = path === '' ? key : `${path}.${key}`;
    if (Object.hasOwn(map, key)) reader.duplicates.add(place);
    skipBlanks(reader);
    if (reader.text[reader.at] !== ':') throw fault(reader, 'after object key');
    reader.at += 1;
    setOwn(map, key, readValue(reader, place, depth + 1));
    skipBlanks(reader);
    const character = reader.text[reader.at];
    if (character !== ',' && character !== '}') throw fault(reader, 'after object key:value pair');
    reader.at += 1;
    if (character === '}') return map;
  }
};

function readValue(reader: Reader, path: string, depth: number): unknown {
  skipBlanks(reader);
  if (depth > MAX_DEPTH) throw new SyntaxFault('exceeded max depth');
  const character = reader.text[reader.at];
  if (character === '{') return readMap(reader, path, depth);
  if (character === '[') return readList(reader, path, depth);
  if (character === '"') return readString(reader);
  if (character === 't') return readWord(reader, 'true', true);
  if (character === 'f') return readWord(reader, 'false', false);
  if (character === 'n') return readWord(reader, 'null', null);
  if (character === '-' || isDigit(character)) return readNumber(reader);
  throw fault(reader, 'looking for beginning of value');
}

/** Reads a JSON text as an API server does: fields given twice are told, and errors have Go's words. */
export const decodeJson = (text: string, { keepRaw = false }: DecodeJsonOptions = {}): DecodedJson => {
  const reader: Reader = { text, keepRaw, duplicates: new Set(), at: 0 };
  try {
    const value = readValue(reader, '', 0);
    skipBlanks(reader);
    if (reader.at < text.length) throw fault(reader, 'after top-level value');
    return { ok: true, value, duplicates: [...reader.duplicates] };
  } catch (error) {
    if (error instanceof SyntaxFault) return { ok: false, message: error.message };
    throw error;
  }
};
