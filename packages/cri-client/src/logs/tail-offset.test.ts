import { expect, it } from 'vitest';
import { findTailOffset } from './tail-offset.js';

const MEBIBYTE = 1 << 20;
const line = (stream: string, text: string): string => `2026-01-02T03:04:05.000000001Z ${stream} F ${text}\n`;

it.each([undefined, 'stdout', 'stderr'] as const)('finds the last lines before one that is longer than a block; of %s', async (stream) => {
  const [first, long, last] = [line('stdout', 'first'), line('stderr', 'x'.repeat(300_000)), line('stdout', 'last')];
  const bytes = Buffer.from(first + long + last);
  const read = async (into: Buffer, position: number): Promise<void> => void bytes.copy(into, 0, position);
  const expected = { stdout: 0, stderr: first.length, none: first.length }[stream ?? 'none'];
  const count = { stdout: 2, stderr: 1, none: 2 }[stream ?? 'none'];
  expect(await findTailOffset(read, bytes.length, count, stream)).toEqual({ offset: expected, found: count });
});

it('looks back over a line of 256 MB in the time of reading it', async () => {
  const size = 256 * MEBIBYTE;
  const read = async (into: Buffer, position: number): Promise<void> => {
    into.fill('x');
    if (position + into.length === size) into[into.length - 1] = 0x0a;
  };
  const [before, startedMs] = [process.memoryUsage.rss(), performance.now()];
  expect(await findTailOffset(read, size, 10)).toEqual({ offset: 0, found: 1 });
  expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MEBIBYTE);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
});
