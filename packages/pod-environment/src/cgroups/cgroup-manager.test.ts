import { dirname } from 'node:path';
import type { LogFields, Logger } from '@solo-kubelet/diagnostics';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { describe, expect, it } from 'vitest';
import type { CgroupLimits } from '../core/cgroup-files.js';
import { type CgroupName, cgroupPath, sliceUnit } from '../core/cgroup-names.js';
import type { CgroupDriver } from '../node-environment.js';
import { type FakeCgroupTree, type FakeCgroupTreeOptions, fakeCgroupTree } from '../testing/fake-cgroup-tree.js';
import { createCgroupManager } from './cgroup-manager.js';
import type { SliceManager } from './slice-manager.js';

const pod = ['kubepods', 'burstable', 'pod1-2'];
const limits: CgroupLimits = {
  cpuShares: 512,
  cpuQuotaUs: 50_000,
  cpuPeriodUs: 100_000,
  memoryBytes: 268_435_456n,
  pids: 100,
  hugePages: { '2Mi': 4_194_304n },
};

/** Systemd as far as its slices are directories: it makes them, parents too, and passes on only the controllers of its own. */
const fakeSlices = (tree: FakeCgroupTree) => {
  const asked: (readonly [string, ...unknown[]])[] = [];
  const directory = (name: CgroupName): string => `/cg${cgroupPath('systemd', name)}`;
  const slices: SliceManager = {
    async start(name) {
      asked.push(['start', sliceUnit(name)]);
      for (const [level] of name.entries()) {
        const parent = level === 0 ? '/cg' : directory(name.slice(0, level));
        for (const controller of ['cpu', 'memory', 'pids'])
          await tree.write(`${parent}/cgroup.subtree_control`, `+${controller}`).catch(() => {});
        await tree.makeDirectory(directory(name.slice(0, level + 1)));
      }
    },
    async setLimits(name, { cpuQuotaUs, memoryBytes }) {
      asked.push(['setLimits', sliceUnit(name), { cpuQuotaUs, memoryBytes }]);
    },
    async freeMemory(unit) {
      asked.push(['freeMemory', unit]);
      // As systemd 257 does, whose units do not know what the runtime wrote.
      for (const path of [...tree.files.keys()]) if (path.endsWith(`/${unit}/memory.oom.group`)) tree.files.set(path, '0');
      if (unit.startsWith('refused')) throw new Error('systemd is busy');
    },
    async stop(name) {
      asked.push(['stop', sliceUnit(name), tree.directories.has(directory(name))]);
      await tree.removeDirectory(directory(name)).catch(() => {});
    },
  };
  return { asked, slices };
};

