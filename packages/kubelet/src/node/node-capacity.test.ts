import { describe, expect, it } from 'vitest';
import { nodeResources, podsCgroupLimits, reservedCgroups } from './node-capacity.js';

const GIB = 1_024 ** 3;
const machine = { cores: 4, memoryBytes: 8 * GIB, ephemeralStorageBytes: 100 * GIB, hugePages: { '2Mi': GIB }, maxPids: 32_768 };
const none = { systemReserved: {}, kubeReserved: {}, evictionHard: {}, maxPods: 110, podsPerCore: 0, localStorageCapacityIsolation: true };

describe('nodeResources', () => {
  it('offers everything but huge pages where nothing is reserved', () => {
    const { capacity, allocatable } = nodeResources(machine, none);
    expect(capacity).toEqual({
      cpu: '4',
      memory: '8388608Ki',
      'ephemeral-storage': '107374182400',
      pods: '110',
      'hugepages-2Mi': '1073741824',
    });
    expect(allocatable).toMatchObject({ cpu: '4', memory: '7340032Ki' });
  });

  it('takes away both reservations and the thresholds of eviction', () => {
    const { allocatable } = nodeResources(machine, {
      ...none,
      systemReserved: { cpu: '500m', memory: '1Gi' },
      kubeReserved: { cpu: '1', 'ephemeral-storage': '10Gi' },
      evictionHard: { 'memory.available': '1Gi', 'nodefs.available': '10%' },
    });
    expect(allocatable).toMatchObject({ cpu: '2500m', memory: '5242880Ki', 'ephemeral-storage': String(80 * GIB) });
  });

  it('never offers less than nothing', () => {
    expect(nodeResources(machine, { ...none, kubeReserved: { cpu: '9', memory: '90Gi' } }).allocatable).toMatchObject({
      cpu: '0',
      memory: '0Ki',
    });
  });

  it.each([
    [0, '110'],
    [10, '40'],
    [100, '110'],
  ])('with podsPerCore %i holds %s pods', (podsPerCore, pods) => {
    expect(nodeResources(machine, { ...none, podsPerCore }).capacity['pods']).toBe(pods);
  });
});

describe('podsCgroupLimits', () => {
  it('leaves out reservations but not thresholds', () => {
    const limits = podsCgroupLimits(machine, {
      ...none,
      systemReserved: { memory: '1Gi', pid: '1000' },
      evictionHard: { 'memory.available': '1Gi' },
    });
    expect(limits).toMatchObject({ milliCpu: 4_000, memoryBytes: 7 * GIB, pids: 31_768 });
  });
});

describe('reservedCgroups', () => {
  const config = {
    enforceNodeAllocatable: ['pods', 'kube-reserved', 'system-reserved-compressible'],
    kubeReserved: { cpu: '100m', memory: '100Mi', pid: '738' },
    kubeReservedCgroup: 'kube-reserved',
    systemReserved: { cpu: '200m', memory: '100Mi' },
    systemReservedCgroup: '/system.slice',
  };

  it('holds each to what is reserved, or to its CPU shares alone', () => {
    expect(reservedCgroups(config)).toEqual([
      { path: '/system.slice', limits: { milliCpu: 200 } },
      { path: 'kube-reserved', limits: { milliCpu: 100, memoryBytes: 104_857_600, pids: 738 } },
    ]);
    expect(reservedCgroups({ ...config, enforceNodeAllocatable: ['pods'] })).toEqual([]);
  });
});
