import { syntaxFailure } from '../node.js';

/** What a YAML scalar stands for. A number keeps whether it is a float, because Kubernetes prints those otherwise as map keys. */
export type YamlValue =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string };

const words = new Map<string, YamlValue>();
const addWords = (value: YamlValue, spellings: string): void => {
  for (const spelling of spellings.split(' ')) words.set(spelling, value);
};
addWords({ type: 'boolean', value: true }, 'y Y yes Yes YES true True TRUE on On ON');
addWords({ type: 'boolean', value: false }, 'n N no No NO false False FALSE off Off OFF');
addWords({ type: 'null' }, '~ null Null NULL');
words.set('', { type: 'null' });
addWords({ type: 'float', value: Number.NaN }, '.nan .NaN .NAN');
addWords({ type: 'float', value: Number.POSITIVE_INFINITY }, '.inf .Inf .INF +.inf +.Inf +.INF');
addWords({ type: 'float', value: Number.NEGATIVE_INFINITY }, '-.inf -.Inf -.INF');

const mayBeWord = /^[yYnNtTfFoO~.+-]/;
const mayBeNumber = /^[+\-0-9]/;
const floatForm = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const dotFloatForm = /^\.[0-9]+([eE][-+]?[0-9]+)?$/;
const intForm = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|0[0-7]*|[1-9][0-9]*)$/;
const int64Min = -(2n ** 63n);
const uint64Max = 2n ** 64n - 1n;

/** No number of 64 bits has more digits, zeros in front aside. */
const maxIntLength = 64;

const readInt = (plain: string): bigint | undefined => {
  const match = intForm.exec(plain);
  if (match === null) return undefined;
  const [, sign = '', digits = ''] = match;
  if (digits.length > maxIntLength && /^0?[bBoOxX]?0*/.exec(digits)![0].length < digits.length - maxIntLength) return undefined;
  const octal = /^0[0-7]+$/.test(digits);
  const magnitude = BigInt(octal ? `0o${digits.slice(1)}` : digits.toLowerCase());
  const value = sign === '-' ? -magnitude : magnitude;
  if (value < int64Min || value > uint64Max) return undefined;
  // Beyond 63 bits only unsigned numbers are read, and those have no sign.
  return value >= 2n ** 63n && sign !== '' ? undefined : value;
};

const readFloat = (plain: string): YamlValue | undefined => {
  const value = Number(plain);
  return Number.isFinite(value) ? { type: 'float', value } : undefined;
};

/** Reads a plain scalar as Kubernetes' YAML library: YAML 1.1 words and octals, no base 60, dates stay text. */
const readPlain = (text: string): YamlValue => {
  if (text === '') return { type: 'null' };
  if (!mayBeWord.test(text) && !mayBeNumber.test(text)) return { type: 'string', value: text };
  const word = words.get(text);
  if (word !== undefined) return word;
  if (text.startsWith('.')) return (dotFloatForm.test(text) ? readFloat(text) : undefined) ?? { type: 'string', value: text };
  if (!mayBeNumber.test(text)) return { type: 'string', value: text };
  const plain = text.replaceAll('_', '');
  const int = readInt(plain);
  if (int !== undefined) return { type: 'int', value: int };
  return (floatForm.test(plain) ? readFloat(plain) : undefined) ?? { type: 'string', value: text };
};

/** Whether a text stays itself where it stands in YAML without quotes: `on`, `1e3` and the like would be read as something else. */
export const isPlainText = (text: string): boolean => readPlain(text).type === 'string';

const prefix = 'tag:yaml.org,2002:';
const timestampForms = [
  /^(\d{4})-(\d{1,2})-(\d{1,2})$/,
  /^(\d{4})-(\d{1,2})-(\d{1,2})[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[+-]\d{2}:\d{2})$/,
  /^(\d{4})-(\d{1,2})-(\d{1,2}) (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?$/,
];

const isTimestamp = (text: string): boolean =>
  timestampForms.some((form) => {
    const match = form.exec(text);
    if (match === null) return false;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
    const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
    return month >= 1 && month <= 12 && day >= 1 && day <= lastDay && hour < 24 && minute < 60 && second < 60;
  });

const base64Form = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of `!!binary` text, each as a character, or undefined. */
const readBinary = (text: string): string | undefined => {
  const packed = text.replace(/[\r\n]/g, '');
  return base64Form.test(packed) ? atob(packed) : undefined;
};

export interface YamlScalarSource {
  readonly value: string;
  /** Plain, or tagged with a lone `!`. */
  readonly implicit: boolean;
  readonly tag: string;
  readonly start: number;
  readonly end: number;
}

/** Decodes bytes that were read as Latin-1 characters; given from outside so that the same rules count for JSON text. */
export type DecodeBytes = (binary: string) => string;

export const readYamlScalar = ({ value, implicit, tag, start, end }: YamlScalarSource, decodeBytes: DecodeBytes): YamlValue => {
  const name = tag.startsWith(prefix) ? tag.slice(prefix.length) : tag === '' ? '' : undefined;
  if (tag === '' && !implicit) return { type: 'string', value };
  const refuse = (found: string): never => {
    throw syntaxFailure(`cannot decode !!${found} \`${value}\` as a !!${name}`, start, end);
  };
  switch (name) {
    case '':
      return readPlain(value);
    case 'str':
      return { type: 'string', value };
    case 'binary': {
      const binary = readBinary(value);
      if (binary === undefined) throw syntaxFailure('!!binary value contains invalid base64 data', start, end);
      return { type: 'string', value: decodeBytes(binary) };
    }
    case 'timestamp':
      return isTimestamp(value) ? { type: 'string', value } : refuse(shortTag(readPlain(value)));
    case 'bool':
    case 'int':
    case 'float':
    case 'null': {
      const read = readPlain(value);
      const found = shortTag(read);
      if (found === name) return read;
      if (name === 'float' && read.type === 'int' && read.value < 2n ** 63n) return { type: 'float', value: Number(read.value) };
      return refuse(found);
    }
    default:
      return { type: 'string', value };
  }
};

const shortTag = (value: YamlValue): string => (value.type === 'boolean' ? 'bool' : value.type === 'string' ? 'str' : value.type);

/** A float as Go prints it with the shortest digits that tell it from other 32-bit floats (`%g`): how Kubernetes spells float keys. */
export const formatFloatKey = (value: number): string => {
  const narrow = Math.fround(value);
  if (Number.isNaN(narrow)) return '.nan';
  if (!Number.isFinite(narrow)) return narrow > 0 ? '.inf' : '-.inf';
  if (narrow === 0) return Object.is(narrow, -0) ? '-0' : '0';
  let text = narrow.toExponential();
  for (let precision = 0; precision < 9; precision += 1) {
    text = narrow.toExponential(precision);
    if (Math.fround(Number(text)) === narrow) break;
  }
  const [mantissa = '', exponentText = '0'] = text.split('e');
  const exponent = Number(exponentText);
  const negative = mantissa.startsWith('-');
  const digits = mantissa.replace(/[-.]/g, '').replace(/(?<!0)0+$/, '') || '0';
  const sign = negative ? '-' : '';
  if (exponent < -4 || exponent >= 6) {
    const power = `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
    return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ''}e${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
};
