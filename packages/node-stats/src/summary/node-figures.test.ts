import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { nodeFigures } from './node-figures.js';

const GIB = 1024 ** 3;

it('counts memory set aside for huge pages as used, not as available', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'solo-proc-'));
  try {
    const kib = { MemTotal: 8, MemFree: 2, 'Inactive(file)': 1, Hugetlb: 4 };
    const meminfo = Object.entries(kib).map(([name, gib]) => `${name}:   ${(gib * GIB) / 1024} kB\n`);
    await writeFile(join(directory, 'meminfo'), meminfo.join(''));
    expect((await nodeFigures(0, directory)).memory).toMatchObject({
      availableBytes: 3 * GIB,
      usageBytes: 6 * GIB,
      workingSetBytes: 5 * GIB,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
