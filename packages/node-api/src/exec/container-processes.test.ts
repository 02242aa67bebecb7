import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { enteredProcesses, startTicksOf } from './container-processes.js';

const ID = 'f00d'.repeat(16);
let proc: string;

beforeEach(async () => {
  proc = await mkdtemp(join(tmpdir(), 'solo-proc-'));
});
afterEach(() => rm(proc, { recursive: true }));

const has = async (pid: number, { cgroup, stat }: { cgroup: string; stat: string }) => {
  const directory = join(proc, String(pid));
  await mkdir(directory);
  await writeFile(join(directory, 'cgroup'), cgroup);
  await writeFile(join(directory, 'stat'), stat);
};
/** As proc(5) has it, up to the start. */
const statOf = (pid: number, parent: number, start: number, name = 'sh', terminal = 0): string =>
  `${pid} (${name}) S ${parent} 1 1 ${terminal} ${Array.from({ length: 14 }, () => 0).join(' ')} ${start} 0 0\n`;

it.each([
  ['containerd, cgroup v1', `4:memory:/kubepods/besteffort/pod1/${ID}\n3:cpu:/kubepods/besteffort/pod1/${ID}\n`],
  ['containerd, systemd', `0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${ID}.scope\n`],
  ['CRI-O, systemd', `0::/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope\n`],
])('the processes that %s put into a container, without what those started', async (_, cgroup) => {
  await has(10, { cgroup: '0::/system.slice/containerd.service\n', stat: statOf(10, 1, 5) });
  await has(11, { cgroup, stat: statOf(11, 10, 50, 'app') });
  await has(12, { cgroup, stat: statOf(12, 11, 51, 'worker') });
  await has(13, { cgroup, stat: statOf(13, 10, 60, 'a) S 11 (b', 34_816) });
  await has(14, { cgroup: cgroup.replaceAll(ID, 'beef'.repeat(16)), stat: statOf(14, 10, 70) });
  expect(await enteredProcesses(ID, proc)).toEqual([
    { pid: 11, startTicks: 50, name: 'app', hasTerminal: false },
    { pid: 13, startTicks: 60, name: 'a) S 11 (b', hasTerminal: true },
  ]);
});

it('leaves out the monitor of CRI-O, and what is going while it looks', async () => {
  await has(10, { cgroup: `0::/kubepods.slice/crio-conmon-${ID}.scope\n`, stat: statOf(10, 1, 5) });
  await mkdir(join(proc, '11'));
  await has(12, { cgroup: `0::/kubepods.slice/crio-${ID}.scope\n`, stat: '' });
  expect(await enteredProcesses(ID, proc)).toEqual([]);
});

it('reads what the kernel of this machine shows', async () => {
  const child = spawn('sleep', ['100']);
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  const before = await startTicksOf(process.pid);
  expect(await startTicksOf(child.pid!)).toBeGreaterThanOrEqual(before!);
  child.kill();
  await ended;
  expect(await startTicksOf(child.pid!)).toBeUndefined();
});
