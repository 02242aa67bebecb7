import { chmod, lstat, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getuid } from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../testing/as-root.js';
import { applyFsGroup } from './fs-group.js';

let temporary: ReturnType<typeof temporaryDirectory>;
let directory: string;
beforeEach(async () => {
  temporary = temporaryDirectory();
  directory = join(temporary.path, 'volume');
  await mkdir(join(directory, 'sub'), { recursive: true });
  await writeFile(join(directory, 'sub/file'), '', { mode: 0o600 });
  await writeFile(join(temporary.path, 'outside'), '', { mode: 0o600 });
  await symlink('../../outside', join(directory, 'sub/link'));
});
afterEach(() => temporary.remove());

const modeOf = async (name: string): Promise<string> => ((await stat(join(directory, name))).mode & 0o7777).toString(8);

describe.runIf(getuid?.() === 0)('applyFsGroup (as root)', () => {
  it('gives the whole tree to the group, links by themselves', async () => {
    expect(await applyFsGroup({ directory, fsGroup: 2000, readOnly: false })).toEqual([]);
    for (const name of ['.', 'sub', 'sub/file', 'sub/link']) expect((await lstat(join(directory, name))).gid).toBe(2000);
    expect(await modeOf('.')).toBe('2775');
    expect(await modeOf('sub/file')).toBe('660');
    expect((await stat(join(temporary.path, 'outside'))).gid).toBe(0);
    expect((await stat(join(temporary.path, 'outside'))).mode & 0o777).toBe(0o600);
  });

  it('lets the group only read a read-only volume', async () => {
    await applyFsGroup({ directory, fsGroup: 2000, readOnly: true });
    expect(await modeOf('sub/file')).toBe('640');
    expect(await modeOf('sub')).toBe('2755');
  });

  it('walks again with Always, but not with OnRootMismatch once the root fits', async () => {
    await applyFsGroup({ directory, fsGroup: 2000, readOnly: false });
    await chmod(join(directory, 'sub/file'), 0o600);
    await applyFsGroup({ directory, fsGroup: 2000, readOnly: false, changePolicy: 'OnRootMismatch' });
    expect(await modeOf('sub/file')).toBe('600');
    await applyFsGroup({ directory, fsGroup: 2000, readOnly: false });
    expect(await modeOf('sub/file')).toBe('660');
    await applyFsGroup({ directory, fsGroup: 3000, readOnly: false, changePolicy: 'OnRootMismatch' });
    expect((await stat(join(directory, 'sub/file'))).gid).toBe(3000);
  });
});
