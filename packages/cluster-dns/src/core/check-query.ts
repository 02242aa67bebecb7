import { CLASS_IN, RCODE, TYPE } from './dns-codes.js';

/** The header of a query, and of its one question. */
export interface QueryFacts {
  readonly opcode: number;
  readonly questions: number;
  /** Undefined while the question could not be read. */
  readonly question?: { readonly type: number; readonly class: number } | undefined;
  readonly edns?: { readonly version: number } | undefined;
}

/** The response code of a query that is not answered; undefined for one that is. */
export const refusalOf = ({ opcode, questions, question, edns }: QueryFacts): number | undefined => {
  if (opcode !== 0) return RCODE.NOTIMP;
  if (questions !== 1 || question === undefined) return RCODE.FORMERR;
  if (edns !== undefined && edns.version > 0) return RCODE.BADVERS;
  if (question.class !== CLASS_IN) return RCODE.REFUSED;
  // Everything about a name at once only serves those who want large answers sent to somebody else; a zone is not handed out.
  if (question.type === TYPE.ANY || question.type === TYPE.AXFR || question.type === TYPE.IXFR) return RCODE.REFUSED;
  return question.type === TYPE.OPT || question.type === 0 ? RCODE.FORMERR : undefined;
};

/** Largest answer by UDP that is not split on its way (DNS flag day 2020). */
export const MAX_UDP_BYTES = 1_232;
/** What every client takes (RFC 1035). */
const PLAIN_UDP_BYTES = 512;

/** Bytes that an answer by UDP may have for a client. */
export const udpLimit = (edns: { readonly udpBytes: number } | undefined): number =>
  edns === undefined ? PLAIN_UDP_BYTES : Math.min(Math.max(edns.udpBytes, PLAIN_UDP_BYTES), MAX_UDP_BYTES);
