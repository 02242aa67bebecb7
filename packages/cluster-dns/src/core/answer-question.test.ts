import { describe, expect, it } from 'vitest';
import { answerQuestion, type ZoneAnswer } from './answer-question.js';
import { RCODE, TYPE } from './dns-codes.js';
import type { DnsRecord, DnsRecords } from './dns-records.js';
import { createZone } from './zone.js';

const WEB = 'web.shop.svc.cluster.local';
const DB = 'db.shop.svc.cluster.local';
const a = (address: string): DnsRecord => ({ type: 'A', address });
const srv = (port: number, target: string): DnsRecord => ({ type: 'SRV', priority: 0, weight: 50, port, target });

const records: DnsRecords = new Map<string, readonly DnsRecord[]>([
  ['shop.svc.cluster.local', []],
  [WEB, [a('10.96.0.7'), srv(80, WEB)]],
  [`_http._tcp.${WEB}`, [srv(80, WEB), a('10.96.0.7')]],
  ['7.0.96.10.in-addr.arpa', [{ type: 'PTR', name: WEB }]],
  [DB, [a('10.0.0.1'), a('10.0.0.2'), { type: 'AAAA', address: 'fd00::1' }]],
  [`db-0.${DB}`, [a('10.0.0.1'), { type: 'AAAA', address: 'fd00::1' }]],
  [`db-1.${DB}`, [a('10.0.0.2')]],
  [`_sql._tcp.${DB}`, [srv(5432, `db-0.${DB}`), srv(5432, `db-1.${DB}`)]],
  ['out.shop.svc.cluster.local', [{ type: 'CNAME', target: 'example.com' }]],
  ['alias.shop.svc.cluster.local', [{ type: 'CNAME', target: WEB }]],
  ['ring-a.shop.svc.cluster.local', [{ type: 'CNAME', target: 'ring-b.shop.svc.cluster.local' }]],
  ['ring-b.shop.svc.cluster.local', [{ type: 'CNAME', target: 'ring-a.shop.svc.cluster.local' }]],
  ['gone.shop.svc.cluster.local', [{ type: 'CNAME', target: 'nobody.shop.svc.cluster.local' }]],
]);
const zone = createZone({ domain: 'cluster.local', records, serverAddresses: ['169.254.20.10'], ownRanges: ['10.96.0.0/12', 'fd00::/64'] });

const ask = (name: string, type: number, rotation = 0): ZoneAnswer => answerQuestion(zone, { name, type }, rotation);
/** Code and answers in short. */
const short = (name: string, type: keyof typeof TYPE): string => {
  const answer = ask(name, TYPE[type]);
  if (answer.type === 'outside') return 'outside';
  const code = answer.rcode === RCODE.NXDOMAIN ? 'NXDOMAIN' : answer.rcode === RCODE.NOERROR ? 'NOERROR' : 'SERVFAIL';
  const shown = answer.answers.map(({ record }) => {
    if (record.type === 'A' || record.type === 'AAAA') return record.address;
    if (record.type === 'SRV') return `${record.port} ${record.target}`;
    if (record.type === 'CNAME' || record.type === 'NS') return record.target;
    return record.type === 'PTR' ? record.name : record.type === 'TXT' ? record.text : record.type;
  });
  const soa = answer.authority.some(({ record }) => record.type === 'SOA') ? ['+soa'] : [];
  return [code, ...shown, ...soa].join(' ');
};

