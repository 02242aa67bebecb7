import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { containerdLayout } from './layout.js';
import { sweep } from './sweep.js';

let base: string;
beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'solo-sweep-')));
  await mkdir(join(base, 'bin'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(base, { recursive: true, force: true });
});

const targetOf = (...directories: readonly string[]) => ({
  layout: containerdLayout(join(base, 'node'), join(base, 'run')),
  cgroupRoot: '',
  directories,
});
/** Programs that only say that they were called, in place of those that would touch the machine. */
const fakeProgram = async (name: string, script: string): Promise<void> => {
  await writeFile(join(base, 'bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(base, 'bin', name), 0o755);
};
const canMount = (() => {
  try {
    execFileSync('unshare', ['--mount', 'true'], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
})();

describe('sweep', () => {
  it.runIf(canMount)('stops where an unmount fails, before any file is deleted, and can be taken up again (as root)', async () => {
    const volume = join(base, 'kubelet', 'volume');
    await mkdir(volume, { recursive: true });
    await writeFile(join(base, 'kubelet', 'kept'), '');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', volume]);
    try {
      await writeFile(join(volume, 'of-others'), 'data');
      await fakeProgram('umount', 'exit 32');
      vi.stubEnv('PATH', `${join(base, 'bin')}${delimiter}/nowhere`);
      await expect(sweep(targetOf(join(base, 'kubelet')))).rejects.toMatchObject({
        code: 'NODE_NOT_REMOVED',
        message: `still mounted: ${volume}`,
      });
      expect(await readFile(join(volume, 'of-others'), 'utf8')).toBe('data');
      expect(await readdir(join(base, 'kubelet'))).toEqual(['kept', 'volume']);
      vi.unstubAllEnvs();
      await rm(join(base, 'bin', 'umount'));
      await sweep(targetOf(join(base, 'kubelet')));
      expect(await readdir(base)).toEqual(['bin']);
    } finally {
      vi.unstubAllEnvs();
      if ((await readFile('/proc/self/mountinfo', 'utf8')).includes(` ${volume} `)) execFileSync('umount', [volume]);
    }
  });

  it('removes a link in place of a directory, and nothing of what is behind it', async () => {
    await mkdir(join(base, 'elsewhere'));
    await writeFile(join(base, 'elsewhere', 'kept'), '');
    await symlink(join(base, 'elsewhere'), join(base, 'kubelet'));
    vi.stubEnv('PATH', join(base, 'bin'));
    await sweep(targetOf(join(base, 'kubelet')));
    expect((await readdir(base)).toSorted()).toEqual(['bin', 'elsewhere']);
    expect(await readdir(join(base, 'elsewhere'))).toEqual(['kept']);
  });
});
