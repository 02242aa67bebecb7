import { createSocket } from 'node:dgram';
import dnsPacket, { type Answer } from 'dns-packet';
import { NEVER, of, Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import type { DnsRecords, Upstream } from '../src/index.js';
import { scriptedUpstream } from './scripted-upstream.js';
import { startDns } from './started-dns.js';

const WEB = 'web.shop.svc.cluster.local';
const records = {
  [WEB]: [{ type: 'A' as const, address: '10.96.0.7' }],
  'out.shop.svc.cluster.local': [{ type: 'CNAME' as const, target: 'example.com' }],
};
const SOON = { timeout: 15_000 };
/** DNS codes are in the low bits of the flags. */
const rcodeOf = (packet: { readonly flags?: number | undefined }): number => (packet.flags ?? 0) & 0xf;
const a = (name: string, data: string, ttl = 60): Answer => ({ name, type: 'A', ttl, data });
const at = (upstream: { readonly port: number }): Upstream => ({ address: '127.0.0.1', port: upstream.port });
const question = (name: string, type: 'A' | 'AAAA' | 'ANY' | 'AXFR' | 'HINFO' = 'A') => ({ questions: [{ name, type: type as 'A' }] });

it('answers the zone by UDP and TCP, with the bits a client looks at', async () => {
  using dns = await startDns(records);
  for (const answer of [await dns.ask(question(WEB)), await dns.askByTcp(question(WEB))]) {
    expect(answer).toMatchObject({ flag_aa: true, flag_ra: true, answers: [{ name: WEB, data: '10.96.0.7', ttl: 5 }] });
    expect(answer.additionals).toEqual([]);
  }
  expect(rcodeOf(await dns.ask(question('nobody.shop.svc.cluster.local')))).toBe(3);
});

it('changes with the records, and says SERVFAIL before the first of them', async () => {
  const records$ = new Subject<DnsRecords>();
  using dns = await startDns({}, { records$ });
  expect(rcodeOf(await dns.ask(question(WEB)))).toBe(2);
  records$.next(new Map(Object.entries(records)));
  expect((await dns.ask(question(WEB))).answers).toHaveLength(1);
  records$.next(new Map());
  expect(rcodeOf(await dns.ask(question(WEB)))).toBe(3);
});

it.each([
  ['everything about a name', { ...question(WEB, 'ANY') }, 5],
  ['the whole zone', { ...question('cluster.local', 'AXFR') }, 5],
  ['another class', { questions: [{ name: WEB, type: 'A' as const, class: 'CH' as const }] }, 5],
  ['two questions', { questions: [...question(WEB).questions, ...question(WEB).questions] }, 1],
  ['no question', { questions: [] }, 1],
  ['another operation', { ...question(WEB), flags: 4 << 11 }, 4],
])('refuses %s', async (_, packet, rcode) => {
  using dns = await startDns(records);
  expect(rcodeOf(await dns.ask(packet))).toBe(rcode);
});

it('has BADVERS for a later EDNS, and OPT only where it was asked for', async () => {
  using dns = await startDns(records);
  const opt = (ednsVersion: number) => ({
    additionals: [
      { type: 'OPT' as const, name: '.', udpPayloadSize: 4_096, ednsVersion, extendedRcode: 0, flags: 0, flag_do: false, options: [] },
    ],
  });
  expect((await dns.ask({ ...question(WEB), ...opt(0) })).additionals).toMatchObject([
    { type: 'OPT', udpPayloadSize: 1_232, extendedRcode: 0 },
  ]);
  expect(await dns.ask({ ...question(WEB), ...opt(1) })).toMatchObject({ answers: [], additionals: [{ extendedRcode: 1 }] });
});

it('hands other names on, once for all who ask at the same time, and keeps what it hears', async () => {
  await using upstream = await scriptedUpstream(({ questions }) => ({ answers: [a(questions?.[0]?.name ?? '', '192.0.2.1')] }));
  using dns = await startDns(records, { upstreams$: of([at(upstream)]) });
  const answers = await Promise.all(['example.com', 'EXAMPLE.com', 'example.COM'].map((name) => dns.ask(question(name))));
  expect(answers.map((answer) => answer.questions?.[0]?.name)).toEqual(['example.com', 'EXAMPLE.com', 'example.COM']);
  expect(answers.every(({ flag_aa: own, answers: said }) => !own && said?.[0] !== undefined)).toBe(true);
  await dns.ask(question('example.com'));
  expect(upstream.asked).toHaveLength(1);
});

it('keeps that a name does not exist for as long as its zone says', async () => {
  await using upstream = await scriptedUpstream(() => ({
    flags: 3,
    authorities: [
      {
        name: 'example.com',
        type: 'SOA',
        ttl: 300,
        data: { mname: 'ns', rname: 'h', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 },
      },
    ],
  }));
  using dns = await startDns(records, { upstreams$: of([at(upstream)]) });
  for (const _ of [1, 2]) expect(rcodeOf(await dns.ask(question('nobody.example.com')))).toBe(3);
  expect(upstream.asked).toHaveLength(1);
});

it('goes on at the target of an ExternalName', async () => {
  await using upstream = await scriptedUpstream(({ questions }) => ({ answers: [a(questions?.[0]?.name ?? '', '192.0.2.1')] }));
  using dns = await startDns(records, { upstreams$: of([at(upstream)]) });
  expect((await dns.ask(question('out.shop.svc.cluster.local'))).answers).toMatchObject([
    { type: 'CNAME', data: 'example.com' },
    { type: 'A', name: 'example.com', data: '192.0.2.1' },
  ]);
});

it('asks the next server where one says nothing, refuses, or is not there', async () => {
  await using silent = await scriptedUpstream(() => undefined);
  await using refusing = await scriptedUpstream(() => ({ flags: 5 }));
  await using good = await scriptedUpstream(({ questions }) => ({ answers: [a(questions?.[0]?.name ?? '', '192.0.2.1')] }));
  const gone = { address: '127.0.0.1', port: 9 };
  using dns = await startDns(records, {
    upstreams$: of([gone, at(silent), at(refusing), at(good)]),
    limits: { tryMs: 1_000, totalMs: 60_000 },
  });
  expect((await dns.ask(question('example.com'))).answers).toHaveLength(1);
});

it('asks the next server where the machine will not even send to one', async () => {
  await using second = await scriptedUpstream(() => ({ answers: [a('example.com', '198.51.100.7')] }));
  // As with a server that no route leads to: connecting to the address fails, here for want of SO_BROADCAST, and nothing is sent.
  const nowhere: Upstream = { address: '255.255.255.255', port: 53 };
  using dns = await startDns({}, { upstreams$: of([nowhere, at(second)]) });
  expect((await dns.ask(question('example.com'))).answers).toMatchObject([{ data: '198.51.100.7' }]);
});

it('a large answer is fetched by TCP, and a client without EDNS is told to come by TCP', async () => {
  const many = Array.from({ length: 100 }, (_, n) => a('many.example.com', `192.0.2.${n}`));
  await using upstream = await scriptedUpstream((_, transport) =>
    transport === 'tcp' ? { answers: many } : { flags: dnsPacket.TRUNCATED_RESPONSE },
  );
  using dns = await startDns(records, { upstreams$: of([at(upstream)]) });
  expect(await dns.ask(question('many.example.com'))).toMatchObject({ flag_tc: true, answers: [] });
  expect((await dns.askByTcp(question('many.example.com'))).answers).toHaveLength(100);
});

it('without a server other names get SERVFAIL at once, the zone its answers', async () => {
  using dns = await startDns(records);
  expect(rcodeOf(await dns.ask(question('example.com')))).toBe(2);
  expect((await dns.ask(question(WEB))).answers).toHaveLength(1);
});

it('offline, what is out of date serves with a time to live of 0; a server that comes back is used', async () => {
  await using upstream = await scriptedUpstream(({ questions }) => ({ answers: [a(questions?.[0]?.name ?? '', '192.0.2.1')] }));
  let skippedMs = 0;
  const { asyncScheduler } = await import('rxjs');
  const scheduler = { now: () => asyncScheduler.now() + skippedMs, schedule: asyncScheduler.schedule.bind(asyncScheduler) };
  using dns = await startDns(records, { upstreams$: of([at(upstream)]), scheduler, limits: { tryMs: 200, totalMs: 60_000 } });
  await dns.ask(question('example.com'));
  const works = upstream.answer;
  upstream.answer = () => undefined;
  skippedMs = 120_000;
  await vi.waitFor(async () => {
    expect((await dns.ask(question('example.com'))).answers).toMatchObject([{ ttl: 0, data: '192.0.2.1' }]);
    expect(dns.reports).toContainEqual(expect.objectContaining({ type: 'upstreamDown' }));
  }, SOON);
  upstream.answer = works;
  await vi.waitFor(() => expect(dns.reports).toContainEqual(expect.objectContaining({ type: 'upstreamUp' })), SOON);
  expect((await dns.ask(question('example.com'))).answers).toMatchObject([{ ttl: 60 }]);
});

it('finds a server that hands questions back, and asks it no more', async () => {
  const upstreams$ = new Subject<readonly Upstream[]>();
  using dns = await startDns(records, { upstreams$ });
  using relay = await startDns(
    {},
    { records$: NEVER, upstreams$: of([{ address: '127.0.0.1', port: dns.port }]), domain: 'elsewhere.local' },
  );
  upstreams$.next([{ address: '127.0.0.1', port: relay.port }]);
  await vi.waitFor(
    () => expect(dns.reports).toContainEqual(expect.objectContaining({ type: 'loop', server: `127.0.0.1:${relay.port}` })),
    SOON,
  );
  await vi.waitFor(async () => expect(rcodeOf(await dns.ask(question('example.com')))).toBe(2), SOON);
});

it('one client cannot keep others waiting', async () => {
  await using upstream = await scriptedUpstream(() => undefined);
  using dns = await startDns(records, { upstreams$: of([at(upstream)]), limits: { maxPerClient: 3, tryMs: 15_000, totalMs: 15_000 } });
  const socket = createSocket('udp4');
  for (const n of [1, 2, 3]) {
    socket.send(dnsPacket.encode({ type: 'query', flags: 256, ...question(`${n}.example.com`) }), dns.port, '127.0.0.1');
  }
  await vi.waitFor(() => expect(upstream.asked).toHaveLength(3), SOON);
  expect(rcodeOf(await dns.ask(question('4.example.com')))).toBe(2);
  expect(upstream.asked).toHaveLength(3);
  socket.close();
});

it('tells of an address that somebody holds, and takes it when it is free', async () => {
  const first = await startDns(records);
  const { runClusterDns } = await import('../src/index.js');
  const reports: unknown[] = [];
  const second = runClusterDns({ records$: NEVER, listen: [{ address: '127.0.0.1', port: first.port }] }).subscribe((report) =>
    reports.push(report),
  );
  await vi.waitFor(() => expect(reports).toContainEqual(expect.objectContaining({ type: 'bindFailed', code: 'EADDRINUSE' })), SOON);
  first[Symbol.dispose]();
  await vi.waitFor(() => expect(reports).toContainEqual(expect.objectContaining({ type: 'listening', port: first.port })), SOON);
  second.unsubscribe();
});
