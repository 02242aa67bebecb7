import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createLineFormatter } from './line-formatter.js';
import { createWholeLines } from './whole-lines.js';

const MEBIBYTE = 1 << 20;
const HEAD = '2026-01-02T03:04:05.000000001Z stdout F ';

it('gives the same lines however the bytes are cut', () => {
  const anyText = fc.array(fc.constantFrom('\n', 'a', HEAD, 'b'.repeat(50)), { maxLength: 30 }).map((parts) => Buffer.from(parts.join('')));
  fc.assert(
    fc.property(anyText, fc.infiniteStream(fc.integer({ min: 1, max: 60 })), (bytes, sizes) => {
      const lines = createWholeLines();
      const given: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value as number;
        given.push(Buffer.from(lines.push(bytes.subarray(at, at + size))));
        at += size;
      }
      expect(Buffer.concat(given).equals(bytes.subarray(0, bytes.lastIndexOf('\n') + 1))).toBe(true);
    }),
  );
});

it.each(['F', 'P'])('gives a line that is longer than is held in pieces, and its end as the runtime marked it: %s', (tag) => {
  const head = HEAD.replace(' F ', ` ${tag} `);
  const text = `${head}${'x'.repeat(5 * MEBIBYTE)}\n${HEAD}next\n`;
  const lines = createWholeLines();
  const given: string[] = [];
  for (let at = 0; at < text.length; at += 1 << 18) given.push(lines.push(Buffer.from(text.slice(at, at + (1 << 18)))).toString());
  const records = given.join('').trimEnd().split('\n');
  expect(records.slice(0, -2).every((record) => record.startsWith(HEAD.replace(' F ', ' P ')))).toBe(true);
  expect(records.at(-2)?.slice(0, head.length)).toBe(head);
  expect(records.at(-1)).toBe(`${HEAD}next`);
  expect(records.slice(0, -1).reduce((sum, record) => sum + record.length - head.length, 0)).toBe(5 * MEBIBYTE);
});

it('leaves out what is no record, however long it is', () => {
  const lines = createWholeLines();
  for (let index = 0; index < 40; index += 1) expect(lines.push(Buffer.alloc(MEBIBYTE, 'x')).length).toBe(0);
  expect(lines.push(Buffer.from(`x\n${HEAD}next\n`)).toString()).toBe(`${HEAD}next\n`);
});

it('a line of 256 MB without an end costs neither memory nor time', () => {
  const formatter = createLineFormatter({});
  const chunk = Buffer.alloc(1 << 18, 'x');
  formatter.push(Buffer.from(HEAD));
  const [before, startedMs] = [process.memoryUsage.rss(), performance.now()];
  let [bytes, most] = [0, 0];
  for (let index = 0; index < 1_024; index += 1) {
    bytes += formatter.push(chunk).length;
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  expect(bytes).toBeGreaterThan(254 * MEBIBYTE);
  expect(most).toBeLessThan(100 * MEBIBYTE);
  // Joining what was held with each chunk takes over a minute.
  expect(performance.now() - startedMs).toBeLessThan(15_000);
});
