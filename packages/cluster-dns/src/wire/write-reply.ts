import dnsPacket from 'dns-packet';
import type { Query } from './read-query.js';
import { HEADER_BYTES } from './read-query.js';
import type { Reply } from './read-reply.js';
import { type ExtendedError, optRecord } from './write-message.js';

export interface ReplyOptions {
  /** How long ago it came, in seconds. */
  readonly ageSeconds: number;
  /** Times to live are 0 then: it counts no longer, but nothing newer can be had. */
  readonly stale?: boolean;
  readonly extendedError?: ExtendedError | undefined;
  readonly maxBytes: number;
}

/** Another server's reply, as this query's client gets it. */
export const writeReply = (
  reply: Reply,
  query: Query & { readonly question: NonNullable<Query['question']> },
  options: ReplyOptions,
): Uint8Array => {
  const { ageSeconds, stale = false, extendedError, maxBytes } = options;
  const opt = query.edns === undefined ? undefined : optRecord(reply.rcode, { dnssecOk: query.edns.dnssecOk, extendedError });
  const questionEnd = HEADER_BYTES + query.question.bytes.length;
  const fits = reply.bytes.length + (opt?.length ?? 0) <= maxBytes;
  const message = Buffer.concat([fits ? reply.bytes : reply.bytes.subarray(0, questionEnd), opt ?? NOTHING]);
  message.writeUInt16BE(query.id, 0);
  const flags = message.readUInt16BE(2);
  message.writeUInt16BE(
    (flags & ~(dnsPacket.RECURSION_DESIRED | dnsPacket.CHECKING_DISABLED | dnsPacket.AUTHORITATIVE_ANSWER | 0xf)) |
      dnsPacket.RECURSION_AVAILABLE |
      (query.recursionDesired ? dnsPacket.RECURSION_DESIRED : 0) |
      (query.checkingDisabled ? dnsPacket.CHECKING_DISABLED : 0) |
      (fits ? 0 : dnsPacket.TRUNCATED_RESPONSE) |
      (reply.rcode & 0xf),
    2,
  );
  message.set(query.question.bytes, HEADER_BYTES);
  if (!fits) message.fill(0, 6, HEADER_BYTES);
  for (const at of fits ? reply.ttlOffsets : []) {
    message.writeUInt32BE(stale ? 0 : Math.max(0, message.readUInt32BE(at) - Math.floor(ageSeconds)), at);
  }
  if (opt !== undefined) message.writeUInt16BE(message.readUInt16BE(10) + 1, 10);
  return message;
};

const NOTHING = new Uint8Array();