describe("what Kubernetes' specification and CoreDNS answer", () => {
  it.each<[string, keyof typeof TYPE, string]>([
    ['dns-version.cluster.local', 'TXT', 'NOERROR 1.1.0'],
    ['cluster.local', 'SOA', 'NOERROR SOA'],
    ['cluster.local', 'NS', 'NOERROR ns.dns.cluster.local'],
    ['ns.dns.cluster.local', 'A', 'NOERROR 169.254.20.10'],
    [WEB, 'A', 'NOERROR 10.96.0.7'],
    [WEB, 'AAAA', 'NOERROR +soa'],
    [WEB, 'TXT', 'NOERROR +soa'],
    [`_http._tcp.${WEB}`, 'SRV', `NOERROR 80 ${WEB}`],
    [`_http._tcp.${WEB}`, 'A', 'NOERROR 10.96.0.7'],
    [`_https._tcp.${WEB}`, 'SRV', 'NXDOMAIN +soa'],
    [`_tcp.${WEB}`, 'SRV', 'NOERROR +soa'],
    [DB, 'A', 'NOERROR 10.0.0.1 10.0.0.2'],
    [`db-0.${DB}`, 'AAAA', 'NOERROR fd00::1'],
    [`db-1.${DB}`, 'AAAA', 'NOERROR +soa'],
    [`db-2.${DB}`, 'A', 'NXDOMAIN +soa'],
    [`_sql._tcp.${DB}`, 'SRV', `NOERROR 5432 db-0.${DB} 5432 db-1.${DB}`],
    ['7.0.96.10.in-addr.arpa', 'PTR', `NOERROR ${WEB}`],
    ['8.0.96.10.in-addr.arpa', 'PTR', 'NXDOMAIN +soa'],
    ['1.2.0.192.in-addr.arpa', 'PTR', 'outside'],
    [`${'0.'.repeat(28)}0.0.d.f.ip6.arpa`, 'PTR', 'NXDOMAIN +soa'],
    [`${'0.'.repeat(28)}1.0.d.f.ip6.arpa`, 'PTR', 'outside'],
    ['in-addr.arpa', 'NS', 'outside'],
    ['cluster.local', 'A', 'NOERROR +soa'],
    ['svc.cluster.local', 'A', 'NOERROR +soa'],
    ['pod.cluster.local', 'A', 'NOERROR +soa'],
    ['shop.svc.cluster.local', 'A', 'NOERROR +soa'],
    ['other.svc.cluster.local', 'A', 'NXDOMAIN +soa'],
    ['web.other.svc.cluster.local', 'A', 'NXDOMAIN +soa'],
    ['example.com.shop.svc.cluster.local', 'A', 'NXDOMAIN +soa'],
    ['example.com.cluster.local', 'AAAA', 'NXDOMAIN +soa'],
    ['out.shop.svc.cluster.local', 'CNAME', 'NOERROR example.com'],
    ['out.shop.svc.cluster.local', 'A', 'NOERROR example.com'],
    ['alias.shop.svc.cluster.local', 'A', `NOERROR ${WEB} 10.96.0.7`],
    ['gone.shop.svc.cluster.local', 'A', 'NXDOMAIN nobody.shop.svc.cluster.local +soa'],
    ['ring-a.shop.svc.cluster.local', 'A', 'SERVFAIL'],
    ['example.com', 'A', 'outside'],
    ['notcluster.local', 'A', 'outside'],
    ['', 'NS', 'outside'],
  ])('%s %s', (name, type, expected) => expect(short(name, type)).toBe(expected));
});

it('a CNAME that leads elsewhere is to be gone on with there', () => {
  expect(ask('out.shop.svc.cluster.local', TYPE.A)).toMatchObject({ continueAt: 'example.com' });
  expect(ask('out.shop.svc.cluster.local', TYPE.CNAME)).not.toHaveProperty('continueAt');
});

it('SRV brings the addresses of its targets along', () => {
  const answer = ask(`_sql._tcp.${DB}`, TYPE.SRV);
  expect(answer.type === 'answer' && answer.additional.map(({ name, record }) => [name, 'address' in record && record.address])).toEqual([
    [`db-0.${DB}`, '10.0.0.1'],
    [`db-0.${DB}`, 'fd00::1'],
    [`db-1.${DB}`, '10.0.0.2'],
  ]);
});

it('every address comes first in its turn', () => {
  const first = [0, 1, 2, 3].map((rotation) => {
    const answer = ask(DB, TYPE.A, rotation);
    const record = answer.type === 'answer' ? answer.answers[0]?.record : undefined;
    return record?.type === 'A' ? record.address : undefined;
  });
  expect(first).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.2']);
});

it('what does not exist counts as long as what does', () => {
  const answer = ask('nobody.shop.svc.cluster.local', TYPE.A);
  expect(answer).toMatchObject({
    authority: [
      { name: 'cluster.local', ttl: 5, record: { mname: 'ns.dns.cluster.local', rname: 'hostmaster.cluster.local', minimum: 5 } },
    ],
  });
});
