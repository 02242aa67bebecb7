import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockPath } from './root-lock.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lock-'));
});
afterEach(() => rm(directory, { recursive: true }));

it('lets one holder have a path at a time', async () => {
  const first = await lockPath(directory);
  await expect(lockPath(directory)).rejects.toMatchObject({ code: 'CLI_LOCKED', message: `another kubelet is using ${directory}` });
  await first[Symbol.asyncDispose]();
  await using _second = await lockPath(directory);
});

it('knows a path by whatever name', async () => {
  await using _first = await lockPath(directory);
  await expect(lockPath(`${directory}/../${directory.split('/').at(-1)}/.`)).rejects.toMatchObject({ code: 'CLI_LOCKED' });
});
