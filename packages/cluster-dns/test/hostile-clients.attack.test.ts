import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { createZone, type DnsRecord } from '../src/index.js';
import { createAnswerer } from '../src/server/answer-query.js';
import { type Reply, readReply } from '../src/wire/read-reply.js';
import { startDns } from './started-dns.js';

const WEB = 'web.shop.svc.cluster.local';
const BIG = 'big.shop.svc.cluster.local';
const ELSEWHERE = 'elsewhere.shop.svc.cluster.local';
const ADDRESSES = 4_000;
const records: Readonly<Record<string, readonly DnsRecord[]>> = {
  [WEB]: [{ type: 'A', address: '10.96.0.7' }],
  [BIG]: Array.from({ length: ADDRESSES }, (_, at) => ({ type: 'A', address: `10.1.${at >> 8}.${at & 255}` })),
  [ELSEWHERE]: [{ type: 'CNAME', target: 'example.com' }],
};

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

const nameBytes = (name: string): Buffer =>
  Buffer.concat([...name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`, 'latin1')), Buffer.of(0)]);

const questionOf = (name: string, type = 1): Buffer => Buffer.concat([nameBytes(name), Buffer.of(type >> 8, type & 255, 0, 1)]);

const message = (flags: number, counts: readonly [number, number], question: Buffer, rest: readonly Buffer[]): Buffer => {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(7, 0);
  header.writeUInt16BE(flags, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(counts[0], 6);
  header.writeUInt16BE(counts[1], 10);
  return Buffer.concat([header, question, ...rest]);
};

const query = (name: string, type?: number): Buffer => message(0x100, [0, 0], questionOf(name, type), []);

/** A record whose owner is the name at an offset. */
const recordAt = (offset: number, type: number, data: Buffer): Buffer =>
  Buffer.concat([
    Buffer.of(0xc0 | (offset >> 8), offset & 255, type >> 8, type & 255, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255),
    data,
  ]);

/** As many as a message of 64 KiB has room for. */
const filledWith = (record: Buffer, before: number): readonly Buffer[] => Array(Math.floor((65_400 - before) / record.length)).fill(record);

const LONG_NAME = Array(120).fill('a').join('.');

const TYPES = { A: 1, NS: 2, CNAME: 5, SOA: 6, MX: 15, TXT: 16, SRV: 33, unknown: 65_280 };

const dataOf = (type: string): Buffer => {
  if (type === 'A') return Buffer.of(192, 0, 2, 1);
  if (type === 'NS' || type === 'CNAME') return Buffer.of(0xc0, 12);
  if (type === 'SOA') return Buffer.concat([Buffer.of(0xc0, 12, 0xc0, 12), Buffer.alloc(20)]);
  if (type === 'MX') return Buffer.of(0, 1, 0xc0, 12);
  if (type === 'SRV') return Buffer.of(0, 1, 0, 1, 0, 1, 0xc0, 12);
  return Buffer.alloc(type === 'TXT' ? 1 : 0);
};

/** A query of 64 KiB: thousands of records that no query needs, each with a long name. */
const stuffed = (type: keyof typeof TYPES): Buffer => {
  const question = questionOf(LONG_NAME);
  const rest = filledWith(recordAt(12, TYPES[type], dataOf(type)), 12 + question.length);
  return message(0x100, [0, rest.length], question, rest);
};

const answererFor = (reply?: Reply) => {
  const zone = createZone({ domain: 'cluster.local', records: new Map(Object.entries(records)) });
  return createAnswerer({
    zone: () => zone,
    domain: 'cluster.local',
    forwarder: {
      forward: () => (reply === undefined ? { type: 'none', why: 'nobody' } : { type: 'reply', reply, ageSeconds: 0, fresh: true }),
    },
    isOwnProbe: () => false,
    count: () => {},
  });
};

/** Time of the processor that something takes, ms: what else runs on the machine does not count. */
const costMs = (work: () => void): number => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

it.each(Object.keys(TYPES) as (keyof typeof TYPES)[])('a query full of %s records takes no more than its bytes', (type) => {
  const answer = answererFor();
  const bytes = stuffed(type);
  const ms = costMs(() => {
    for (let round = 0; round < 30; round += 1) expect(answer(bytes, { address: '127.0.0.1', transport: 'udp' })).toBeDefined();
  });
  expect(ms).toBeLessThan(600);
});

it('names that go from pointer to pointer through a whole message are refused early', () => {
  const question = questionOf(LONG_NAME);
  const first = 12 + question.length;
  // One record whose data is a chain: each pointer leads to the one before it, and the first to the question.
  const links = 8_000;
  const chainAt = first + 12;
  const chain = Buffer.alloc(links * 2);
  for (let link = 0; link < links; link += 1) chain.writeUInt16BE(0xc000 | (link === 0 ? 12 : chainAt + link * 2 - 2), link * 2);
  const carrier = recordAt(12, TYPES.unknown, chain);
  const rest = filledWith(recordAt(chainAt + links * 2 - 2, TYPES.unknown, Buffer.alloc(0)), first + carrier.length);
  const query = message(0x100, [0, rest.length + 1], question, [carrier, ...rest]);
  const answer = answererFor();
  const ms = costMs(() => {
    for (let round = 0; round < 30; round += 1) {
      const said = answer(query, { address: '127.0.0.1', transport: 'udp' });
      // FORMERR.
      expect(said instanceof Uint8Array && (said[3] ?? 0) & 0xf).toBe(1);
    }
  });
  expect(ms).toBeLessThan(600);
});

it('a name with thousands of addresses costs by what fits into an answer', () => {
  const answer = answererFor();
  const ms = costMs(() => {
    for (let round = 0; round < 200; round += 1) {
      const said = answer(query(BIG), { address: '127.0.0.1', transport: 'udp' });
      expect(said instanceof Uint8Array && said.length).toBeLessThanOrEqual(512);
    }
  });
  expect(ms).toBeLessThan(1_000);
});

it.each(['A', 'CNAME', 'MX', 'TXT', 'SRV'] as const)(
  'an ExternalName whose server answers with thousands of %s records costs little',
  (type) => {
    const question = questionOf('example.com', TYPES[type]);
    const rest = filledWith(recordAt(12, TYPES[type], dataOf(type)), 12 + question.length);
    const reply = readReply(message(0x8180, [rest.length, 0], question, rest), { id: 7, question });
    if (reply === undefined) throw new Error('no reply');
    const answer = answererFor(reply);
    const ms = costMs(() => {
      for (let round = 0; round < 50; round += 1) {
        const said = answer(query(ELSEWHERE, TYPES[type]), { address: '127.0.0.1', transport: 'tcp' });
        expect(said instanceof Uint8Array && said.length).toBeGreaterThan(0);
      }
    });
    expect(ms).toBeLessThan(600);
  },
);

/** The longest time in which nothing else was done, ms, until it is disposed. */
const longestPause = (): { readonly ms: () => number } & Disposable => {
  let [longest, at] = [0, performance.now()];
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - at - 10);
    at = performance.now();
  }, 10);
  return { ms: () => Math.max(longest, performance.now() - at - 10), [Symbol.dispose]: () => clearInterval(timer) };
};

it.each([
  ['reads nothing', false],
  ['reads all', true],
])('thousands of questions sent ahead by a client that %s hold up nobody else', async (_, reads) => {
  using dns = await startDns(records);
  const framed = Buffer.concat([Buffer.of(0, query(BIG).length), query(BIG)]);
  const socket = connect({ host: '127.0.0.1', port: dns.port });
  sockets.push(socket);
  let received = 0;
  socket.on('error', () => {});
  if (reads) socket.on('data', ({ length }) => (received += length));
  using pause = longestPause();
  socket.on('connect', () => socket.write(Buffer.concat(Array(3_000).fill(framed))));
  // Others are answered meanwhile.
  for (let round = 0; round < 5; round += 1) {
    const said = await dns.ask({ questions: [{ name: WEB, type: 'A' }] });
    expect(said.answers).toHaveLength(1);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (reads) expect(received).toBeGreaterThan(65_000);
  expect(pause.ms()).toBeLessThan(1_000);
});

it('every question that is sent ahead is answered, however slowly a client reads', async () => {
  using dns = await startDns(records);
  const framed = Buffer.concat([Buffer.of(0, query(BIG).length), query(BIG)]);
  const socket = connect({ host: '127.0.0.1', port: dns.port });
  sockets.push(socket);
  const count = 100;
  let received = 0;
  const all = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${received} bytes`)));
    socket.on('data', ({ length }) => {
      received += length;
      socket.pause();
      setTimeout(() => socket.resume(), 1);
      // A header, the question, and 16 bytes for each address.
      if (received >= count * (2 + query(BIG).length + ADDRESSES * 16)) resolve();
    });
  });
  socket.write(Buffer.concat(Array(count).fill(framed)));
  await all;
});

