import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
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
  await expect(lockPath(directory)).rejects.toMatchObject({ code: 'KUBELET_LOCKED', message: `another kubelet is using ${directory}` });
  await first[Symbol.asyncDispose]();
  await using _second = await lockPath(directory);
});

it('knows a path by whatever name', async () => {
  await using _first = await lockPath(directory);
  await expect(lockPath(`${directory}/../${directory.split('/').at(-1)}/.`)).rejects.toMatchObject({ code: 'KUBELET_LOCKED' });
});

it('is a file that only its owner can open; no name in the abstract name space keeps anybody out', async () => {
  const name = createHash('sha256').update(directory).digest('hex').slice(0, 32);
  const squatter = createServer().listen(`\0solo-kubelet-${name}`);
  await once(squatter, 'listening');
  await using _lock = await lockPath(directory);
  expect((await stat(join(directory, '.solo-kubelet.lock'))).mode & 0o777).toBe(0o600);
  squatter.close();
});

it('does not follow a link that somebody laid in its place', async () => {
  await symlink('/dev/null', join(directory, '.solo-kubelet.lock'));
  await expect(lockPath(directory)).rejects.toMatchObject({ code: 'KUBELET_LOCKED' });
});
