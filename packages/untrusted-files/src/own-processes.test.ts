import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ownProcesses } from './own-processes.js';

let procDirectory: string;
beforeEach(async () => {
  procDirectory = await mkdtemp(join(tmpdir(), 'proc-'));
});
afterEach(() => rm(procDirectory, { recursive: true }));

const SELF = { user: 0, userNamespace: 1, mountNamespace: 1, cgroup: '0::/system.slice/kubelet.service\n', name: 'node' };
const put = async (pid: string, marks: Partial<typeof SELF> = {}): Promise<void> => {
  const { user, userNamespace, mountNamespace, cgroup, name } = { ...SELF, ...marks };
  const directory = join(procDirectory, pid);
  await mkdir(join(directory, 'ns'), { recursive: true });
  await writeFile(join(directory, 'status'), `Name:\t${name}\nUmask:\t0022\nUid:\t${user}\t0\t0\t0\nGid:\t0\t0\t0\t0\n`);
  await writeFile(join(directory, 'cgroup'), cgroup);
  await symlink(`user:[${userNamespace}]`, join(directory, 'ns/user'));
  await symlink(`mnt:[${mountNamespace}]`, join(directory, 'ns/mnt'));
};
const found = (): Promise<readonly number[]> => ownProcesses({ procDirectory, self: '1' });

it('takes children of this process, wherever they went on', async () => {
  await put('1');
  await put('2', { mountNamespace: 9 });
  await put('3', { cgroup: '0::/elsewhere\n' });
  expect(await found()).toEqual([1, 2, 3]);
});

it('leaves out containers, local users and what these run with rights of others', async () => {
  await put('1');
  await put('2', { mountNamespace: 9, cgroup: '0::/kubepods/pod1\n' });
  await put('3', { user: 1000 });
  await put('4', { userNamespace: 9 });
  await put('5', { user: 1000, name: 'x\\nUid:\t0\t0\t0\t0' });
  expect(await found()).toEqual([1]);
});

it('leaves out what has gone meanwhile', async () => {
  await put('1');
  await mkdir(join(procDirectory, '7'));
  expect(await found()).toEqual([1]);
});

it('finds this process, and a child in a session of its own', async () => {
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
  try {
    await once(child, 'spawn');
    expect(await ownProcesses()).toEqual(expect.arrayContaining([process.pid, child.pid]));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});