it('queries of any form are answered or passed over, in time', () => {
  const answer = answererFor();
  const record = fc
    .tuple(fc.nat(300), fc.constantFrom(...Object.values(TYPES), 41, 250), fc.uint8Array({ maxLength: 40 }))
    .map(([offset, type, data]) => recordAt(offset, type, Buffer.from(data)));
  fc.assert(
    fc.property(
      fc.constantFrom(WEB, BIG, ELSEWHERE, LONG_NAME, 'svc.cluster.local', 'cluster.local'),
      fc.constantFrom(...Object.values(TYPES), 255, 252, 0, 41, 28, 12),
      fc.array(record, { maxLength: 40 }),
      fc.tuple(fc.nat(60), fc.nat(60)),
      fc.nat(0xffff),
      (name, type, rest, counts, flags) => {
        const bytes = message(flags & 0x7fff, counts, questionOf(name, type), rest);
        const startedAt = performance.now();
        for (const transport of ['udp', 'tcp'] as const) {
          const said = answer(bytes, { address: '127.0.0.1', transport });
          expect(said instanceof Uint8Array && said.length).toBeLessThanOrEqual(transport === 'udp' ? 1_232 : 65_535);
        }
        expect(performance.now() - startedAt).toBeLessThan(1_000);
      },
    ),
  );
});
