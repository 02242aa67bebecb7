import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { limitOpenFiles, prepareProcess, v1Hierarchies } from './prepare-process.js';

let mountPoint = '';
beforeEach(async () => {
  mountPoint = await mkdtemp(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rm(mountPoint, { recursive: true }));

const prepare = (kubeletCgroups: string, version: 1 | 2) =>
  prepareProcess({
    config: { oomScoreAdj: 0, maxOpenFiles: 0, kubeletCgroups },
    cgroups: { mountPoint, version },
    logger: silentLogger,
    signal: new AbortController().signal,
  });

describe('kubeletCgroups', () => {
  it('names the group that the kubelet moves to on cgroup v2', async () => {
    await prepare('/system/kubelet', 2);
    expect(await readFile(join(mountPoint, 'system/kubelet/cgroup.procs'), 'utf8')).toBe(String(process.pid));
  });

  it('names it in every hierarchy of cgroup v1 that can be entered', async () => {
    await Promise.all(['cpu,cpuacct', 'memory', 'cpuset', 'systemd', 'unified'].map((name) => mkdir(join(mountPoint, name))));
    await prepare('kubelet', 1);
    expect(await readFile(join(mountPoint, 'memory/kubelet/cgroup.procs'), 'utf8')).toBe(String(process.pid));
    expect(v1Hierarchies(['cpu,cpuacct', 'cpuset', 'memory', 'systemd', 'unified', 'cpu,cpuset'])).toEqual(['cpu,cpuacct', 'memory']);
  });

  it('that cannot be entered stops the start', async () => {
    await writeFile(join(mountPoint, 'kubelet'), '');
    await expect(prepare('/kubelet', 2)).rejects.toMatchObject({ code: 'KUBELET_HOST_UNSUITABLE' });
  });
});

it('maxOpenFiles becomes the limit of the process, soft and hard', async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  try {
    await limitOpenFiles(child.pid ?? 0, 600, { signal: new AbortController().signal });
    expect(await readFile(`/proc/${child.pid}/limits`, 'utf8')).toMatch(/^Max open files +600 +600 /m);
  } finally {
    child.kill();
  }
});
