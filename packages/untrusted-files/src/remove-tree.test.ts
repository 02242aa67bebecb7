import { execFileSync } from 'node:child_process';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from './remove-tree.js';
import { canMount, temporaryDirectory } from './testing/as-root.js';

let temporary: ReturnType<typeof temporaryDirectory>;
let at: (name: string) => string;
beforeEach(async () => {
  temporary = temporaryDirectory();
  at = (name) => join(temporary.path, name);
  await mkdir(at('tree/deep/er'), { recursive: true });
  await mkdir(at('outside'));
  await writeFile(at('outside/precious'), 'data');
});
afterEach(() => temporary.remove());

describe('removeTree', () => {
  it('deletes everything, links without following them', async () => {
    await writeFile(at('tree/deep/file'), '');
    await writeFile(Buffer.concat([Buffer.from(at('tree/deep/')), Buffer.from([0xff, 0xfe])]), 'a name that is not UTF-8');
    await symlink(at('outside'), at('tree/deep/link'));
    await removeTree(at('tree'));
    await expect(stat(at('tree'))).rejects.toThrow('ENOENT');
    expect(await readFile(at('outside/precious'), 'utf8')).toBe('data');
  });

  it('is content with a directory that is not there', async () => {
    await removeTree(at('missing'));
    await removeTree(at('missing/too'));
  });

  it('copes with a tree deeper than a path may be long', async () => {
    // Built from the inside, for no single path could name the bottom.
    const script = `
      const { chdir } = process, { mkdirSync, writeFileSync } = require('node:fs');
      for (let depth = 0; depth < 420; depth++) { mkdirSync('ddddddddd'); chdir('ddddddddd'); }
      writeFileSync('bottom', '');`;
    execFileSync(process.execPath, ['-e', script], { cwd: at('tree'), stdio: 'ignore' });
    await removeTree(at('tree'));
    await expect(stat(at('tree'))).rejects.toThrow('ENOENT');
  }, 30_000);
});

describe('removeTree, taken up again', () => {
  it('moves deep directories beside those that an interrupted call has moved, and those that a container named so', async () => {
    const deep = join(...Array.from({ length: 40 }, () => 'd'), 'last');
    await mkdir(join(at('tree'), deep), { recursive: true });
    await writeFile(join(at('tree'), deep, 'file'), '');
    for (const name of ['..moved-0', '..moved-1']) await mkdir(join(at('tree'), name, 'full'), { recursive: true });
    await writeFile(at('tree/..moved-2'), 'a file');
    await removeTree(at('tree'));
    await expect(stat(at('tree'))).rejects.toThrow('ENOENT');
  });

  it('goes on where an abort has stopped it', async () => {
    await expect(removeTree(at('tree'), AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    await removeTree(at('tree'));
    await expect(stat(at('tree'))).rejects.toThrow('ENOENT');
  });
});

describe.runIf(canMount)('removeTree around mounts (as root)', () => {
  it.each([
    ['a bind mount of the same file system', (target: string) => execFileSync('mount', ['--bind', at('outside'), target])],
    ['another file system', (target: string) => execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', target])],
  ])('stops at %s and leaves what is behind it', async (_, mount) => {
    mount(at('tree/deep/er'));
    await writeFile(at('tree/deep/er/behind'), '');
    await expect(removeTree(at('tree'))).rejects.toThrow('something is mounted on er');
    expect((await stat(at('tree/deep/er/behind'))).isFile()).toBe(true);
    expect(await readFile(at('outside/precious'), 'utf8')).toBe('data');
    execFileSync('umount', [at('tree/deep/er')]);
    await removeTree(at('tree'));
  });

  it('stops at a file that is bound', async () => {
    await writeFile(at('tree/file'), '');
    execFileSync('mount', ['--bind', at('outside/precious'), at('tree/file')]);
    await expect(removeTree(at('tree'))).rejects.toMatchObject({ code: 'EBUSY' });
    expect(await readFile(at('outside/precious'), 'utf8')).toBe('data');
    execFileSync('umount', [at('tree/file')]);
  });
});
