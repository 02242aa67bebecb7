import dnsPacket from 'dns-packet';
import type { QueryFacts } from '../core/check-query.js';
import { TYPE } from '../core/dns-codes.js';
import { readName } from './read-name.js';
import { readRecords } from './read-records.js';

/** What a client asks for by EDNS. */
export interface QueryEdns {
  readonly version: number;
  readonly udpBytes: number;
  /** Whether it wants DNSSEC records. */
  readonly dnssecOk: boolean;
}

export interface Query extends QueryFacts {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  readonly question?: {
    /** Lower case, without the trailing dot. */
    readonly name: string;
    readonly type: number;
    readonly class: number;
    /** Name, type and class as they came: an answer repeats them, with the case of their letters. */
    readonly bytes: Uint8Array;
  };
  readonly edns?: QueryEdns;
}

export const HEADER_BYTES = 12;
const RESPONSE_BIT = 0x8000;

/** Reads a query; undefined for what deserves no answer: less than a header, or an answer. Whatever else is wrong with it shows in its facts. */
export const readQuery = (message: Uint8Array): Query | undefined => {
  if (message.length < HEADER_BYTES) return undefined;
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const flags = view.getUint16(2);
  if ((flags & RESPONSE_BIT) !== 0) return undefined;
  const header = {
    id: view.getUint16(0),
    opcode: (flags >> 11) & 0xf,
    recursionDesired: (flags & dnsPacket.RECURSION_DESIRED) !== 0,
    checkingDisabled: (flags & dnsPacket.CHECKING_DISABLED) !== 0,
    questions: view.getUint16(4),
  };
  if (header.opcode !== 0 || header.questions !== 1) return header;
  const question = readQuestion(message, view);
  if (question === undefined) return header;
  // Nothing but the question: most queries of libc, and nothing is left to decode.
  if (message.length === HEADER_BYTES + question.bytes.length) return { ...header, question };
  const edns = readEdns(message, view, HEADER_BYTES + question.bytes.length);
  return edns === 'malformed' ? header : { ...header, question, ...(edns === undefined ? {} : { edns }) };
};

const readQuestion = (message: Uint8Array, view: DataView): Query['question'] => {
  const name = readName(message, HEADER_BYTES);
  if (name === undefined || name.end + 4 > message.length) return undefined;
  // A pointer in the first name of a message can lead nowhere; into the header it is malformed too.
  if (name.end !== HEADER_BYTES + name.length) return undefined;
  return {
    name: name.text,
    type: view.getUint16(name.end),
    class: view.getUint16(name.end + 2),
    bytes: message.subarray(HEADER_BYTES, name.end + 4),
  };
};

const readEdns = (message: Uint8Array, view: DataView, from: number): QueryEdns | undefined | 'malformed' => {
  const options = readRecords(message, view, from)?.filter(({ type }) => type === TYPE.OPT);
  // RFC 6891: one, or the query is malformed.
  if (options === undefined || options.length > 1) return 'malformed';
  const [opt] = options;
  if (opt === undefined) return undefined;
  return { version: (opt.ttl >>> 16) & 0xff, udpBytes: opt.class, dnssecOk: (opt.ttl & dnsPacket.DNSSEC_OK) !== 0 };
};
