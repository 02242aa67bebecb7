import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSystemUuid } from './system-uuid.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'system-uuid-'));
});
afterEach(() => rm(root, { recursive: true }));

const put = async (path: string, content: string): Promise<void> => {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), content);
};

it('asks the firmware first, then the device tree, and last the installation', async () => {
  expect(await readSystemUuid(root)).toBe('');
  await put('etc/machine-id', 'of-installation\n');
  expect(await readSystemUuid(root)).toBe('of-installation');
  await put('proc/device-tree/vm,uuid', 'of-tree\0');
  expect(await readSystemUuid(root)).toBe('of-tree');
  await put('sys/class/dmi/id/product_uuid', 'OF-FIRMWARE\n');
  expect(await readSystemUuid(root)).toBe('OF-FIRMWARE');
});

it('passes over a place that is there and says nothing', async () => {
  await put('sys/class/dmi/id/product_uuid', '\n');
  await put('etc/machine-id', 'of-installation\n');
  expect(await readSystemUuid(root)).toBe('of-installation');
});
