import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openVersionRange } from './version-range.js';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'versions-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const open = (nowMs: number) => openVersionRange(join(directory, 'version'), { nowMs, logger: silentLogger });

it('begins above everything that an earlier run gave out, though the clock was set back', async () => {
  const first = await open(1_800_000_000_000);
  expect(first.first).toBe(1_800_000_000_000_000);
  await first.reserve(first.first + 900_000);
  const second = await open(5);
  expect(second.first).toBeGreaterThan(first.first + 900_000);
});

it('sets more aside before it runs out', async () => {
  const { first, reserve } = await open(1);
  await reserve(first + 10);
  expect(Number(await readFile(join(directory, 'version'), 'utf8'))).toBe(first + 1_000_000);
  await reserve(first + 600_000);
  expect(Number(await readFile(join(directory, 'version'), 'utf8'))).toBe(first + 1_600_000);
});

it('begins at the clock where its record cannot be read', async () => {
  await writeFile(join(directory, 'version'), 'rubbish');
  expect((await open(1_800_000_000_000)).first).toBe(1_800_000_000_000_000);
});
