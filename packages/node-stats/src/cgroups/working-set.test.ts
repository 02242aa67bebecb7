import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cgroupMemory, machineWorkingSet } from './working-set.js';

let mountPoint: string;
beforeEach(async () => {
  mountPoint = await mkdtemp(join(tmpdir(), 'cgroup-'));
});
afterEach(() => rm(mountPoint, { recursive: true }));

const files = async (contents: Readonly<Record<string, string>>): Promise<void> => {
  for (const [path, content] of Object.entries(contents)) {
    await mkdir(dirname(join(mountPoint, path)), { recursive: true });
    await writeFile(join(mountPoint, path), content);
  }
};
const MEMINFO = 'MemTotal:  1000 kB\nMemFree:  300 kB\nInactive:  500 kB\nInactive(file):  200 kB\n';

describe('the working set of the machine', () => {
  it('is anonymous memory and file pages without the inactive ones (v2)', async () => {
    await files({ 'memory.stat': 'anon 1000\nfile 500\nkernel 99\ninactive_anon 7\ninactive_file 200\n' });
    expect(await machineWorkingSet({ mountPoint, version: 2 }, MEMINFO)).toBe(1_300);
  });
  it('is usage without the inactive file pages of the whole tree (v1)', async () => {
    await files({ 'memory/memory.usage_in_bytes': '2000\n', 'memory/memory.stat': 'inactive_file 1\ntotal_inactive_file 300\n' });
    expect(await machineWorkingSet({ mountPoint, version: 1 }, MEMINFO)).toBe(1_700);
  });
  it('has what is set aside for huge pages, which no cgroup counts and nobody else can have', async () => {
    await files({ 'memory.stat': 'anon 1000\nfile 500\ninactive_file 200\n' });
    expect(await machineWorkingSet({ mountPoint, version: 2 }, `${MEMINFO}Hugetlb:  400 kB\n`)).toBe(1_300 + 400 * 1_024);
  });
  it.each([1, 2] as const)('comes from /proc/meminfo where there is no cgroup to read (v%i)', async (version) =>
    expect(await machineWorkingSet({ mountPoint, version }, MEMINFO)).toBe(500 * 1_024),
  );
});

describe('the memory of a cgroup', () => {
  it('comes with its limit (v2)', async () => {
    await files({ 'kubepods/memory.stat': 'inactive_file 200\n', 'kubepods/memory.max': '5000\n', 'kubepods/memory.current': '1000\n' });
    expect(await cgroupMemory({ mountPoint, version: 2 }, '/kubepods')).toEqual({ workingSetBytes: 800, limitBytes: 5_000 });
  });
  it('comes with its limit (v1)', async () => {
    await files({
      'memory/kubepods/memory.stat': 'total_inactive_file 200\n',
      'memory/kubepods/memory.limit_in_bytes': '5000\n',
      'memory/kubepods/memory.usage_in_bytes': '100\n',
    });
    expect(await cgroupMemory({ mountPoint, version: 1 }, '/kubepods')).toEqual({ workingSetBytes: 0, limitBytes: 5_000 });
  });
  it('says nothing without a limit, or without the cgroup', async () => {
    await files({ 'kubepods/memory.stat': '', 'kubepods/memory.max': 'max\n', 'kubepods/memory.current': '1000\n' });
    await files({ 'memory/kubepods/memory.limit_in_bytes': '9223372036854771712\n', 'memory/kubepods/memory.usage_in_bytes': '100\n' });
    expect(await cgroupMemory({ mountPoint, version: 2 }, '/kubepods')).toBeUndefined();
    expect(await cgroupMemory({ mountPoint, version: 1 }, '/kubepods')).toBeUndefined();
    expect(await cgroupMemory({ mountPoint, version: 2 }, '/elsewhere')).toBeUndefined();
  });
});
