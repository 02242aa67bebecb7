import { lacksSystemdBed, type SystemdBed, startSystemdBed } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectCgroupVersion } from '../../../../packages/pod-environment/src/cgroups/detect-cgroup-version.js';
import { createSliceManager, type SliceManager } from '../../../../packages/pod-environment/src/cgroups/slice-manager.js';
import type { RunCommand } from '../../../../packages/pod-environment/src/mounts/run-command.js';
import { inScope } from '../../../../packages/standalone-node/src/containerd/own-scope.js';

const lacking = lacksSystemdBed();

describe.skipIf(lacking !== undefined)(`a systemd of the test's own${lacking === undefined ? '' : `: ${lacking}`}`, () => {
  let bed: SystemdBed;
  let slices: SliceManager;
  beforeAll(async () => {
    bed = await startSystemdBed();
    const runCommand: RunCommand = async (program, args) => {
      const { status, stdout, stderr } = await bed.run(program, ...args);
      return { exitCode: status, stdout, stderr, gaveUp: false, ended: Promise.resolve() };
    };
    slices = createSliceManager({ version: await detectCgroupVersion(), runCommand, timeoutMs: 30_000 });
  });
  afterAll(() => bed?.[Symbol.asyncDispose]());

  const shown = async (unit: string, ...properties: readonly string[]) =>
    Object.fromEntries(await Promise.all(properties.map(async (property) => [property, await bed.show(unit, property)])));

  it('takes every slice from the root one down, with parent, accounting and limits, twice too', async () => {
    const pod = ['kubepods', 'burstable', 'pod1-2'];
    for (const depth of [1, 2, 3]) await slices.start(pod.slice(0, depth), {});
    await slices.start(pod, {});
    await slices.setLimits(pod, { cpuShares: 512, cpuQuotaUs: 50_000, cpuPeriodUs: 100_000, memoryBytes: 268_435_456n, pids: 100 }, {});
    expect(await shown('kubepods.slice', 'ActiveState', 'Wants')).toEqual({ ActiveState: 'active', Wants: '-.slice' });
    expect(
      await shown('kubepods-burstable-pod1_2.slice', 'ActiveState', 'Slice', 'CPUQuotaPerSecUSec', 'TasksMax', 'MemoryAccounting'),
    ).toEqual({
      ActiveState: 'active',
      Slice: 'kubepods-burstable.slice',
      CPUQuotaPerSecUSec: '500ms',
      TasksMax: '100',
      MemoryAccounting: 'yes',
    });
    expect([
      await bed.show('kubepods-burstable-pod1_2.slice', 'MemoryMax'),
      await bed.show('kubepods-burstable-pod1_2.slice', 'MemoryLimit'),
    ]).toContain('268435456');
    await slices.setLimits(pod, { cpuQuotaUs: -1, cpuPeriodUs: 100_000 }, {});
    expect(await bed.show('kubepods-burstable-pod1_2.slice', 'CPUQuotaPerSecUSec')).toBe('infinity');
  });

  it('ends a slice, and one that is gone is fine', async () => {
    await slices.start(['kubepods', 'pod9'], {});
    await slices.stop(['kubepods', 'pod9'], {});
    await slices.stop(['kubepods', 'pod9'], {});
    expect(await bed.show('kubepods-pod9.slice', 'ActiveState')).toBe('inactive');
  });

  it('gives what is to outlive a login a scope of its own, and the process keeps its id', async () => {
    const [program, ...args] = inScope('containerd of a test (/x)', ['sh', '-c', 'cat /proc/self/cgroup; echo "$$ $PPID"']);
    const { stdout, stderr } = await bed.run(program, ...args);
    expect(stdout, stderr).toMatch(/:name=systemd:.*\/system\.slice\/run-\S+\.scope\n|^0::.*\/system\.slice\/run-\S+\.scope\n/m);
  });
});
