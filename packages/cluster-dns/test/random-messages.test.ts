import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { of } from 'rxjs';
import { expect, it } from 'vitest';
import { createZone } from '../src/index.js';
import { createAnswerer } from '../src/server/answer-query.js';
import { readReply } from '../src/wire/read-reply.js';
import { writeReply } from '../src/wire/write-reply.js';
import { startDns } from './started-dns.js';

const WEB = 'web.shop.svc.cluster.local';
const zone = createZone({ domain: 'cluster.local', records: new Map([[WEB, [{ type: 'A', address: '10.96.0.7' }]]]) });
const answer = createAnswerer({
  zone: () => zone,
  domain: 'cluster.local',
  forwarder: { forward: () => ({ type: 'none', why: 'nobody' }) },
  isOwnProbe: () => false,
  count: () => {},
});

const good = dnsPacket.encode({
  type: 'query',
  id: 1,
  flags: 256,
  questions: [{ name: WEB, type: 'A' }],
  additionals: [{ type: 'OPT', name: '.', udpPayloadSize: 1_232, ednsVersion: 0, extendedRcode: 0, flags: 0, flag_do: false, options: [] }],
});
/** A message of which some bytes are others: most of it still makes sense. */
const damaged = (message: Uint8Array) =>
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(message.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      fc.integer({ min: 0, max: message.length }),
    )
    .map(([changes, length]) => {
      const bytes = Uint8Array.from(message);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes.subarray(0, length);
    });

it('answers every message that has a header and is no answer, with one that can be read', () => {
  fc.assert(
    fc.property(
      fc.oneof(damaged(good), fc.uint8Array({ maxLength: 300 })),
      fc.constantFrom('udp' as const, 'tcp' as const),
      (message, transport) => {
        const said = answer(message, { address: '127.0.0.1', transport });
        const expected = message.length >= 12 && ((message[2] ?? 0) & 0x80) === 0;
        expect(said !== undefined).toBe(expected);
        if (!(said instanceof Uint8Array)) return;
        const read = dnsPacket.decode(Buffer.from(said));
        expect(read.id).toBe(((message[0] ?? 0) << 8) | (message[1] ?? 0));
        expect(said.length).toBeLessThanOrEqual(transport === 'udp' ? 1_232 : 65_535);
      },
    ),
    { numRuns: 3_000 },
  );
});

it('takes no damaged reply for more than it is', () => {
  const question = good.subarray(12, 12 + WEB.length + 2 + 4);
  const reply = dnsPacket.encode({
    type: 'response',
    id: 1,
    questions: [{ name: WEB, type: 'A' }],
    answers: [
      { name: WEB, type: 'CNAME', ttl: 60, data: 'example.com' },
      { name: 'example.com', type: 'A', ttl: 60, data: '192.0.2.1' },
    ],
    additionals: [
      { type: 'OPT', name: '.', udpPayloadSize: 1_232, ednsVersion: 0, extendedRcode: 0, flags: 0, flag_do: false, options: [] },
    ],
  });
  fc.assert(
    fc.property(fc.oneof(damaged(reply), fc.uint8Array({ maxLength: 300 })), (message) => {
      const read = readReply(message, { id: 1, question });
      if (read === undefined) return;
      const query = {
        id: 7,
        opcode: 0,
        questions: 1,
        recursionDesired: true,
        checkingDisabled: false,
        question: { name: WEB, type: 1, class: 1, bytes: question },
      };
      const written = writeReply(read, query, { ageSeconds: 10, maxBytes: 512 });
      expect(written.length).toBeLessThanOrEqual(512);
      expect(written[1]).toBe(7);
    }),
    { numRuns: 3_000 },
  );
});

it('still answers after a thousand random datagrams and broken connections', async () => {
  using dns = await startDns({ [WEB]: [{ type: 'A', address: '10.96.0.7' }] }, { upstreams$: of([]) });
  const samples = fc
    .sample(fc.oneof(damaged(good), fc.uint8Array({ minLength: 1, maxLength: 600 })), 1_000)
    .filter(({ length }) => length > 0);
  await Promise.all(samples.map((message) => dns.send(message, 1)));
  expect((await dns.askByTcp({ questions: [{ name: WEB, type: 'A' }] })).answers).toHaveLength(1);
  expect((await dns.ask({ questions: [{ name: WEB, type: 'A' }] })).answers).toHaveLength(1);
});
