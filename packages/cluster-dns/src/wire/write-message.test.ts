import dnsPacket from 'dns-packet';
import { describe, expect, it } from 'vitest';
import type { OwnedRecord } from '../core/dns-records.js';
import { readName } from './read-name.js';
import { writeMessage } from './write-message.js';

const NAME = 'a-service-with-a-name.shop.svc.cluster.local';
const question = (name: string, type: 'A' | 'SRV' = 'A'): Uint8Array => dnsPacket.encode({ questions: [{ name, type }] }).subarray(12);
const address = (last: number): OwnedRecord => ({ name: NAME, ttl: 5, record: { type: 'A', address: `10.0.0.${last}` } });
const base = { id: 7, rcode: 0, authoritative: true, recursionDesired: true, checkingDisabled: false, maxBytes: 512 };

it('writes what dns-packet reads, every name once', () => {
  const message = writeMessage({
    ...base,
    question: question(NAME, 'SRV'),
    answers: [{ name: NAME, ttl: 5, record: { type: 'SRV', priority: 0, weight: 50, port: 80, target: `web-0.${NAME}` } }],
    authority: [
      {
        name: 'cluster.local',
        ttl: 5,
        record: {
          type: 'SOA',
          mname: 'ns.dns.cluster.local',
          rname: 'h.cluster.local',
          serial: 1,
          refresh: 2,
          retry: 3,
          expire: 4,
          minimum: 5,
        },
      },
    ],
    additional: [
      { name: `web-0.${NAME}`, ttl: 5, record: { type: 'AAAA', address: 'fd00::10.1.2.3' } },
      { name: NAME, ttl: 5, record: { type: 'TXT', text: 'x'.repeat(300) } },
      { name: NAME, ttl: 5, record: { type: 'raw', typeNumber: 65, data: Uint8Array.of(0, 1, 0) } },
    ],
    edns: { dnssecOk: true, extendedError: { code: 14, text: 'not yet' } },
    maxBytes: 1_232,
  });
  const read = dnsPacket.decode(Buffer.from(message));
  expect(read).toMatchObject({
    id: 7,
    flag_qr: true,
    flag_aa: true,
    flag_ra: true,
    flag_rd: true,
    flag_tc: false,
    questions: [{ name: NAME }],
  });
  expect(read.answers).toMatchObject([{ name: NAME, ttl: 5, data: { port: 80, target: `web-0.${NAME}` } }]);
  expect(read.authorities).toMatchObject([{ name: 'cluster.local', data: { mname: 'ns.dns.cluster.local', serial: 1, minimum: 5 } }]);
  expect(read.additionals).toMatchObject([
    { name: `web-0.${NAME}`, type: 'AAAA', data: 'fd00::a01:203' },
    { type: 'TXT', data: [Buffer.from('x'.repeat(255)), Buffer.from('x'.repeat(45))] },
    { type: 'UNKNOWN_65' },
    { type: 'OPT', udpPayloadSize: 1_232, flag_do: true },
  ]);
});

it('twenty-five addresses of a long name fit into the 512 bytes that every client takes', () => {
  const answers = Array.from({ length: 25 }, (_, n) => address(n));
  const message = writeMessage({ ...base, question: question(NAME), answers });
  expect(message.length).toBeLessThanOrEqual(512);
  expect(dnsPacket.decode(Buffer.from(message)).answers).toHaveLength(25);
});

it('what does not fit goes as a whole set, with the TC bit, and the OPT record stays', () => {
  const answers = Array.from({ length: 100 }, (_, n) => address(n));
  const message = writeMessage({ ...base, question: question(NAME), answers, edns: { dnssecOk: false } });
  const read = dnsPacket.decode(Buffer.from(message));
  expect(read).toMatchObject({ flag_tc: true, answers: [], additionals: [{ type: 'OPT' }] });
});

it('what is only added goes without the TC bit', () => {
  const additional = Array.from({ length: 100 }, (_, n) => address(n));
  const read = dnsPacket.decode(Buffer.from(writeMessage({ ...base, question: question(NAME), answers: [address(1)], additional })));
  expect(read).toMatchObject({ flag_tc: false, answers: [{ data: '10.0.0.1' }], additionals: [] });
});

it('repeats the question with the case of its letters', () => {
  const asked = question('WeB.ShOp.svc.CLUSTER.local');
  const message = writeMessage({ ...base, question: asked, answers: [{ ...address(1), name: 'web.shop.svc.cluster.local' }] });
  expect([...message.subarray(12, 12 + asked.length)]).toEqual([...asked]);
  expect(dnsPacket.decode(Buffer.from(message)).answers).toMatchObject([{ name: 'WeB.ShOp.svc.CLUSTER.local' }]);
});

it.each([
  ['10.1.2.3', '10.1.2.3'],
  ['010.001.0.255', '10.1.0.255'],
  ...['', '10.1.2', '10.1.2.3.4', '10.1.2.256', '10..2.3', '10.1.2.3.', '.1.2.3', '10.1.2.0003', '10.1.2.x', ' 10.1.2.3', '::1'].map(
    (text) => [text, '0.0.0.0'],
  ),
])('an address of a record, %j, is written as %s: what is none never makes a message malformed', (text, expected) => {
  const answers: readonly OwnedRecord[] = [{ name: NAME, ttl: 5, record: { type: 'A', address: text ?? '' } }];
  expect(dnsPacket.decode(Buffer.from(writeMessage({ ...base, question: question(NAME), answers }))).answers).toMatchObject([
    { data: expected },
  ]);
});

describe('names', () => {
  it('a label with a dot in it is not two labels', () => {
    expect(readName(Buffer.from('\x05a.b\\c\x02lo\x00', 'latin1'), 0)?.text).toBe('a\\046b\\092c.lo');
  });

  it.each([
    ['a pointer to itself', [0xc0, 0]],
    ['two that point at each other', [0xc0, 2, 0xc0, 0]],
    ['a pointer forwards', [0xc0, 4, 0, 0, 0]],
    ['a label that ends outside', [5, 97]],
    ['a reserved kind of label', [0x80, 0]],
    ['no end', [1, 97]],
    ['more than 255 bytes', [...Array.from({ length: 5 }, () => [63, ...new Array<number>(63).fill(97)]).flat(), 0]],
  ])('%s is malformed', (_, bytes) => expect(readName(Uint8Array.from(bytes), 0)).toBeUndefined());
});
