import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireFileLock, hasWaiter } from './file-lock.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flock-'));
});
afterEach(() => rm(directory, { recursive: true }));

const options = { logger: silentLogger, signal: AbortSignal.timeout(20_000) };

it('tells who waits for a lock from who holds or wants another', () => {
  const locks = `1: POSIX  ADVISORY  WRITE 77 00:19:5 0 EOF
2: FLOCK  ADVISORY  WRITE 42 fe:00:123 0 EOF
2: -> FLOCK  ADVISORY  WRITE 43 fe:00:123 0 EOF
3: FLOCK  ADVISORY  WRITE 50 fe:00:124 0 EOF
`;
  expect(hasWaiter(locks, 42)).toBe(true);
  expect(hasWaiter(locks, 50)).toBe(false);
  expect(hasWaiter(locks, 43)).toBe(false);
});

it('holds the file against other programs, tells when one waits, and lets go', async () => {
  const path = join(directory, 'kubelet.lock');
  const lock = await acquireFileLock(path, options);
  const other = spawn('flock', [path, 'echo', 'mine'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await lock.contended(options);
  expect(other.exitCode).toBeNull();
  const said = once(other.stdout, 'data');
  await lock[Symbol.asyncDispose]();
  expect(String((await said)[0])).toBe('mine\n');
});

it('takes a path for a path, whatever it begins with', async () => {
  const before = process.cwd();
  process.chdir(directory);
  try {
    const lock = await acquireFileLock('--version', options);
    await lock[Symbol.asyncDispose]();
    await access(join(directory, '--version'));
  } finally {
    process.chdir(before);
  }
});

it('waits until the file is free', async () => {
  const path = join(directory, 'kubelet.lock');
  const first = await acquireFileLock(path, options);
  const second = acquireFileLock(path, options);
  await first.contended(options);
  await first[Symbol.asyncDispose]();
  await (await second)[Symbol.asyncDispose]();
});

it('says why a file cannot be locked', async () => {
  await expect(acquireFileLock(join(directory, 'no/such/file'), options)).rejects.toMatchObject({
    code: 'KUBELET_LOCKED',
    message: expect.stringContaining('no/such/file'),
  });
});
