import dnsPacket from 'dns-packet';
import { TYPE } from '../core/dns-codes.js';
import type { OwnedRecord } from '../core/dns-records.js';
import { type ByteWriter, createByteWriter } from './byte-writer.js';

/** Why an answer is as it is (RFC 8914). */
export interface ExtendedError {
  readonly code: number;
  readonly text: string;
}

export interface MessageParts {
  readonly id: number;
  /** May be one of the extended codes; its upper bits then go into the OPT record. */
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly recursionDesired: boolean;
  readonly checkingDisabled: boolean;
  /** Name, type and class; undefined where they could not be read. */
  readonly question?: Uint8Array | undefined;
  readonly opcode?: number;
  readonly answers?: readonly OwnedRecord[];
  readonly authority?: readonly OwnedRecord[];
  readonly additional?: readonly OwnedRecord[];
  /** Present: the answer has an OPT record. */
  readonly edns?: { readonly dnssecOk: boolean; readonly extendedError?: ExtendedError | undefined } | undefined;
  readonly maxBytes: number;
}

/** Payload by UDP that this server takes itself. */
export const OWN_UDP_BYTES = 1_232;
const RESPONSE = 0x8000;
const HEADER_BYTES = 12;
const MAX_ERROR_TEXT_BYTES = 120;

/**
 * An answer as bytes. Names are written once and then pointed to: dns-packet's own writer repeats each of them, so that 512 bytes were full with
 * eight addresses. What does not fit goes as whole record sets: of the answer with the TC bit, of the additional section without a word.
 */
export const writeMessage = (parts: MessageParts): Uint8Array => {
  const opt = parts.edns === undefined ? undefined : optRecord(parts.rcode, parts.edns);
  const limit = parts.maxBytes - (opt?.length ?? 0);
  const writer = createByteWriter(HEADER_BYTES + (parts.question?.length ?? 0));
  if (parts.question !== undefined) writer.question(parts.question, HEADER_BYTES);
  const answers = writeSection(writer, parts.answers, limit);
  const authority = answers.whole ? writeSection(writer, parts.authority, limit) : NOTHING;
  const additional = answers.whole && authority.whole ? writeSection(writer, parts.additional, limit) : NOTHING;
  if (opt !== undefined) writer.bytes(opt);
  const message = writer.done();
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  view.setUint16(0, parts.id);
  view.setUint16(
    2,
    RESPONSE |
      ((parts.opcode ?? 0) << 11) |
      (parts.authoritative ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
      (answers.whole && authority.whole ? 0 : dnsPacket.TRUNCATED_RESPONSE) |
      (parts.recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) |
      dnsPacket.RECURSION_AVAILABLE |
      (parts.checkingDisabled ? dnsPacket.CHECKING_DISABLED : 0) |
      (parts.rcode & 0xf),
  );
  view.setUint16(4, parts.question === undefined ? 0 : 1);
  view.setUint16(6, answers.count);
  view.setUint16(8, authority.count);
  view.setUint16(10, additional.count + (opt === undefined ? 0 : 1));
  return message;
};

const NOTHING = { count: 0, whole: true };

const writeSection = (
  writer: ByteWriter,
  records: readonly OwnedRecord[] = [],
  limit: number,
): { readonly count: number; readonly whole: boolean } => {
  let count = 0;
  for (let start = 0; start < records.length; ) {
    const end = endOfSet(records, start);
    const mark = writer.mark();
    // A set that does not fit is not written to its end: it may have thousands of records, and the question of a client a few dozen bytes.
    for (let at = start; at < end && writer.length() <= limit; at += 1) writer.record(records[at] as OwnedRecord);
    if (writer.length() > limit) {
      writer.backTo(mark);
      return { count, whole: false };
    }
    count += end - start;
    start = end;
  }
  return { count, whole: true };
};

/** Records of one name and type that follow each other are one set. */
const endOfSet = (records: readonly OwnedRecord[], start: number): number => {
  const first = records[start];
  let end = start + 1;
  while (records[end]?.name === first?.name && records[end]?.record.type === first?.record.type && end < records.length) end += 1;
  return end;
};

/** The OPT record of an answer: payload, upper bits of the code, DO as it was asked, and what `dig` prints as EDE. */
export const optRecord = (rcode: number, edns: NonNullable<MessageParts['edns']>): Uint8Array => {
  const { extendedError } = edns;
  const text = extendedError === undefined ? undefined : Buffer.from(extendedError.text).subarray(0, MAX_ERROR_TEXT_BYTES);
  const dataBytes = text === undefined ? 0 : text.length + 6;
  const record = Buffer.alloc(11 + dataBytes);
  record.writeUInt16BE(TYPE.OPT, 1);
  record.writeUInt16BE(OWN_UDP_BYTES, 3);
  record.writeUInt8((rcode >> 4) & 0xff, 5);
  record.writeUInt16BE(edns.dnssecOk ? dnsPacket.DNSSEC_OK : 0, 7);
  record.writeUInt16BE(dataBytes, 9);
  if (text !== undefined && extendedError !== undefined) {
    record.writeUInt16BE(EXTENDED_ERROR_OPTION, 11);
    record.writeUInt16BE(text.length + 2, 13);
    record.writeUInt16BE(extendedError.code, 15);
    record.set(text, 17);
  }
  return record;
};

const EXTENDED_ERROR_OPTION = 15;
