import { answerQuestion, type ZoneAnswer } from '../core/answer-question.js';
import { refusalOf, udpLimit } from '../core/check-query.js';
import { EXTENDED_ERROR, RCODE } from '../core/dns-codes.js';
import type { OwnedRecord } from '../core/dns-records.js';
import type { Zone } from '../core/zone.js';
import type { UpstreamQuestion } from '../forward/ask-upstream.js';
import type { Forwarded, Forwarder } from '../forward/create-forwarder.js';
import { type Query, readQuery } from '../wire/read-query.js';
import { recordsOfReply } from '../wire/read-reply.js';
import { type ExtendedError, type MessageParts, writeMessage } from '../wire/write-message.js';
import { writeReply } from '../wire/write-reply.js';

export interface Client {
  readonly address: string;
  readonly transport: 'udp' | 'tcp';
}

export interface AnswererOptions {
  /** Undefined until the records have come for the first time. */
  readonly zone: () => Zone | undefined;
  readonly domain: string;
  readonly forwarder: Pick<Forwarder, 'forward'>;
  /** Sees every question before it is answered; true: it was one of our own that came back. */
  readonly isOwnProbe: (question: { readonly name: string; readonly type: number }) => boolean;
  readonly count: (result: QueryResult) => void;
}

/** What became of a query, for metrics. */
export interface QueryResult {
  readonly from: 'zone' | 'cache' | 'stale' | 'upstream' | 'none';
  readonly rcode: number;
  readonly transport: Client['transport'];
}

/** Answers one message. Undefined: it gets none. What needs nobody else is answered at once. */
export type Answerer = (message: Uint8Array, client: Client) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

const MAX_TCP_BYTES = 65_535;

type Asked = Query & { readonly question: NonNullable<Query['question']> };

export const createAnswerer = (options: AnswererOptions): Answerer => {
  const { zone, domain, forwarder, isOwnProbe, count } = options;
  let rotation = 0;

  const write = (query: Query, client: Client, from: QueryResult['from'], parts: Written): Uint8Array => {
    count({ from, rcode: parts.rcode, transport: client.transport });
    // Field by field: spread objects were a quarter of what an answer costs.
    return writeMessage({
      id: query.id,
      opcode: query.opcode,
      recursionDesired: query.recursionDesired,
      checkingDisabled: query.checkingDisabled,
      question: query.question?.bytes,
      rcode: parts.rcode,
      authoritative: parts.authoritative ?? false,
      answers: parts.answers ?? NO_RECORDS,
      authority: parts.authority ?? NO_RECORDS,
      additional: parts.additional ?? NO_RECORDS,
      edns: ednsOf(query, parts.extendedError),
      maxBytes: limitOf(query, client),
    });
  };

  const relay = (query: Asked, client: Client, forwarded: Forwarded): Uint8Array => {
    if (forwarded.type !== 'reply') return write(query, client, 'none', unanswered(forwarded));
    const { reply, ageSeconds, fresh } = forwarded;
    count({ from: fresh ? (ageSeconds > 0 ? 'cache' : 'upstream') : 'stale', rcode: reply.rcode, transport: client.transport });
    return writeReply(reply, query, {
      ageSeconds,
      stale: !fresh,
      extendedError: fresh ? undefined : STALE,
      maxBytes: limitOf(query, client),
    });
  };

  /** The records of a CNAME's target, after what the zone itself says. */
  const goOn = (query: Asked, client: Client, own: readonly OwnedRecord[], forwarded: Forwarded): Uint8Array => {
    if (forwarded.type !== 'reply') return write(query, client, 'none', { ...unanswered(forwarded), authoritative: true });
    const rcode =
      forwarded.reply.rcode === RCODE.NOERROR || forwarded.reply.rcode === RCODE.NXDOMAIN ? forwarded.reply.rcode : RCODE.SERVFAIL;
    const answers = [...own, ...recordsOfReply(forwarded.reply)];
    return write(query, client, 'zone', { rcode, answers, authoritative: true });
  };

  const fromZone = (query: Asked, client: Client, answer: ZoneAnswer & { readonly type: 'answer' }): ReturnType<Answerer> => {
    if (answer.continueAt === undefined) {
      const { rcode, answers, authority, additional } = answer;
      return write(query, client, 'zone', { rcode, answers, authority, additional, authoritative: true });
    }
    const question = wireQuestion(answer.continueAt, query.question.type);
    // A name that can't be written is nobody's.
    if (question === undefined) return write(query, client, 'zone', { rcode: RCODE.SERVFAIL, authoritative: true });
    const key = keyOf(answer.continueAt, query);
    return andThen(forwarder.forward(key, upstreamQuestion(query, question), client.address), (forwarded) =>
      goOn(query, client, answer.answers, forwarded),
    );
  };

  return (message, client) => {
    const query = readQuery(message);
    if (query === undefined) return undefined;
    const refusal = refusalOf(query);
    if (refusal !== undefined) return write(query, client, 'none', { rcode: refusal });
    if (query.question === undefined) return undefined;
    const asked = query as Asked;
    if (isOwnProbe(asked.question)) return write(query, client, 'none', { rcode: RCODE.REFUSED });
    const { name, type } = asked.question;
    const current = zone();
    if (current === undefined && (name === domain || name.endsWith(`.${domain}`))) {
      return write(query, client, 'none', { rcode: RCODE.SERVFAIL, extendedError: NOT_READY });
    }
    rotation = (rotation + 1) % ROTATIONS;
    const answer: ZoneAnswer = current === undefined ? { type: 'outside' } : answerQuestion(current, { name, type }, rotation);
    if (answer.type === 'answer') return fromZone(asked, client, answer);
    if (!query.recursionDesired) return write(query, client, 'none', { rcode: RCODE.REFUSED });
    return andThen(forwarder.forward(keyOf(name, asked), upstreamQuestion(asked, asked.question.bytes), client.address), (forwarded) =>
      relay(asked, client, forwarded),
    );
  };
};

