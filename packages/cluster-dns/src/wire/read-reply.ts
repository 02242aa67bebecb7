import dnsPacket from 'dns-packet';
import { RCODE, TYPE } from '../core/dns-codes.js';
import type { OwnedRecord } from '../core/dns-records.js';
import { HEADER_BYTES } from './read-query.js';
import { type RecordPlace, readRecords } from './read-records.js';

/** What another server said, ready to be said again with another id, other times to live and another OPT record. */
export interface Reply {
  /** Without its OPT record. */
  readonly bytes: Uint8Array;
  /** With the upper bits of an OPT record. */
  readonly rcode: number;
  readonly truncated: boolean;
  /** Whether it has records in its answer. */
  readonly answered: boolean;
  /** Where times to live stand in the bytes. */
  readonly ttlOffsets: readonly number[];
  /** How long it counts, in seconds; undefined: not at all. */
  readonly ttl: number | undefined;
}

/** Reads an answer to the query with this id and question; undefined for anything else, whoever sent it. */
export const readReply = (message: Uint8Array, query: { readonly id: number; readonly question: Uint8Array }): Reply | undefined => {
  const { id, question } = query;
  const end = HEADER_BYTES + question.length;
  if (message.length < end) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  if (view.getUint16(0) !== id || (flags & 0x8000) === 0 || view.getUint16(4) !== 1) return undefined;
  if (!sameName(message.subarray(HEADER_BYTES, end), question)) return undefined;
  const truncated = (flags & dnsPacket.TRUNCATED_RESPONSE) !== 0;
  const records = readRecords(message, view, end);
  // What was cut off on its way still says that it was.
  if (records === undefined) return truncated ? cutOff(message.subarray(0, end), flags & 0xf) : undefined;
  const counts = { answers: view.getUint16(6), authority: view.getUint16(8) };
  const opt = records.find(({ type }) => type === TYPE.OPT);
  const kept = opt === undefined ? records : records.slice(0, records.indexOf(opt));
  const bytes = Uint8Array.from(message.subarray(0, opt?.start ?? records.at(-1)?.end ?? end));
  new DataView(bytes.buffer).setUint16(10, Math.max(0, kept.length - counts.answers - counts.authority));
  const rcode = (flags & 0xf) | (opt === undefined ? 0 : ((opt.ttl >>> 24) & 0xff) << 4);
  const answered = counts.answers > 0;
  const seconds = kept.slice(0, counts.answers + counts.authority).map(({ ttl }) => (ttl > MAX_TTL ? 0 : ttl));
  return {
    bytes,
    rcode,
    truncated,
    answered,
    ttlOffsets: kept.map(({ ttlAt }) => ttlAt),
    ttl: truncated ? undefined : timeToLive(rcode, answered, seconds, view, kept),
  };
};

/** RFC 2181: the upper half of the range counts as 0. */
const MAX_TTL = 0x7fffffff;

const timeToLive = (
  rcode: number,
  answered: boolean,
  seconds: readonly number[],
  view: DataView,
  records: readonly RecordPlace[],
): number | undefined => {
  if (rcode !== RCODE.NOERROR && rcode !== RCODE.NXDOMAIN) return undefined;
  if (rcode === RCODE.NOERROR && answered) return Math.min(...seconds);
  // RFC 2308: a negative answer counts as long as its SOA says.
  const soa = records.find(({ type }) => type === TYPE.SOA);
  return soa === undefined || soa.end - 4 < soa.ttlAt ? undefined : Math.min(...seconds, view.getUint32(soa.end - 4));
};

const cutOff = (bytes: Uint8Array, rcode: number): Reply => {
  const own = Uint8Array.from(bytes);
  own.fill(0, 6, HEADER_BYTES);
  return { bytes: own, rcode, truncated: true, answered: false, ttlOffsets: [], ttl: undefined };
};

/** Two questions, whatever the case of their letters: some servers answer in small ones. */
const sameName = (a: Uint8Array, b: Uint8Array): boolean => a.every((byte, index) => lower(byte) === lower(b[index] ?? 0));

const lower = (byte: number): number => (byte >= 65 && byte <= 90 ? byte + 32 : byte);

/** Records of somebody else's answer that follow a CNAME of one's own. The library decodes each in tens of microseconds, and a reply may hold thousands. */
const MAX_FOLLOWING = 256;
/** What a reply that is kept was decoded to: it is asked for again with every query. */
const decoded = new WeakMap<Reply, readonly OwnedRecord[]>();

/** The first records of a reply's answer, to go on with a CNAME of one's own; those whose names are no plain text are left out. */
export const recordsOfReply = (reply: Reply): readonly OwnedRecord[] => {
  const known = decoded.get(reply);
  if (known !== undefined) return known;
  const records = decodeAnswers(reply.bytes);
  decoded.set(reply, records);
  return records;
};

const decodeAnswers = (bytes: Uint8Array): readonly OwnedRecord[] => {
  try {
    const message = Buffer.from(bytes);
    message.writeUInt16BE(Math.min(message.readUInt16BE(6), MAX_FOLLOWING), 6);
    message.fill(0, 8, HEADER_BYTES);
    const { answers = [] } = dnsPacket.decode(message);
    return answers.flatMap((answer): readonly OwnedRecord[] => {
      if (answer.type === 'OPT' || !PLAIN_NAME.test(answer.name)) return [];
      const owner = { name: answer.name.toLowerCase(), ttl: 'ttl' in answer ? (answer.ttl ?? 0) : 0 };
      if (answer.type === 'A' || answer.type === 'AAAA') return [{ ...owner, record: { type: answer.type, address: answer.data } }];
      if (answer.type === 'CNAME') {
        return PLAIN_NAME.test(answer.data) ? [{ ...owner, record: { type: 'CNAME', target: answer.data.toLowerCase() } }] : [];
      }
      const typeNumber = typeNumberOf(answer.type);
      // Names inside of it are written out by the library, so that they may stand in another message.
      const data = typeNumber === undefined ? undefined : dnsPacket.encode({ answers: [{ ...answer, name: '.' }] }).subarray(ALONE_DATA_AT);
      return typeNumber === undefined || data === undefined ? [] : [{ ...owner, record: { type: 'raw', typeNumber, data } }];
    });
  } catch {
    return [];
  }
};

const PLAIN_NAME = /^[\x21-\x5b\x5d-\x7e]+$/;
/** Header, a root name, and type, class, time and length of the one record. */
const ALONE_DATA_AT = HEADER_BYTES + 1 + 10;

const typeNumberOf = (type: string): number | undefined => RELAYED_TYPES.get(type);
const RELAYED_TYPES: ReadonlyMap<string, number> = new Map([
  ['TXT', 16],
  ['MX', 15],
  ['SRV', 33],
  ['CAA', 257],
  ['NS', 2],
]);
