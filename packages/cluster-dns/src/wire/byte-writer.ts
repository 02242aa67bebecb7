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
      const text = labelText(label);
      const at = reserve(text.length + 1);
      buffer[at] = text.length;
      // A label is short: quicker than a call into the engine for each.
      for (let i = 0; i < text.length; i += 1) buffer[at + 1 + i] = text.charCodeAt(i);
    }
    buffer[reserve(1)] = 0;
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

const MAX_LABEL_BYTES = 63;
const MAX_STRING_BYTES = 255;

/** `\DDD` stands for a byte. What came from the wire fits; a longer label of a record is cut, so that a message is never malformed. */
const labelText = (label: string): string => {
  const text = label.includes('\\') ? label.replace(/\\(\d{3})/g, (_, code: string) => String.fromCharCode(Number(code) & 0xff)) : label;
  return text.length > MAX_LABEL_BYTES ? text.slice(0, MAX_LABEL_BYTES) : text;
};

/** Every name that ends a question's name, in lower case, with its offset in the question. */
const suffixes = (question: Uint8Array): readonly (readonly [string, number])[] => {
  let name = '';
  const starts: (readonly [start: number, at: number])[] = [];
  for (let at = 0; (question[at] ?? 0) !== 0; at += (question[at] ?? 0) + 1) {
    if (at > 0) name += '.';
    starts.push([name.length, at]);
    const end = Math.min(at + 1 + (question[at] ?? 0), question.length);
    for (let i = at + 1; i < end; i += 1) {
      const byte = question[i] ?? 0;
      // A label with a dot in it would be found under the name of two.
      if (byte === DOT || byte === BACKSLASH) return [];
      name += String.fromCharCode(byte >= UPPER_A && byte <= UPPER_Z ? byte + TO_LOWER : byte);
    }
  }
  return starts.map(([start, at]) => [name.slice(start), at]);
};

const [DOT, ZERO, NINE, UPPER_A, UPPER_Z, BACKSLASH] = [46, 48, 57, 65, 90, 92];
const TO_LOWER = 32;

const ADDRESS_BYTES = { A: 4, AAAA: 16 };

/** An address that is none, or of the other family, becomes the unspecified one rather than a malformed message. */
const addressBytes = (type: 'A' | 'AAAA', address: string): Uint8Array => {
  const size = ADDRESS_BYTES[type];
  if (type === 'A') return ipv4Bytes(address) ?? new Uint8Array(size);
  const parsed = parseAddress(address);
  if (parsed?.family !== 6) return new Uint8Array(size);
  return Buffer.from(parsed.value.toString(16).padStart(size * 2, '0'), 'hex');
};

/** The four octets of what `parseAddress` takes for an address of IPv4, without its large numbers: most answers are of these. */
const ipv4Bytes = (text: string): Uint8Array | undefined => {
  const octets = new Uint8Array(ADDRESS_BYTES.A);
  let [place, digits, value] = [0, 0, 0];
  for (let i = 0; i <= text.length; i += 1) {
    const code = i === text.length ? DOT : text.charCodeAt(i);
    if (code >= ZERO && code <= NINE && digits < 3) {
      value = value * 10 + code - ZERO;
      digits += 1;
      continue;
    }
    if (code !== DOT || digits === 0 || value > 255 || place > 3) return undefined;
    octets[place] = value;
    place += 1;
    [digits, value] = [0, 0];
  }
  return place === ADDRESS_BYTES.A ? octets : undefined;
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
