import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readMachineFacts } from './machine-facts.js';
import { nodeSettings } from './node-settings.js';
import { testNode } from './testing/test-node.js';

const settings = (overrides: object) =>
  nodeSettings(testNode('/nowhere', { hugePageSizes: undefined, swapAccounting: undefined, ...overrides }));

it('reads page sizes and thermal throttles of this machine in the spelling of Kubernetes', async () => {
  const facts = await readMachineFacts(settings({}));
  const directory = '/sys/kernel/mm/hugepages';
  const sizes = existsSync(directory) ? readdirSync(directory).map((name) => Number.parseInt(name.slice('hugepages-'.length), 10)) : [];
  const kibibytes = { Ki: 1, Mi: 1024, Gi: 1024 ** 2 };
  expect(facts.hugePageSizes.map((size) => Number.parseInt(size, 10) * kibibytes[size.slice(-2) as keyof typeof kibibytes])).toEqual(sizes);
  for (const path of facts.thermalThrottlePaths) expect(existsSync(path)).toBe(true);
});

it('believes what it is told, and finds no swap control where there is none', async () => {
  expect(await readMachineFacts(settings({ hugePageSizes: ['64Ki'], swapAccounting: true }))).toMatchObject({
    hugePageSizes: ['64Ki'],
    swapAccounting: true,
  });
  for (const version of [1, 2] as const) {
    expect((await readMachineFacts(settings({ cgroups: { version, mountPoint: '/no/such/cgroup' } }))).swapAccounting).toBe(false);
  }
});
