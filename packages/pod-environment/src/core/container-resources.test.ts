import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { type ContainerResourceSettings, containerResources, sandboxOverhead, sandboxResources } from './container-resources.js';
import { noSwap } from './limited-swap.js';
import { hugePageSize, memoryVolumeSize } from './memory-volume.js';
import { podCgroupLimits } from './pod-cgroup-limits.js';

const settings: ContainerResourceSettings = {
  cpuCfsQuota: true,
  cpuCfsQuotaPeriodMs: 100,
  cgroupVersion: 2,
  memoryCapacityBytes: 8 * 1024 ** 3,
  hugePageSizes: ['2Mi', '1Gi'],
  singleProcessOomKill: false,
  swapAccounting: true,
  limitedSwap: noSwap,
};
const of = (resources: object, overrides: Partial<ContainerResourceSettings> = {}, spec: object = {}) => {
  const pod = testPod({ ...spec, containers: [{ resources }] });
  return containerResources(pod, pod.spec.containers[0]!, { ...settings, ...overrides });
};

describe('containerResources', () => {
  it('of a container with requests and limits on cgroup v2', () => {
    const resources = { requests: { cpu: '250m', memory: '128Mi' }, limits: { cpu: '1', memory: '256Mi', 'hugepages-2Mi': '4Mi' } };
    expect(of(resources)).toEqual({
      cpuShares: 256n,
      cpuQuota: 100_000n,
      cpuPeriod: 100_000n,
      memoryLimitInBytes: 268_435_456n,
      oomScoreAdj: 985n,
      cpusetCpus: '',
      cpusetMems: '',
      hugepageLimits: [
        { pageSize: '2MB', limit: 4_194_304n },
        { pageSize: '1GB', limit: 0n },
      ],
      unified: { 'memory.oom.group': '1', 'memory.swap.max': '0' },
      memorySwapLimitInBytes: 0n,
    });
  });

  it.each([
    ['no resources', {}, {}, { cpuShares: 2n, cpuQuota: 0n, cpuPeriod: 100_000n, memoryLimitInBytes: 0n, oomScoreAdj: 1000n }],
    ['shares of the limit when nothing is requested', { limits: { cpu: '2' } }, {}, { cpuShares: 2048n, cpuQuota: 200_000n }],
    ['no quota without cpuCFSQuota', { limits: { cpu: '2' } }, { cpuCfsQuota: false }, { cpuQuota: 0n, cpuPeriod: 0n }],
    ['another period', { limits: { cpu: '2' } }, { cpuCfsQuotaPeriodMs: 10 }, { cpuQuota: 20_000n, cpuPeriod: 10_000n }],
    ['swap on v1', { limits: { memory: '1Mi' } }, { cgroupVersion: 1 as const }, { memorySwapLimitInBytes: 1_048_576n, unified: {} }],
    ['single-process OOM kills', {}, { singleProcessOomKill: true, swapAccounting: false }, { unified: {} }],
  ])('knows %s', (_, resources, overrides, expected) => {
    expect(of(resources, overrides)).toMatchObject(expected);
  });

  it('takes pod-level limits where the container has none', () => {
    expect(of({ limits: { cpu: '1' } }, {}, { resources: { limits: { cpu: '3', memory: '64Mi' } } })).toMatchObject({
      cpuQuota: 100_000n,
      memoryLimitInBytes: 67_108_864n,
    });
  });
});

describe('sandbox resources', () => {
  const pod = testPod({
    overhead: { cpu: '100m', memory: '10Mi' },
    containers: [
      { resources: { requests: { cpu: '1' }, limits: { cpu: '1', memory: '1Mi' } } },
      { name: 'b', resources: { requests: { cpu: '1' }, limits: { cpu: '1', memory: '1Mi' } } },
    ],
  });
  it('are the totals without overhead, which stands by itself', () => {
    expect(sandboxResources(pod, settings)).toMatchObject({ cpuShares: 2048n, cpuQuota: 200_000n, memoryLimitInBytes: 2_097_152n });
    expect(sandboxOverhead(pod, settings)).toMatchObject({ cpuShares: 102n, cpuQuota: 10_000n, memoryLimitInBytes: 10_485_760n });
    expect(sandboxOverhead(testPod(), settings)).toBeUndefined();
  });
});

describe('podCgroupLimits', () => {
  const limitsOf = (resources: object) => podCgroupLimits(testPod({ containers: [{ resources }] }), { ...settings, podPidsLimit: 64 });
  it('closes page sizes that the pod did not ask for and limits processes', () => {
    expect(limitsOf({ requests: { cpu: '1', 'hugepages-2Mi': '4Mi' }, limits: { 'hugepages-2Mi': '4Mi' } })).toEqual({
      cpuShares: 1024,
      cpuQuotaUs: undefined,
      cpuPeriodUs: undefined,
      memoryBytes: undefined,
      pids: 64,
      hugePages: { '2Mi': 4_194_304n, '1Gi': 0n },
    });
  });
});

describe('memory volumes', () => {
  const limited = testPod({
    containers: [{ resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '1', memory: '64Mi' } } }],
  });
  it.each([
    ['the node', testPod(), undefined, { memory: '1Gi' }, 1_073_741_824n],
    ['the pod', limited, '128Mi', { memory: '1Gi' }, 67_108_864n],
    ['the volume', limited, '1Mi', { memory: '1Gi' }, 1_048_576n],
    ['nothing', testPod(), undefined, {}, undefined],
  ])('are bounded by %s', (_, pod, sizeLimit, allocatable, expected) => {
    expect(memoryVolumeSize(pod, sizeLimit, allocatable)).toBe(expected);
  });

  it('find the one page size that the pod asks for', () => {
    const asking = (...sizes: readonly string[]) =>
      testPod({ containers: [{ resources: { requests: Object.fromEntries(sizes.map((size) => [`hugepages-${size}`, '2Mi'])) } }] });
    expect(hugePageSize(asking('2Mi'), 'HugePages')).toBe('2Mi');
    expect(hugePageSize(asking('2Mi', '1Gi'), 'HugePages-1Gi')).toBe('1Gi');
    for (const [pod, medium] of [
      [asking('2Mi', '1Gi'), 'HugePages'],
      [asking(), 'HugePages'],
      [asking('2Mi'), 'HugePages-1Gi'],
    ] as const) {
      expect(() => hugePageSize(pod, medium)).toThrow(expect.objectContaining({ code: 'VOLUME_SETUP_FAILED' }));
    }
  });
});
