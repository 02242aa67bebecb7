import type { SyntaxProblem } from './node.js';

/** The most a manifest may weigh, bytes: as the kubelet reads of a file or a URL. */
export const maxManifestBytes = 10 * 2 ** 20;

/** The text of a manifest, and in which language it is written. */
export type ManifestText =
  | { readonly language: 'json'; readonly text: string }
  | {
      readonly language: 'yaml';
      readonly text: string;
      /** A byte that cannot be read; `text` ends before the block of input in which Kubernetes' library would stumble over it. */
      readonly problem?: SyntaxProblem;
      /** Lines that start before this offset lose their first character: a second byte order mark confuses Kubernetes' library so. */
      readonly lineStartLoss: number;
    };

/** Bytes that Kubernetes' YAML library takes from its input at a time. */
const blockBytes = 512;
const bom = '\ufeff';
const jsonStart = /^[\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*\{/;
const unreadable = /[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Length of the well-formed UTF-8 sequence at an offset, or 0. */
const sequenceLength = (bytes: Uint8Array, offset: number): number => {
  const lead = bytes[offset]!;
  if (lead < 0x80) return 1;
  const length = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
  for (let i = 1; i < length; i += 1) {
    const next = bytes[offset + i] ?? 0;
    if (next < 0x80 || next > 0xbf) return 0;
  }
  const second = bytes[offset + 1] ?? 0;
  if (lead === 0xe0 && second < 0xa0) return 0;
  if (lead === 0xed && second > 0x9f) return 0;
  if (lead === 0xf0 && second < 0x90) return 0;
  if (lead === 0xf4 && second > 0x8f) return 0;
  return length;
};

const firstBadByte = (bytes: Uint8Array): number => {
  let offset = 0;
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset);
    if (length === 0) return offset;
    offset += length;
  }
  return -1;
};

/** Decodes UTF-8 as Go does: each byte that does not belong becomes one U+FFFD. */
export const decodeUtf8 = (bytes: Uint8Array): string => {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    const parts: string[] = [];
    let from = 0;
    let offset = 0;
    while (offset < bytes.length) {
      const length = sequenceLength(bytes, offset);
      if (length === 0) {
        parts.push(strictUtf8.decode(bytes.subarray(from, offset)), '\ufffd');
        from = offset + 1;
      }
      offset += length || 1;
    }
    parts.push(strictUtf8.decode(bytes.subarray(from)));
    return parts.join('');
  }
};

/** The same for bytes that come as Latin-1 characters. */
export const decodeBinary = (binary: string): string => decodeUtf8(Uint8Array.from(binary, (character) => character.charCodeAt(0)));

const wellFormed = (text: string): boolean => !/[\ud800-\udfff]/u.test(text);

const readUtf16 = (bytes: Uint8Array, littleEndian: boolean): string | undefined => {
  if (bytes.length % 2 !== 0) return undefined;
  const text = new TextDecoder(littleEndian ? 'utf-16le' : 'utf-16be', { ignoreBOM: true }).decode(bytes.subarray(2));
  const units = new DataView(bytes.buffer, bytes.byteOffset + 2);
  let raw = '';
  if (text.includes('\ufffd')) {
    for (let i = 0; i + 1 < units.byteLength && i / 2 < bytes.length; i += 2) raw += String.fromCharCode(units.getUint16(i, littleEndian));
    if (raw.length * 2 > bytes.length - 2) raw = raw.slice(0, (bytes.length - 2) / 2);
    return wellFormed(raw) ? text : undefined;
  }
  return text;
};

const problemAt = (message: string, offset: number): SyntaxProblem => ({ message, start: offset, end: offset + 1 });

/** Checks text for characters that YAML does not have; `byteOffset` tells how many bytes of the input stand before an offset. */
const checkCharacters = (text: string, byteOffset: (offset: number) => number, lineStartLoss: number): ManifestText => {
  const bad = text.search(unreadable);
  if (bad === -1) return { language: 'yaml', text, lineStartLoss };
  const block = Math.floor(byteOffset(bad) / blockBytes) * blockBytes;
  let end = Math.max(0, bad - blockBytes);
  while (end < bad && byteOffset(end) < block) end += 1;
  return { language: 'yaml', text: text.slice(0, end), problem: problemAt('control characters are not allowed', bad), lineStartLoss };
};

const utf8Length = (text: string): number => new TextEncoder().encode(text).length;

const readYamlBytes = (bytes: Uint8Array): ManifestText => {
  const littleEndian = bytes[0] === 0xff && bytes[1] === 0xfe;
  if (littleEndian || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    const text = readUtf16(bytes, littleEndian);
    if (text === undefined) return { language: 'yaml', text: '', problem: problemAt('invalid UTF-16', 0), lineStartLoss: 0 };
    return checkCharacters(text, (offset) => 2 + offset * 2, 0);
  }
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const bad = firstBadByte(bytes);
  const text = decodeUtf8(bad === -1 ? bytes : bytes.subarray(0, bad)).slice(marked ? 1 : 0);
  const shift = marked ? 3 : 0;
  const byteOffset = (offset: number): number => shift + utf8Length(text.slice(0, offset));
  const loss = text.startsWith(bom) ? blockBytes - 4 : 0;
  const checked = checkCharacters(text, byteOffset, loss);
  if (bad === -1 || (checked.language === 'yaml' && checked.problem !== undefined)) return checked;
  const block = Math.floor(bad / blockBytes) * blockBytes;
  let end = Math.max(0, text.length - blockBytes);
  while (end < text.length && byteOffset(end) < block) end += 1;
  return { language: 'yaml', text: text.slice(0, end), problem: problemAt('invalid UTF-8', text.length), lineStartLoss: loss };
};

/** Whole text for showing and for places, whatever is wrong with it. */
export const displayText = (source: string | Uint8Array): string => {
  if (typeof source === 'string') return source.startsWith(bom) ? source.slice(1) : source;
  if ((source[0] === 0xff && source[1] === 0xfe) || (source[0] === 0xfe && source[1] === 0xff)) {
    return new TextDecoder(source[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(source);
  }
  const text = decodeUtf8(source);
  return text.startsWith(bom) ? text.slice(1) : text;
};

/** Tells JSON from YAML by the first character that is no space, unless it is told, and decodes accordingly. A string counts as UTF-8. */
export const readManifestText = (source: string | Uint8Array, language?: 'json' | 'yaml'): ManifestText => {
  if (language === 'json') return { language, text: typeof source === 'string' ? source : decodeUtf8(source) };
  if (language === 'yaml' && typeof source !== 'string') return readYamlBytes(source);
  if (typeof source === 'string') {
    if (language !== 'yaml' && jsonStart.test(source)) return { language: 'json', text: source };
    const text = source.startsWith(bom) ? source.slice(1) : source;
    const shift = source.length - text.length;
    return checkCharacters(text, (offset) => shift * 3 + utf8Length(text.slice(0, offset)), text.startsWith(bom) ? blockBytes - 4 : 0);
  }
  const opening = decodeUtf8(source.subarray(0, 4_096));
  if (jsonStart.test(opening) || (opening.trim() === '' && jsonStart.test(decodeUtf8(source))))
    return { language: 'json', text: decodeUtf8(source) };
  return readYamlBytes(source);
};
