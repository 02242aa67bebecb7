import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdir, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMounter, type Mounter } from '../mounts/mounter.js';
import { runCommand } from '../mounts/run-command.js';
import { canMount, temporaryDirectory } from '../testing/as-root.js';
import { bindSubPath, type SubPathRequest } from './sub-path.js';

let temporary: ReturnType<typeof temporaryDirectory>;
let at: (name: string) => string;
beforeEach(async () => {
  temporary = temporaryDirectory();
  at = (name) => join(temporary.path, name);
  await mkdir(at('volume/a/b'), { recursive: true });
  await mkdir(at('outside/b'), { recursive: true });
});
afterEach(() => temporary.remove());

/** Mounts nothing: tells which file would have been bound. */
const pretending = (): { readonly mounter: Mounter; readonly bound: number[] } => {
  const bound: number[] = [];
  return {
    bound,
    mounter: {
      list: async () => [],
      mount: async ({ source }) => {
        bound.push((await stat(source)).ino);
      },
      unmount: async () => {},
    },
  };
};
const request = (subPath: string): SubPathRequest => ({
  volumePath: at('volume'),
  subPath,
  target: at('pod/volume-subpaths/data/app/0'),
  volumeName: 'data',
  containerName: 'app',
});

describe('bindSubPath', () => {
  it.each(['a', 'a/b', 'a//b/', './a', 'a/link-to-b', 'absolute-link'])('binds %s', async (subPath) => {
    await symlink('b', at('volume/a/link-to-b'));
    await symlink(at('volume/a'), at('volume/absolute-link'));
    const { mounter, bound } = pretending();
    await bindSubPath(mounter, request(subPath));
    expect(bound).toEqual([(await stat(at(`volume/${subPath}`))).ino]);
  });

  it('binds a single file onto a file', async () => {
    await writeFile(at('volume/a/file'), 'x');
    await bindSubPath(pretending().mounter, request('a/file'));
    expect((await stat(at('pod/volume-subpaths/data/app/0'))).isFile()).toBe(true);
  });

  it('makes what is missing with the mode of the volume', async () => {
    await chmod(at('volume'), 0o2777);
    await bindSubPath(pretending().mounter, request('a/new/deep'));
    for (const name of ['volume/a/new', 'volume/a/new/deep']) expect((await stat(at(name))).mode & 0o7777).toBe(0o2777);
  });

  it.each(['../outside', 'escape', 'escape/b', 'escape/made', 'dangling'])(
    'refuses %s, which leads outside, and makes nothing there',
    async (subPath) => {
      await symlink(at('outside'), at('volume/escape'));
      await symlink(at('outside/never'), at('volume/dangling'));
      const { mounter, bound } = pretending();
      await expect(bindSubPath(mounter, request(subPath))).rejects.toMatchObject({
        code: 'SUB_PATH_REFUSED',
        reason: 'CreateContainerConfigError',
        message: 'failed to prepare subPath for volumeMount "data" of container "app"',
      });
      expect(bound).toEqual([]);
      await expect(stat(at('outside/made'))).rejects.toThrow('ENOENT');
      await expect(stat(at('outside/never'))).rejects.toThrow('ENOENT');
    },
  );

  it('never leaves the volume while somebody swaps a directory for a link', async () => {
    const swapper = startSwapping(at('volume/a'), at('outside'));
    const escapes = new Set([(await stat(at('outside'))).ino, (await stat(at('outside/b'))).ino]);
    const { mounter, bound } = pretending();
    let refusals = 0;
    try {
      // On a busy machine the other process has its turn seldom: then it takes more rounds until both outcomes have come up.
      for (let round = 0; round < 1_500 || (Math.min(bound.length, refusals) <= 20 && round < 15_000); round++) {
        await bindSubPath(mounter, request(round % 2 === 0 ? 'a/b' : `a/made-${round}`)).catch(() => {
          refusals++;
        });
      }
    } finally {
      swapper.kill('SIGKILL');
    }
    expect(bound.filter((inode) => escapes.has(inode))).toEqual([]);
    await expect(stat(at('outside/made-1'))).rejects.toThrow('ENOENT');
    // The race was a real one: both outcomes came up.
    expect(bound.length).toBeGreaterThan(20);
    expect(refusals).toBeGreaterThan(20);
  }, 60_000);
});

describe.runIf(canMount)('bindSubPath with real mounts (as root)', () => {
  it('keeps showing the directory that was bound when the name moves on', async () => {
    const mounter = createMounter({ runCommand, timeoutMs: 10_000 });
    await writeFile(at('volume/a/b/file'), 'inside');
    const target = await bindSubPath(mounter, request('a/b'));
    await rename(at('volume/a'), at('volume/moved'));
    await symlink(at('outside'), at('volume/a'));
    expect(await readFile(join(target, 'file'), 'utf8')).toBe('inside');
    await expect(bindSubPath(mounter, request('a/b'))).rejects.toMatchObject({ code: 'SUB_PATH_REFUSED' });
    await mounter.unmount(target);
  });

  it('uses a mount of the same directory again and replaces any other', async () => {
    const mounter = createMounter({ runCommand, timeoutMs: 10_000 });
    const target = await bindSubPath(mounter, request('a'));
    await bindSubPath(mounter, request('a'));
    const mounts = async () => (await mounter.list()).filter(({ mountPoint }) => mountPoint === target).length;
    expect(await mounts()).toBe(1);
    await bindSubPath(mounter, request('a/b'));
    expect(await mounts()).toBe(1);
    expect((await stat(target)).ino).toBe((await stat(at('volume/a/b'))).ino);
    await mounter.unmount(target);
  });
});

/** Another process that turns `victim` into a link to `outside` and back, as fast as it can. */
const startSwapping = (victim: string, outside: string): ChildProcess => {
  const script = `
    const { renameSync, symlinkSync, unlinkSync } = require('node:fs');
    const [victim, outside] = process.argv.slice(1);
    const insist = (step) => {
      for (;;) {
        try {
          return step();
        } catch {
          // The other side has made the missing directory meanwhile: out of the way with it.
          renameSync(victim, victim + '-trash-' + process.hrtime.bigint());
        }
      }
    };
    for (;;) {
      renameSync(victim, victim + '-kept');
      insist(() => symlinkSync(outside, victim));
      unlinkSync(victim);
      insist(() => renameSync(victim + '-kept', victim));
    }`;
  return spawn(process.execPath, ['-e', script, victim, outside], { stdio: 'ignore' });
};
