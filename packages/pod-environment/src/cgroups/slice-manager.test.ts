import { describe, expect, it } from 'vitest';
import { lacksBus, startPrivateBus } from '../testing/private-bus.js';
import { createSliceManager } from './slice-manager.js';

const variant = (type: string, data: unknown) => ({ type, data });

describe.skipIf(lacksBus !== undefined)(`what busctl itself makes of a call${lacksBus === undefined ? '' : ` (needs ${lacksBus})`}`, () => {
  it('reaches systemd with the unit, its parent and every property in its type', async () => {
    await using bus = await startPrivateBus();
    const slices = createSliceManager({ version: 2, runCommand: bus.runCommand, timeoutMs: 20_000 });
    const unserved = expect.objectContaining({ message: expect.stringMatching(/org\.freedesktop\.systemd1 was not provided/) });
    await expect(slices.start(['kubepods'], {})).rejects.toEqual(unserved);
    await expect(slices.start(['kubepods', 'burstable', 'pod1-2'], {})).rejects.toEqual(unserved);
    const limits = { cpuShares: 2, cpuQuotaUs: -1, cpuPeriodUs: 100_000, memoryBytes: 268_435_456n, pids: 100 };
    await expect(slices.setLimits(['kubepods'], limits, {})).rejects.toEqual(unserved);
    await expect(slices.freeMemory('cri-containerd-1.scope', {})).rejects.toEqual(unserved);
    await expect(slices.stop(['kubepods'], {})).rejects.toEqual(unserved);

    expect(await bus.calls(5)).toEqual([
      {
        member: 'StartTransientUnit',
        type: 'ssa(sv)a(sa(sv))',
        data: [
          'kubepods.slice',
          'replace',
          [
            ['Description', variant('s', 'Solo Kubelet kubepods.slice')],
            ['Wants', variant('as', ['-.slice'])],
            ['MemoryAccounting', variant('b', true)],
            ['CPUAccounting', variant('b', true)],
            ['IOAccounting', variant('b', true)],
            ['TasksAccounting', variant('b', true)],
            ['DefaultDependencies', variant('b', false)],
          ],
          [],
        ],
      },
      expect.objectContaining({
        data: [
          'kubepods-burstable-pod1_2.slice',
          'replace',
          expect.arrayContaining([['Wants', variant('as', ['kubepods-burstable.slice'])]]),
          [],
        ],
      }),
      {
        member: 'SetUnitProperties',
        type: 'sba(sv)',
        data: [
          'kubepods.slice',
          true,
          [
            ['CPUWeight', variant('t', 1)],
            ['CPUQuotaPeriodUSec', variant('t', 100_000)],
            ['CPUQuotaPerSecUSec', variant('t', 2 ** 64)],
            ['MemoryMax', variant('t', 268_435_456)],
            ['TasksMax', variant('t', 100)],
          ],
        ],
      },
      {
        member: 'SetUnitProperties',
        type: 'sba(sv)',
        data: [
          'cri-containerd-1.scope',
          true,
          [
            ['MemoryHigh', variant('t', 2 ** 64)],
            ['MemoryMin', variant('t', 0)],
            ['MemoryLow', variant('t', 0)],
          ],
        ],
      },
      { member: 'StopUnit', type: 'ss', data: ['kubepods.slice', 'replace'] },
    ]);
  });
});
