import type { LogFields, Logger } from '@solo-kubelet/diagnostics';
import { silentLogger } from '@solo-kubelet/diagnostics';
import { describe, expect, it } from 'vitest';
import type { CgroupLimits } from '../core/cgroup-files.js';
import type { CgroupDriver } from '../node-environment.js';
import { type FakeCgroupTreeOptions, fakeCgroupTree } from '../testing/fake-cgroup-tree.js';
import { recordingCommands } from '../testing/recording-commands.js';
import { createCgroupManager } from './cgroup-manager.js';
import { createSliceManager } from './slice-manager.js';

const pod = ['kubepods', 'burstable', 'pod1-2'];
const limits: CgroupLimits = {
  cpuShares: 512,
  cpuQuotaUs: 50_000,
  cpuPeriodUs: 100_000,
  memoryBytes: 268_435_456n,
  pids: 100,
  hugePages: { '2Mi': 4_194_304n },
};

const setUp = (
  options: FakeCgroupTreeOptions & { readonly driver?: CgroupDriver; readonly answer?: Parameters<typeof recordingCommands>[0] },
) => {
  const { driver = 'cgroupfs', version, mountPoint = '/cg', answer } = options;
  const tree = fakeCgroupTree(options);
  const recorded = recordingCommands(answer);
  const warnings: LogFields[] = [];
  const logger: Logger = { ...silentLogger, warn: (fields) => void warnings.push(fields) };
  const settings = { driver, version, mountPoint, root: '/', perQos: true, nodeLimits: {}, reserved: [], tree };
  const slices = createSliceManager({ version, runCommand: recorded.runCommand, timeoutMs: 1_000 });
  return { tree, warnings, commands: recorded.commands, manager: createCgroupManager({ settings, tree, slices, logger }) };
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

describe('cgroup v1', () => {
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
  const call = ['busctl', '--system', 'call', 'org.freedesktop.systemd1', '/org/freedesktop/systemd1', 'org.freedesktop.systemd1.Manager'];
  const unit = 'kubepods-burstable-pod1_2.slice';
  const directory = '/cg/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice';

  it('starts a slice, sets its properties and writes the files too (v2)', async () => {
    const { manager, commands, tree } = setUp({ version: 2, driver: 'systemd' });
    for (const level of ['/cg', '/cg/kubepods.slice', '/cg/kubepods.slice/kubepods-burstable.slice']) {
      await tree.makeDirectory(level);
      for (const controller of ['cpu', 'memory', 'pids']) await tree.write(`${level}/cgroup.subtree_control`, `+${controller}`);
    }
    await tree.makeDirectory(directory);
    await manager.ensure(pod, { ...limits, cpuQuotaUs: 33_333, hugePages: {} });
    expect(commands).toEqual([
      [
        ...call,
        ...['StartTransientUnit', 'ssa(sv)a(sa(sv))', unit, 'replace', '7'],
        ...['Description', 's', `Solo Kubelet ${unit}`, 'Wants', 'as', '1', 'kubepods-burstable.slice'],
        ...['MemoryAccounting', 'b', 'true', 'CPUAccounting', 'b', 'true', 'IOAccounting', 'b', 'true', 'TasksAccounting', 'b', 'true'],
        ...['DefaultDependencies', 'b', 'false', '0'],
      ],
      [
        ...call,
        ...['SetUnitProperties', 'sba(sv)', unit, 'true', '5'],
        ...['CPUWeight', 't', '20', 'CPUQuotaPeriodUSec', 't', '100000', 'CPUQuotaPerSecUSec', 't', '340000'],
        ...['MemoryMax', 't', '268435456', 'TasksMax', 't', '100'],
      ],
    ]);
    expect(tree.files.get(`${directory}/cpu.max`)).toBe('34000 100000');
  });

  it('uses the older property names on v1', async () => {
    const { manager, commands } = setUp({ version: 1, driver: 'systemd' });
    await manager.ensure(pod, limits);
    expect(commands[0]).toContain('BlockIOAccounting');
    expect(commands[1]?.slice(10)).toEqual(expect.arrayContaining(['CPUShares', 'MemoryLimit']));
  });

  it('takes a slice that is there already, and stops it in the end', async () => {
    const answer = ([, ...args]: readonly string[]) =>
      args.includes('StartTransientUnit')
        ? { exitCode: 1, stderr: `Call failed: Unit ${unit} already exists.` }
        : { exitCode: 0, stderr: '' };
    const { manager, commands, tree } = setUp({ version: 2, driver: 'systemd', answer });
    await tree.makeDirectory(directory);
    await manager.ensure(pod, {});
    await manager.destroy(pod);
    expect(commands.at(-1)).toEqual([...call, 'StopUnit', 'ss', unit, 'replace']);
  });

  it('says what systemd said', async () => {
    const answer = () => ({ exitCode: 1, stderr: 'Failed to connect to bus: No such file or directory' });
    const { manager } = setUp({ version: 2, driver: 'systemd', answer });
    await expect(manager.ensure(pod, {})).rejects.toMatchObject({
      code: 'POD_CGROUP_FAILED',
      message: `systemd refused StartTransientUnit of ${unit}: Failed to connect to bus: No such file or directory`,
    });
  });
});
