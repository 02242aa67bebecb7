import { execFileSync } from 'node:child_process';
import { chmod, link, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskUsage } from './disk-usage.js';
import { canMount, temporaryDirectory } from './testing/as-root.js';

const KIB = 1024;
const canReadAll = process.getuid?.() === 0;
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

/** Runs a script inside a directory, for what no path can name. */
const inside = (directory: string, script: string): void => {
  execFileSync(process.execPath, ['-e', script], { cwd: directory, stdio: 'ignore' });
};

describe('diskUsage', () => {
  it('counts files whose names are not UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${volume}/sub/`), Buffer.from([0xff, 0xfe])]), Buffer.alloc(256 * KIB, 1));
    expect(await grownKib()).toBeGreaterThanOrEqual(256);
  });

  it('counts what lies deeper than a path may be long, and all of what lies beside the way there', async () => {
    inside(
      volume,
      `const { mkdirSync, writeFileSync } = require('node:fs');
      for (let depth = 0; depth < 420; depth++) {
        mkdirSync('ddddddddd');
        if (depth % 10 === 0) {
          mkdirSync('beside');
          writeFileSync('beside/file', '');
        }
        process.chdir('ddddddddd');
      }
      writeFileSync('bottom', Buffer.alloc(${256 * KIB}, 1));`,
    );
    const usage = await diskUsage(volume);
    expect(usage.usedBytes - empty).toBeGreaterThanOrEqual(256 * KIB);
    expect(usage.inodesUsed).toBe(2 + 420 + 2 * 42 + 1);
    expect(usage).not.toHaveProperty('unread');
  });

  it('is nothing for what is not there, and the file itself for a file', async () => {
    expect(await diskUsage(join(volume, 'missing'))).toEqual({ usedBytes: 0, inodesUsed: 0 });
    expect(await diskUsage(join(temporary.path, 'outside'))).toMatchObject({ inodesUsed: 1 });
  });

  it.runIf(!canReadAll)('tells what it cannot look into', async () => {
    await chmod(join(volume, 'sub'), 0);
    const { unread } = await diskUsage(volume);
    await chmod(join(volume, 'sub'), 0o700);
    expect(unread).toMatchObject({ count: 1, first: { code: 'EACCES' } });
  });

  it('counts a file once, however many names it has, and no target of a link', async () => {
    await writeFile(join(volume, 'sub/file'), Buffer.alloc(256 * KIB, 1));
    await link(join(volume, 'sub/file'), join(volume, 'again'));
    await symlink(join(temporary.path, 'outside'), join(volume, 'link'));
    expect(await grownKib()).toBeGreaterThanOrEqual(256);
    expect(await grownKib()).toBeLessThan(512);
    expect((await diskUsage(volume)).inodesUsed).toBe(4); // two directories, a file, a link
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
