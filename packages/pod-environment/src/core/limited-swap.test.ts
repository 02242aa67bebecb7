import { describe, expect, it } from 'vitest';
import { testPod } from '../testing/test-pod.js';
import { containerSwapBytes } from './limited-swap.js';

const GiB = 1024 ** 3;

const swapOf = (resources: object, { memory = 80, swap = 4, excluded = false, others = [] as readonly object[] } = {}): number => {
  const pod = testPod({ containers: [{ resources }, ...others] });
  return containerSwapBytes(pod, pod.spec.containers[0]!, { capacityBytes: swap * GiB, isExcluded: () => excluded }, memory * GiB);
};

describe('LimitedSwap', () => {
  it.each([
    ['1Gi', 80, 4, 53_687_091],
    ['2Gi', 40, 2, 107_374_182],
    ['5Gi', 150, 40, 1_431_655_765],
  ])('gives a container that requests %s of %i GiB its share of %i GiB of swap', (request, memory, swap, expected) => {
    expect(swapOf({ requests: { memory: request } }, { memory, swap })).toBe(expected);
  });

  it.each([
    ['that requests no memory', { requests: { cpu: '1' } }],
    ['whose request is its limit', { requests: { memory: '1Gi' }, limits: { memory: '1Gi' } }],
    ['whose limit stands for its request', { limits: { memory: '1Gi' } }],
    ['of a pod that asks for nothing', {}],
  ])('gives none to a container %s', (_what, resources) => {
    expect(swapOf(resources, { others: [{ name: 'other', resources: {} }] })).toBe(0);
  });

  it('gives none to a Guaranteed pod, nor to one that has to stay in memory', () => {
    expect(swapOf({ requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } })).toBe(0);
    expect(swapOf({ requests: { memory: '1Gi' } }, { excluded: true })).toBe(0);
  });

  it('gives a container that may use more than it requests only the share of its request', () => {
    expect(swapOf({ requests: { memory: '1Gi' }, limits: { memory: '8Gi' } })).toBe(53_687_091);
  });
});
