import { chmod, mkdir, mkdtemp, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeOwnDirectory } from '../../setup/make-shared.mjs';

let base: string;
let path: string;
const NOT_OURS = /is there and is not ours/;
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'solo-kubelet-own-'));
  path = join(base, 'fixed');
});
afterEach(() => rm(base, { recursive: true }));

it('makes a directory, and takes it again', async () => {
  expect([makeOwnDirectory(path), makeOwnDirectory(path)]).toEqual([true, false]);
  expect((await stat(path)).mode & 0o777).toBe(0o755);
});

it('does not take over what somebody else made', async () => {
  await mkdir(path, { mode: 0o755 });
  expect(() => makeOwnDirectory(path, 54_321)).toThrow(NOT_OURS);
  await chmod(path, 0o777);
  expect(() => makeOwnDirectory(path)).toThrow(NOT_OURS);
  await rm(path, { recursive: true });
  await symlink(base, path);
  expect(() => makeOwnDirectory(path)).toThrow(NOT_OURS);
});