/** Divisible by every small number, so that no address is first more often. */
const ROTATIONS = 720_720;

type Written = Pick<MessageParts, 'rcode' | 'answers' | 'authority' | 'additional'> & {
  readonly authoritative?: boolean;
  readonly extendedError?: ExtendedError;
};

const STALE: ExtendedError = { code: EXTENDED_ERROR.STALE, text: 'no server answers; this is out of date' };
const NOT_READY: ExtendedError = { code: EXTENDED_ERROR.NOT_READY, text: 'the Services have not been read yet' };

const unanswered = (forwarded: Exclude<Forwarded, { type: 'reply' }>): Written =>
  forwarded.type === 'tooMany'
    ? { rcode: RCODE.SERVFAIL, extendedError: { code: EXTENDED_ERROR.PROHIBITED, text: 'too many questions wait for other servers' } }
    : { rcode: RCODE.SERVFAIL, extendedError: { code: EXTENDED_ERROR.NO_REACHABLE_AUTHORITY, text: forwarded.why } };

const NO_RECORDS: readonly OwnedRecord[] = [];

const ednsOf = ({ edns }: Query, extendedError: ExtendedError | undefined): MessageParts['edns'] =>
  edns === undefined ? undefined : { dnssecOk: edns.dnssecOk, extendedError };

const limitOf = ({ edns }: Query, { transport }: Client): number => (transport === 'tcp' ? MAX_TCP_BYTES : udpLimit(edns));

/** Replies differ by name, type, and by whether DNSSEC records were asked for or are not to be checked. */
const keyOf = (name: string, { question, edns, checkingDisabled }: Asked): string =>
  `${question.type} ${edns?.dnssecOk ? 'do' : ''}${checkingDisabled ? 'cd' : ''} ${name}`;

const upstreamQuestion = (query: Asked, question: Uint8Array): UpstreamQuestion => ({
  question: Uint8Array.from(question),
  recursionDesired: true,
  checkingDisabled: query.checkingDisabled,
  dnssecOk: query.edns?.dnssecOk ?? false,
});

const MAX_LABEL_BYTES = 63;
const MAX_NAME_BYTES = 255;

const wireQuestion = (name: string, type: number): Uint8Array | undefined => {
  const labels = name.split('.').map((label) => Buffer.from(label));
  if (labels.some(({ length }) => length === 0 || length > MAX_LABEL_BYTES)) return undefined;
  const encoded = Buffer.concat([...labels.flatMap((label) => [Uint8Array.of(label.length), label]), Uint8Array.of(0)]);
  return encoded.length > MAX_NAME_BYTES ? undefined : Buffer.concat([encoded, Uint8Array.of(type >> 8, type & 0xff, 0, 1)]);
};

const andThen = <T, U>(value: T | Promise<T>, next: (value: T) => U): U | Promise<U> =>
  value instanceof Promise ? value.then(next) : next(value);
