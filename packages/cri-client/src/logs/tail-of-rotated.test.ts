import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listRotatedLogs } from './log-files.js';
import { tailOfRotated } from './tail-of-rotated.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rotated-'));
});
afterAll(() => rm(directory, { recursive: true }));

const never = new AbortController().signal;
const line = (stream: 'stdout' | 'stderr', text: string): string => `2026-01-02T03:04:05.000000001Z ${stream} F ${text}\n`;

it('gives the last lines of plain and compressed files, of either stream or both', async () => {
  const file = fc.record({
    lines: fc.array(fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.constantFrom('', 'a', 'b'.repeat(300)))),
    compressed: fc.boolean(),
  });
  const stream = fc.constantFrom('stdout' as const, 'stderr' as const, undefined);
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(file, { maxLength: 4 }), fc.nat(20), stream, async (files, wanted, only) => {
      run += 1;
      const path = join(directory, `${run}.log`);
      for (const [index, { lines, compressed }] of files.entries()) {
        const text = lines.map(([name, content]) => line(name, content)).join('');
        await writeFile(`${path}.2026010${index}-000000${compressed ? '.gz' : ''}`, compressed ? gzipSync(text) : text);
      }
      const chunks: Buffer[] = [];
      for await (const chunk of tailOfRotated(await listRotatedLogs(path), wanted, only, never)) chunks.push(Buffer.from(chunk));
      const ofStream = (text: string): readonly string[] =>
        text.split('\n').filter((one) => one !== '' && (only === undefined || one.includes(` ${only} F `)));
      const all = files.flatMap(({ lines }) => lines.map(([name, content]) => line(name, content))).join('');
      expect(ofStream(Buffer.concat(chunks).toString())).toEqual(wanted === 0 ? [] : ofStream(all).slice(-wanted));
    }),
    { numRuns: 60 },
  );
});

it('holds no file in memory: a compressed file of 64 MB costs less than 24 MB', async () => {
  const path = join(directory, 'large.log');
  const text = line('stdout', 'x'.repeat(1_000)).repeat(64_000);
  await writeFile(`${path}.20260101-000000.gz`, gzipSync(text));
  const before = process.memoryUsage.rss();
  let [bytes, most] = [0, 0];
  for await (const chunk of tailOfRotated(await listRotatedLogs(path), 63_999, undefined, never)) {
    bytes += chunk.length;
    most = Math.max(most, process.memoryUsage.rss() - before);
  }
  expect(bytes).toBe(text.length - text.length / 64_000);
  expect(most).toBeLessThan(24_000_000 + text.length / 4);
});