const setUp = (options: FakeCgroupTreeOptions & { readonly driver?: CgroupDriver }) => {
  const { driver = 'cgroupfs', version, mountPoint = '/cg' } = options;
  const tree = fakeCgroupTree(options);
  const { asked, slices } = fakeSlices(tree);
  const warnings: LogFields[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
  const settings = { driver, version, mountPoint, root: '/', perQos: true, nodeLimits: {}, reserved: [], tree };
  return { tree, warnings, asked, manager: createCgroupManager({ settings, tree, slices, logger }) };
};

describe('cgroup v2 with the cgroupfs driver', () => {
  const all = ['cpu', 'cpuset', 'memory', 'pids', 'hugetlb'];

  it('makes every level, passes the controllers on and writes the limits', async () => {
    const { manager, tree } = setUp({ version: 2, controllers: all });
    await manager.ensure(pod, limits);
    const read = (file: string) => tree.files.get(`/cg/kubepods/burstable/pod1-2/${file}`);
    expect(read('cpu.weight')).toBe('20');
    expect(read('cpu.max')).toBe('50000 100000');
    expect(read('memory.max')).toBe('268435456');
    expect(read('pids.max')).toBe('100');
    expect(read('hugetlb.2MB.max')).toBe('4194304');
    expect(read('hugetlb.2MB.rsvd.max')).toBe('4194304');
    for (const level of ['/cg', '/cg/kubepods', '/cg/kubepods/burstable']) {
      expect(tree.files.get(`${level}/cgroup.subtree_control`)).toBe(all.join(' '));
    }
    expect(await manager.exists(pod)).toBe(true);
    expect(await manager.children(['kubepods', 'burstable'])).toEqual(['pod1-2']);
  });

  it('writes no quota as max and leaves out what is not limited', async () => {
    const { manager, tree } = setUp({ version: 2 });
    await manager.ensure(pod, { cpuShares: 2, cpuQuotaUs: -1, cpuPeriodUs: 100_000 });
    expect(tree.files.get('/cg/kubepods/burstable/pod1-2/cpu.max')).toBe('max 100000');
    expect(tree.files.get('/cg/kubepods/burstable/pod1-2/memory.max')).toBe('');
  });

  it('warns once about a controller that the machine does not offer, and goes on', async () => {
    const { manager, warnings, tree } = setUp({ version: 2 });
    await manager.ensure(pod, limits);
    await manager.ensure(['kubepods', 'pod3'], limits);
    expect(warnings.map(({ controller }) => controller)).toEqual(['hugetlb']);
    expect(tree.files.get('/cg/kubepods/pod3/memory.max')).toBe('268435456');
  });

  it('fails on a value that the kernel refuses', async () => {
    const { manager, tree } = setUp({ version: 2 });
    tree.failWrites('memory.max', 'EBUSY');
    await expect(manager.ensure(pod, limits)).rejects.toMatchObject({ code: 'POD_CGROUP_FAILED', reason: 'FailedCreatePodContainer' });
  });

  it('kills what is left before it removes the cgroup, children first', async () => {
    const { manager, tree } = setUp({ version: 2 });
    await manager.ensure(pod, limits);
    await tree.makeDirectory('/cg/kubepods/burstable/pod1-2/container');
    tree.files.set('/cg/kubepods/burstable/pod1-2/container/cgroup.procs', '4242\n4243\n1\n');
    tree.files.set('/cg/kubepods/burstable/pod1-2/container/cgroup.procs', '4242\n4243\n');
    await manager.destroy(pod);
    expect(tree.killed).toEqual([4242, 4243]);
    expect([...tree.directories]).toEqual(['/cg', '/cg/kubepods', '/cg/kubepods/burstable']);
    await manager.destroy(pod);
  });
});

it.each([1, 2] as const)('tells a cgroup v%i that nothing runs in, however deep', async (version) => {
  const { manager, tree } = setUp({ version });
  await manager.ensure(pod, {});
  expect(await manager.isEmpty(pod)).toBe(true);
  const container = `/cg/${version === 1 ? 'memory/' : ''}kubepods/burstable/pod1-2/container`;
  await tree.makeDirectory(container);
  expect(await manager.isEmpty(pod)).toBe(true);
  tree.files.set(`${container}/cgroup.procs`, '4242\n');
  expect(await manager.isEmpty(pod)).toBe(false);
  expect(await manager.isEmpty(['kubepods', 'gone'])).toBe(true);
});

describe('cgroup v1', () => {
  it('asks the cpuset above once for Pods that start together, and none that it has just made', async () => {
    const { manager, tree } = setUp({ version: 1 });
    await manager.ensure(['kubepods', 'burstable', 'warm'], {});
    tree.files.set('/cg/cpuset/kubepods/burstable/cpuset.cpus', '0-3\n');
    tree.files.set('/cg/cpuset/kubepods/burstable/cpuset.mems', '0\n');
    const asked: string[] = [];
    const { read } = tree;
    Object.assign(tree, {
      read: (path: string) => {
        asked.push(path);
        return read(path);
      },
    });
    const names = ['pod1', 'pod2', 'pod3'];
    await Promise.all(names.map((name) => manager.ensure(['kubepods', 'burstable', name], {})));
    expect(asked).toEqual(['cpus', 'mems'].map((file) => `/cg/cpuset/kubepods/burstable/cpuset.${file}`));
    for (const name of names) expect(tree.files.get(`/cg/cpuset/kubepods/burstable/${name}/cpuset.cpus`)).toBe('0-3');
  });

  it('makes the cgroup in every hierarchy and fills in the cpuset', async () => {
    const { manager, tree, warnings } = setUp({ version: 1 });
    await manager.ensure(pod, { ...limits, hugePages: {} });
    const read = (file: string) => tree.files.get(`/cg/${file.replace('@', 'kubepods/burstable/pod1-2')}`);
    expect(read('cpu/@/cpu.shares')).toBe('512');
    expect(read('cpu/@/cpu.cfs_quota_us')).toBe('50000');
    expect(read('cpu/@/cpu.cfs_period_us')).toBe('100000');
    expect(read('memory/@/memory.limit_in_bytes')).toBe('268435456');
    expect(read('pids/@/pids.max')).toBe('100');
    expect(read('cpuset/@/cpuset.cpus')).toBe('0-1');
    expect(read('cpuset/@/cpuset.mems')).toBe('0');
    expect(warnings).toEqual([]);
    await manager.destroy(pod);
    expect([...tree.directories].filter((directory) => directory.includes('pod1-2'))).toEqual([]);
  });
});

describe('a machine that lacks something', () => {
  it('goes without a v1 hierarchy that cannot be written', async () => {
    const { manager, tree, warnings } = setUp({ version: 1 });
    tree.failWrites('/cg/pids/kubepods', 'EROFS');
    await manager.ensure(pod, { ...limits, hugePages: {} });
    expect(tree.files.get('/cg/cpu/kubepods/burstable/pod1-2/cpu.shares')).toBe('512');
    expect(warnings.map(({ controller }) => controller)).toEqual(['pids']);
  });

  it.each([1, 2] as const)('fails where no cgroup v%i can be made at all', async (version) => {
    const { manager, tree } = setUp({ version });
    tree.failWrites('kubepods', 'EACCES');
    await expect(manager.ensure(pod, limits)).rejects.toMatchObject({
      code: 'POD_CGROUP_FAILED',
      message: expect.stringContaining('EACCES'),
    });
  });
});

describe('the systemd driver', () => {
  const unit = 'kubepods-burstable-pod1_2.slice';
  const levels = ['/cg', '/cg/kubepods.slice', '/cg/kubepods.slice/kubepods-burstable.slice'];
  const directory = `${levels.at(-1)}/${unit}`;

  it('has systemd make the slice and set its limits, and writes the files too (v2)', async () => {
    const { manager, asked, tree } = setUp({ version: 2, driver: 'systemd' });
    await manager.ensure(pod, { ...limits, cpuQuotaUs: 33_333, hugePages: {} });
    expect(asked).toEqual([
      ['start', unit],
      ['setLimits', unit, { cpuQuotaUs: 34_000, memoryBytes: limits.memoryBytes }],
    ]);
    expect(tree.files.get(`${directory}/cpu.max`)).toBe('34000 100000');
  });

  it('passes on, on the way down, the controllers that systemd leaves out, before the limits of the first pod are written', async () => {
    const controllers = ['cpu', 'cpuset', 'memory', 'pids', 'hugetlb'];
    const { manager, tree, warnings } = setUp({ version: 2, driver: 'systemd', controllers });
    await manager.ensure(pod, limits);
    expect(tree.files.get(`${directory}/hugetlb.2MB.max`)).toBe('4194304');
    for (const level of levels)
      expect(tree.files.get(`${level}/cgroup.subtree_control`)?.split(' ').sort()).toEqual(controllers.toSorted());
    expect(warnings).toEqual([]);
  });

  it('does so again below a slice that systemd made anew', async () => {
    const { manager, tree } = setUp({ version: 2, driver: 'systemd', controllers: ['cpu', 'memory', 'pids', 'hugetlb'] });
    await manager.ensure(pod, limits);
    await tree.removeDirectory(directory);
    for (const level of levels.slice(1).toReversed()) await tree.removeDirectory(level);
    await manager.ensure(pod, limits);
    expect(tree.files.get(`${directory}/hugetlb.2MB.max`)).toBe('4194304');
  });

  it('makes the directories itself where systemd does not know the hierarchy (v1)', async () => {
    const { manager, tree } = setUp({ version: 1, driver: 'systemd' });
    await manager.ensure(pod, { ...limits, hugePages: {} });
    expect(tree.files.get(`/cg/cpu${directory.slice('/cg'.length)}/cpu.shares`)).toBe('512');
  });

  it('ends the processes, has systemd stop the slice, and then removes what is left of it', async () => {
    const { manager, asked, tree } = setUp({ version: 2, driver: 'systemd' });
    await manager.ensure(pod, {});
    await tree.makeDirectory(`${directory}/left.scope`);
    tree.files.set(`${directory}/left.scope/cgroup.procs`, '4242\n');
    await manager.destroy(pod);
    expect(tree.killed).toEqual([4242]);
    expect(asked.at(-1)).toEqual(['stop', unit, true]);
    expect(await manager.someExist(pod)).toBe(false);
  });

  it('has systemd forget what is kept of memory, which it would write again when it reads its files anew, and frees the rest where it refuses', async () => {
    const { manager, asked, tree, warnings } = setUp({ version: 2, driver: 'systemd' });
    await manager.ensure(pod, {});
    const inPod = async (name: string, file: string, value: string): Promise<void> => {
      await tree.write(`${dirname(`${directory}/${name}`)}/cgroup.subtree_control`, '+memory');
      await tree.makeDirectory(`${directory}/${name}`);
      await tree.write(`${directory}/${name}/${file}`, value);
    };
    await inPod('cri-1.scope', 'memory.high', '8192');
    await inPod('cri-1.scope/inner', 'memory.low', '4096');
    await inPod('cri-2.scope', 'memory.high', 'max');
    await inPod('refused.scope', 'memory.min', '4096');
    await tree.write(`${directory}/memory.low`, '4096');
    tree.files.set(`${directory}/cri-1.scope/memory.oom.group`, '1\n');
    asked.length = 0;
    await manager.clearMemoryBelow(['kubepods']);
    expect(tree.files.get(`${directory}/cri-1.scope/memory.oom.group`)).toBe('1');
    expect(asked).toEqual([unit, 'cri-1.scope', 'refused.scope'].map((name) => ['freeMemory', name]));
    const read = (path: string) => tree.files.get(`${directory}/${path}`);
    expect([
      read('memory.low'),
      read('cri-1.scope/memory.high'),
      read('cri-1.scope/inner/memory.low'),
      read('refused.scope/memory.min'),
    ]).toEqual(['0', 'max', '0', '0']);
    expect(warnings).toEqual([{ unit: 'refused.scope', err: 'systemd is busy' }]);
  });
});
