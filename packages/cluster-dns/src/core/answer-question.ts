import { RCODE, TYPE } from './dns-codes.js';
import type { DnsRecord, OwnedRecord } from './dns-records.js';
import { addressOfReverseName, isInRange } from './reverse-name.js';
import type { Zone } from './zone.js';

export interface Question {
  /** Lower case, without the trailing dot; `` is the root. */
  readonly name: string;
  /** Number of the record type. */
  readonly type: number;
}

/** What the zone says to a question. `outside`: the name is not in it, and somebody else is to be asked. */
export type ZoneAnswer =
  | { readonly type: 'outside' }
  | {
      readonly type: 'answer';
      readonly rcode: number;
      readonly answers: readonly OwnedRecord[];
      readonly authority: readonly OwnedRecord[];
      readonly additional: readonly OwnedRecord[];
      /** A CNAME led out of the zone: the answer goes on with what somebody else says about this name. */
      readonly continueAt?: string;
    };

/** CNAMEs that are followed inside the zone. */
const MAX_ALIASES = 8;

/**
 * Answers one question from the zone, as Kubernetes' DNS specification and CoreDNS have it: a name with records of another type, or with names
 * below it, is NODATA; any other name of the zone does not exist. `rotation` turns the order of addresses.
 */
export const answerQuestion = (zone: Zone, question: Question, rotation = 0): ZoneAnswer => {
  if (!isOwn(zone, question.name)) return { type: 'outside' };
  const answers: OwnedRecord[] = [];
  for (let { name } = question, aliases = 0; ; aliases += 1) {
    const records = zone.recordsOf(name);
    const alias = records?.find(isAlias);
    if (alias !== undefined && question.type !== TYPE.CNAME) {
      // A ring of ExternalNames ends like one that is too long: what was found, and nothing more.
      if (aliases === MAX_ALIASES) return { type: 'answer', rcode: RCODE.SERVFAIL, answers: [], authority: [], additional: [] };
      answers.push({ name, ttl: zone.ttl, record: alias });
      name = alias.target;
      if (isOwn(zone, name)) continue;
      return { type: 'answer', rcode: RCODE.NOERROR, answers, authority: [], additional: [], continueAt: name };
    }
    const found = ownRecords(zone, name, question.type, records);
    if (found.length > 0) {
      const turned = rotated(found, rotation);
      return { type: 'answer', rcode: RCODE.NOERROR, answers: [...answers, ...turned], authority: [], additional: glue(zone, turned) };
    }
    const exists = records !== undefined || zone.hasNamesBelow(name);
    const authority = [{ name: zone.domain, ttl: zone.ttl, record: zone.soa }];
    return { type: 'answer', rcode: exists ? RCODE.NOERROR : RCODE.NXDOMAIN, answers, authority, additional: [] };
  }
};

/** Whether nobody else is asked about a name. */
const isOwn = (zone: Zone, name: string): boolean => {
  if (name === zone.domain || name.endsWith(`.${zone.domain}`)) return true;
  if (!name.endsWith('.arpa')) return false;
  if (zone.recordsOf(name) !== undefined) return true;
  const address = addressOfReverseName(name);
  return address !== undefined && zone.ownRanges.some((range) => isInRange(address, range));
};

const isAlias = (record: DnsRecord): record is DnsRecord & { type: 'CNAME' } => record.type === 'CNAME';

const ownRecords = (zone: Zone, name: string, type: number, records: readonly DnsRecord[] = []): readonly OwnedRecord[] => {
  if (type === TYPE.SOA && name === zone.domain) return [{ name, ttl: zone.ttl, record: zone.soa }];
  return records.filter((record) => TYPE[record.type] === type).map((record) => ({ name, ttl: zone.ttl, record }));
};

/** Another address comes first with each answer, so that clients which take the first spread themselves. */
const rotated = (records: readonly OwnedRecord[], rotation: number): readonly OwnedRecord[] => {
  const first = records[0]?.record.type;
  if (records.length < 2 || (first !== 'A' && first !== 'AAAA')) return records;
  const start = rotation % records.length;
  return [...records.slice(start), ...records.slice(0, start)];
};

/** The addresses of what SRV and NS records name. */
const glue = (zone: Zone, answers: readonly OwnedRecord[]): readonly OwnedRecord[] => {
  const first = answers[0]?.record.type;
  if (first !== 'SRV' && first !== 'NS') return [];
  const targets = new Set(answers.flatMap(({ record }) => (record.type === 'SRV' || record.type === 'NS' ? [record.target] : [])));
  return [...targets].flatMap((name) =>
    (zone.recordsOf(name) ?? []).filter(({ type }) => type === 'A' || type === 'AAAA').map((record) => ({ name, ttl: zone.ttl, record })),
  );
};
