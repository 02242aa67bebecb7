import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createMounter } from '../mounts/mounter.js';
import { runCommand } from '../mounts/run-command.js';
import { canMount, temporaryDirectory } from '../testing/as-root.js';
import { isStale } from './stale-mount.js';
import { bindSubPath } from './sub-path.js';

it.each(['ENOTCONN', 'ESTALE', 'EIO', 'EACCES', 'EHOSTDOWN'])('%s tells of a mount whose file system has gone', (code) => {
  expect(isStale(Object.assign(new Error(), { code }))).toBe(true);
});

it.each(['ENOENT', 'ELOOP'])('%s does not', (code) => expect(isStale(Object.assign(new Error(), { code }))).toBe(false));

/** Mounts a FUSE file system whose program is gone at once: all that touches it is answered ENOTCONN. */
const mountAbandoned = (target: string): boolean => {
  const device = openSync('/dev/fuse', 'r+');
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0';
  const { status } = spawnSync('mount', ['-i', '-t', 'fuse', '-o', options, 'abandoned', target], {
    stdio: ['ignore', 'ignore', 'ignore', device],
  });
  closeSync(device);
  return status === 0;
};

describe.runIf(canMount && existsSync('/dev/fuse'))('a subPath whose mount has gone stale (as root)', () => {
  it('is unmounted and bound anew', async ({ skip }) => {
    const temporary = temporaryDirectory();
    const target = join(temporary.path, 'subpaths/0');
    mkdirSync(join(temporary.path, 'volume/data'), { recursive: true });
    mkdirSync(target, { recursive: true });
    if (!mountAbandoned(target)) {
      temporary.remove();
      return skip('this machine does not mount FUSE');
    }
    await expect(stat(target)).rejects.toMatchObject({ code: 'ENOTCONN' });
    const mounter = createMounter({ runCommand, timeoutMs: 10_000 });
    const request = { volumePath: join(temporary.path, 'volume'), subPath: 'data', target, volumeName: 'data', containerName: 'app' };
    expect(await bindSubPath(mounter, request)).toBe(target);
    expect((await stat(target)).ino).toBe((await stat(join(temporary.path, 'volume/data'))).ino);
    execFileSync('umount', [target]);
    temporary.remove();
  });
});
