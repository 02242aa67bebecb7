import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { machineWorkingSet } from '../cgroups/working-set.js';
import { nodeMeasurements } from './node-measurements.js';

const GIB = 1024 ** 3;

it('counts memory set aside for huge pages as used, not as available', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-proc-'));
  try {
    const kib = { MemTotal: 8, MemFree: 2, 'Inactive(file)': 1, Hugetlb: 4 };
    const meminfo = Object.entries(kib).map(([name, gib]) => `${name}:   ${(gib * GIB) / 1024} kB\n`);
    await writeFile(join(directory, 'meminfo'), meminfo.join(''));
    const cgroups = { mountPoint: join(directory, 'cgroup'), version: 2 } as const;
    const memory = async () => (await nodeMeasurements(0, { cgroups, procDirectory: directory })).memory;
    expect(await memory()).toMatchObject({
      availableBytes: 3 * GIB,
      usageBytes: 6 * GIB,
      workingSetBytes: 5 * GIB,
    });
    // The root cgroup is what eviction goes by; /proc/meminfo counts pages of the kernel that no cgroup has.
    await mkdir(cgroups.mountPoint);
    await writeFile(join(cgroups.mountPoint, 'memory.stat'), `anon ${GIB}\nfile ${2 * GIB}\ninactive_file ${GIB}\n`);
    const meminfoText = await readFile(join(directory, 'meminfo'), 'utf8');
    expect(await memory()).toMatchObject({
      availableBytes: 2 * GIB,
      usageBytes: 7 * GIB,
      workingSetBytes: await machineWorkingSet(cgroups, meminfoText),
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
