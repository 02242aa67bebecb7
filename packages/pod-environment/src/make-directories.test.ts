import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectories } from './make-directories.js';
import { canMount } from './testing/as-root.js';

const run = promisify(execFile);
let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'directories-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('makeDirectories', () => {
  it('makes all that is missing and is content with what is there, links to directories included', async () => {
    await makeDirectories(join(directory, 'a/b/c'), 0o750);
    expect((await stat(join(directory, 'a/b'))).mode & 0o777).toBe(0o750);
    await makeDirectories(join(directory, 'a/b/c'), 0o750);
    await symlink('a', join(directory, 'link'));
    await makeDirectories(join(directory, 'link/d'), 0o750);
    expect((await stat(join(directory, 'a/d'))).isDirectory()).toBe(true);
  });

  it.each(['file', 'file/below', 'dangling'])('fails where %s is in the way', async (path) => {
    await writeFile(join(directory, 'file'), '');
    await symlink('nowhere', join(directory, 'dangling'));
    await expect(makeDirectories(join(directory, path), 0o750)).rejects.toMatchObject({
      code: path === 'file/below' ? 'ENOTDIR' : 'EEXIST',
    });
  });
});

describe.runIf(canMount)('makeDirectories on a full file system', () => {
  it('says so', async () => {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=64k,nr_inodes=1', 'full', directory]);
    try {
      await expect(makeDirectories(join(directory, 'a/b'), 0o750)).rejects.toMatchObject({ code: 'ENOSPC' });
    } finally {
      await run('umount', [directory]);
    }
  });
});
