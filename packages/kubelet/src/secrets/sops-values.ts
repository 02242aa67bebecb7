import { createDecipheriv } from 'node:crypto';

/** A value as SOPS writes it. */
const SEALED = /^ENC\[AES256_GCM,data:([A-Za-z0-9+/=]*),iv:([A-Za-z0-9+/=]+),tag:([A-Za-z0-9+/=]+),type:(\w+)\]$/;

export interface OpenedValue {
  readonly type: string;
  /** What was encrypted, as bytes. */
  readonly bytes: Buffer;
}

export const isSealed = (text: string): boolean => SEALED.test(text);

/**
 * The value in a text that `isSealed`. Its place in the document is part of what is authenticated, so that it can't be moved.
 * @throws Error for one that was changed, or was encrypted for another place or by another key
 */
export const openValue = (text: string, key: Uint8Array, place: string): OpenedValue => {
  const [, data = '', iv = '', tag = '', type = ''] = SEALED.exec(text) ?? [];
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(iv, 'base64'), { authTagLength: 16 });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(Buffer.from(tag, 'base64'));
  return { type, bytes: Buffer.concat([decipher.update(Buffer.from(data, 'base64')), decipher.final()]) };
};

/** What stands in YAML for an opened value, on one line; undefined for a type that manifests do not have. */
export const yamlOf = ({ type, bytes }: OpenedValue): string | undefined => {
  const text = bytes.toString();
  switch (type) {
    case 'str':
      return JSON.stringify(text);
    case 'int':
    case 'float':
      return /^[-+.\w]+$/.test(text) ? text : undefined;
    case 'bool':
      return text === 'True' || text === 'False' ? text.toLowerCase() : undefined;
    default:
      return undefined;
  }
};

/** More than any number of 64 bits has, in any notation. */
const MAX_NUMBER_CHARACTERS = 400;

/** What SOPS counts into its checksum for a plain scalar in clear; undefined for null, which it leaves out. YAML as Go's library reads it. */
export const plainBytes = (source: string): string | undefined => {
  // No number that fits anywhere; to make one of it takes longer than its text does to read.
  if (source.length > MAX_NUMBER_CHARACTERS) return source;
  if (/^(?:~|null|Null|NULL|)$/.test(source)) return undefined;
  if (/^(?:true|True|TRUE)$/.test(source)) return 'True';
  if (/^(?:false|False|FALSE)$/.test(source)) return 'False';
  const [, sign = '', digits = ''] = /^([-+]?)(\d[\w]*)$/.exec(source.replaceAll('_', '')) ?? [];
  const marked = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const integer = marked.replace(/^0([XOB])/, (_all, letter: string) => `0${letter.toLowerCase()}`);
  if (/^(?:\d+|0x[\da-f]+|0o[0-7]+|0b[01]+)$/i.test(integer)) return `${sign === '-' ? '-' : ''}${BigInt(integer)}`.replace(/^-0$/, '0');
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(source)) return withoutExponent(Number(source));
  return source;
};

/** A number with all of its digits. */
const withoutExponent = (value: number): string => {
  const text = String(value);
  const [, sign = '', whole = '', fraction = '', exponent = ''] = /^(-?)(\d+)(?:\.(\d+))?(?:e([-+]\d+))?$/.exec(text) ?? [];
  if (exponent === '') return text;
  const digits = `${whole}${fraction}`;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits}${'0'.repeat(point - digits.length)}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};
