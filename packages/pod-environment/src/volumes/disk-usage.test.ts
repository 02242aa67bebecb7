import { execFileSync } from 'node:child_process';
import { link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMount, temporaryDirectory } from '../testing/as-root.js';
import { diskUsage } from './disk-usage.js';

const KIB = 1024;
let temporary: ReturnType<typeof temporaryDirectory>;
let volume: string;
let empty: number;
beforeEach(async () => {
  temporary = temporaryDirectory();
  volume = join(temporary.path, 'volume');
  await mkdir(join(volume, 'sub'), { recursive: true });
  await writeFile(join(temporary.path, 'outside'), Buffer.alloc(512 * KIB, 1));
  empty = (await diskUsage(volume)).usedBytes;
});
afterEach(() => temporary.remove());
const grownKib = async (): Promise<number> => Math.floor((await diskUsage(volume)).usedBytes - empty) / KIB;

describe('diskUsage', () => {
  it('counts a file once, however many names it has, and no target of a link', async () => {
    await writeFile(join(volume, 'sub/file'), Buffer.alloc(256 * KIB, 1));
    await link(join(volume, 'sub/file'), join(volume, 'again'));
    await symlink(join(temporary.path, 'outside'), join(volume, 'link'));
    expect(await grownKib()).toBeGreaterThanOrEqual(256);
    expect(await grownKib()).toBeLessThan(512);
    expect((await diskUsage(volume)).usedInodes).toBe(4); // two directories, a file, a link
  });

  it.runIf(canMount)('leaves other file systems out (as root)', async () => {
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(volume, 'sub')]);
    await writeFile(join(volume, 'sub/file'), Buffer.alloc(256 * KIB, 1));
    expect(await grownKib()).toBeLessThan(64);
    execFileSync('umount', [join(volume, 'sub')]);
  });

  it('stops when nobody waits any more', async () => {
    await expect(diskUsage(volume, AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
  });
});
