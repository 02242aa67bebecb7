import { CLASS_IN, TYPE } from '../core/dns-codes.js';
import type { OwnedRecord } from '../core/dns-records.js';
import { parseAddress } from '../core/reverse-name.js';

/** Bytes of a message that grow, with the names in them that later ones may point to. */
export interface ByteWriter {
  length(): number;
  bytes(data: Uint8Array): void;
  /** Puts a question at its place; records of the name in it then point there. */
  question(bytes: Uint8Array, offset: number): void;
  record(record: OwnedRecord): void;
  mark(): Mark;
  backTo(mark: Mark): void;
  done(): Uint8Array;
}

interface Mark {
  readonly length: number;
  readonly names: number;
}

/** Offsets that a pointer can hold. */
const POINTER_LIMIT = 0x4000;
const FIRST_BYTES = 512;

/** Starts `skipped` bytes in. Texts of names are in lower case and without the trailing dot. */
export const createByteWriter = (skipped: number): ByteWriter => {
  let buffer = Buffer.alloc(FIRST_BYTES);
  let length = skipped;
  const offsets = new Map<string, number>();
  const reserve = (bytes: number): number => {
    const start = length;
    length += bytes;
    if (length > buffer.length) {
      const larger = Buffer.alloc(Math.max(length, buffer.length * 2));
      larger.set(buffer);
      buffer = larger;
    }
    return start;
  };
  const uint16 = (value: number): void => {
    const at = reserve(2);
    buffer.writeUInt16BE(value & 0xffff, at);
  };
  const uint32 = (value: number): void => {
    const at = reserve(4);
    buffer.writeUInt32BE(value >>> 0, at);
  };
  const bytes = (data: Uint8Array): void => {
    const at = reserve(data.length);
    buffer.set(data, at);
  };
  const name = (text: string, compressed = true): void => {
    for (let rest = text; rest !== ''; ) {
      const known = compressed ? offsets.get(rest) : undefined;
      if (known !== undefined) {
        uint16(0xc000 | known);
        return;
      }
      // The first place stays: a later one may be taken back.
      if (length < POINTER_LIMIT && !offsets.has(rest)) offsets.set(rest, length);
      const dot = rest.indexOf('.');
      const label = dot < 0 ? rest : rest.slice(0, dot);
      rest = dot < 0 ? '' : rest.slice(dot + 1);
      const encoded = labelBytes(label);
      bytes(Uint8Array.of(encoded.length));
      bytes(encoded);
    }
    bytes(ROOT);
  };
  const data = ({ record }: OwnedRecord): void => {
    switch (record.type) {
      case 'A':
      case 'AAAA':
        bytes(addressBytes(record.type, record.address));
        break;
      case 'NS':
      case 'CNAME':
        name(record.target);
        break;
      case 'PTR':
        name(record.name);
        break;
      case 'SRV':
        for (const value of [record.priority, record.weight, record.port]) uint16(value);
        // RFC 2782: not compressed.
        name(record.target, false);
        break;
      case 'TXT':
        bytes(textBytes(record.text));
        break;
      case 'SOA':
        name(record.mname);
        name(record.rname);
        for (const value of [record.serial, record.refresh, record.retry, record.expire, record.minimum]) uint32(value);
        break;
      case 'raw':
        bytes(record.data);
    }
  };
  return {
    length: () => length,
    bytes,
    question: (question, offset) => {
      buffer = question.length + offset > buffer.length ? Buffer.concat([buffer, Buffer.alloc(question.length)]) : buffer;
      buffer.set(question, offset);
      for (const [text, at] of suffixes(question)) offsets.set(text, offset + at);
    },
    record: (owned) => {
      name(owned.name);
      uint16(owned.record.type === 'raw' ? owned.record.typeNumber : TYPE[owned.record.type]);
      uint16(CLASS_IN);
      uint32(owned.ttl);
      const sizeAt = length;
      uint16(0);
      data(owned);
      buffer.writeUInt16BE(length - sizeAt - 2, sizeAt);
    },
    mark: () => ({ length, names: offsets.size }),
    backTo: (mark) => {
      length = mark.length;
      for (const text of [...offsets.keys()].slice(mark.names)) offsets.delete(text);
    },
    done: () => buffer.subarray(0, length),
  };
};

const ROOT = Uint8Array.of(0);
const MAX_LABEL_BYTES = 63;
const MAX_STRING_BYTES = 255;

/** `\DDD` stands for a byte. What came from the wire fits; a longer label of a record is cut, so that a message is never malformed. */
const labelBytes = (label: string): Uint8Array => {
  const text = label.includes('\\') ? label.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code) & 0xff)) : label;
  return Buffer.from(text, 'latin1').subarray(0, MAX_LABEL_BYTES);
};

/** Every name that ends a question's name, in lower case, with its offset in the question. */
const suffixes = (question: Uint8Array): readonly (readonly [string, number])[] => {
  const labels: { readonly text: string; readonly at: number }[] = [];
  for (let at = 0; (question[at] ?? 0) !== 0; at += (question[at] ?? 0) + 1) {
    const bytes = question.subarray(at + 1, at + 1 + (question[at] ?? 0));
    labels.push({ text: Buffer.from(bytes).toString('latin1').toLowerCase(), at });
  }
  // A label with a dot in it would be found under the name of two.
  if (labels.some(({ text }) => /[.\\]/.test(text))) return [];
  return labels.map(({ at }, index) => [
    labels
      .slice(index)
      .map(({ text }) => text)
      .join('.'),
    at,
  ]);
};

const ADDRESS_BYTES = { A: 4, AAAA: 16 };

/** An address that is none, or of the other family, becomes the unspecified one rather than a malformed message. */
const addressBytes = (type: 'A' | 'AAAA', address: string): Uint8Array => {
  const size = ADDRESS_BYTES[type];
  const parsed = parseAddress(address);
  if (parsed === undefined || (parsed.family === 4) !== (type === 'A')) return new Uint8Array(size);
  return Buffer.from(parsed.value.toString(16).padStart(size * 2, '0'), 'hex');
};

const textBytes = (text: string): Uint8Array => {
  const bytes = Buffer.from(text);
  const strings: Uint8Array[] = [];
  for (let start = 0; start < Math.max(bytes.length, 1); start += MAX_STRING_BYTES) {
    const part = bytes.subarray(start, start + MAX_STRING_BYTES);
    strings.push(Uint8Array.of(part.length), part);
  }
  return Buffer.concat(strings);
};
