import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, it } from 'vitest';
import { readContainerLog } from '../../../packages/cri-client/src/logs/read-container-log.js';
import { type Figure, report, spread } from './figures.js';

const LOG_BYTES = 256 << 20;
const RUNS = 5;
const BYTES_PER_MEGABYTE = 1e6;

let directory: string;
let path: string;
let bytes = 0;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'solo-kubelet-log-bench-'));
  path = join(directory, '0.log');
  const line = (index: number): string =>
    `2026-01-02T03:04:05.${String(index % 1e9).padStart(9, '0')}Z stdout F 10.0.0.${index % 250} - - "GET /index.html HTTP/1.1" 200 612 "curl/8.5.0"\n`;
  const block = Buffer.from(Array.from({ length: 10_000 }, (_, index) => line(index)).join(''));
  const file = await open(path, 'w');
  for (; bytes < LOG_BYTES; bytes += block.length) await file.write(block);
  await file.close();
});
afterAll(() => rm(directory, { recursive: true }));

it('measures reading a log', async () => {
  const figures: Figure[] = [];
  const measure = async (name: string, options: object, goal?: string): Promise<void> => {
    const rates: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const startedMs = performance.now();
      for await (const _chunk of readContainerLog({ path, ...options })) {
        // Only the reading counts.
      }
      rates.push(bytes / BYTES_PER_MEGABYTE / ((performance.now() - startedMs) / 1_000));
    }
    figures.push({ name, unit: 'MB/s', spread: spread(rates), ...(goal ? { goal } : {}) });
  };
  await measure('plain read', {}, 'over 200');
  await measure('with timestamps', { timestamps: true });
  await measure('one stream', { stream: 'stdout' });
  process.stdout.write(`${report(figures)}\n`);
}, 300_000);
