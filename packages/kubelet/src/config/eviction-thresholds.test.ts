import { describe, expect, it } from 'vitest';
import { evictionThresholds } from './eviction-thresholds.js';

type Fields = Parameters<typeof evictionThresholds>[0];
const none: Fields = {
  evictionHard: {},
  evictionSoft: {},
  evictionSoftGracePeriod: {},
  evictionMinimumReclaim: {},
  enforceNodeAllocatable: [],
};
const read = (fields: Partial<Fields>) => evictionThresholds({ ...none, ...fields });

describe('evictionThresholds', () => {
  it('reads quantities and shares, soft ones with their grace period, and what has to be there again', () => {
    const { thresholds, errors } = read({
      evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '10%' },
      evictionSoft: { 'memory.available': '1Gi' },
      evictionSoftGracePeriod: { 'memory.available': '1m30s' },
      evictionMinimumReclaim: { 'memory.available': '50Mi', 'nodefs.available': '5%' },
    });
    expect(errors).toEqual([]);
    expect(thresholds).toEqual([
      { signal: 'memory.available', value: { quantity: '100Mi' }, gracePeriodMs: 0, minReclaim: { quantity: '50Mi' } },
      { signal: 'nodefs.available', value: { fraction: Math.fround(0.1) }, gracePeriodMs: 0, minReclaim: { fraction: Math.fround(0.05) } },
      { signal: 'memory.available', value: { quantity: '1Gi' }, gracePeriodMs: 90_000, minReclaim: { quantity: '50Mi' } },
    ]);
  });

  it('holds what pods may have in all to the same as the node’s memory, where pods are enforced', () => {
    const { thresholds } = read({
      evictionHard: { 'memory.available': '100Mi', 'pid.available': '10' },
      evictionSoft: { 'memory.available': '1Gi' },
      evictionSoftGracePeriod: { 'memory.available': '1m' },
      enforceNodeAllocatable: ['pods'],
    });
    expect(thresholds.slice(3)).toEqual([{ signal: 'allocatableMemory.available', value: { quantity: '100Mi' }, gracePeriodMs: 0 }]);
  });

  it.each(['0%', '100%'])('%s switches a threshold off', (text) =>
    expect(read({ evictionHard: { 'nodefs.available': text }, evictionSoft: { 'imagefs.available': text } })).toEqual({
      thresholds: [],
      errors: [],
    }),
  );

  it.each<[Partial<Fields>, string]>([
    [{ evictionHard: { 'cpu.available': '1' } }, 'unsupported eviction signal cpu.available'],
    [{ evictionSoftGracePeriod: { 'cpu.available': '1s' } }, 'unsupported eviction signal cpu.available'],
    [{ evictionMinimumReclaim: { toString: '1' } }, 'unsupported eviction signal toString'],
    [{ evictionHard: { 'memory.available': '0' } }, 'eviction threshold memory.available must be positive: 0'],
    [{ evictionHard: { 'memory.available': '-1Mi' } }, 'eviction threshold memory.available must be positive: -1Mi'],
    [
      { evictionHard: { 'memory.available': 'lots' } },
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [{ evictionHard: { 'nodefs.available': '-1%' } }, 'eviction percentage threshold nodefs.available must be >= 0%: -1%'],
    [{ evictionHard: { 'nodefs.available': '101%' } }, 'eviction percentage threshold nodefs.available must be <= 100%: 101%'],
    [{ evictionHard: { 'nodefs.available': 'x%' } }, 'strconv.ParseFloat: parsing "x": invalid syntax'],
    [{ evictionSoft: { 'memory.available': '1Gi' } }, 'grace period must be specified for the soft eviction threshold memory.available'],
    [
      { evictionSoft: { 'memory.available': '1Gi' }, evictionSoftGracePeriod: { 'memory.available': 'soon' } },
      'time: invalid duration "soon"',
    ],
    [
      { evictionSoft: { 'memory.available': '1Gi' }, evictionSoftGracePeriod: { 'memory.available': '-1s' } },
      'invalid eviction grace period specified: -1s, must be a positive value',
    ],
    [{ evictionMinimumReclaim: { 'nodefs.available': '0%' } }, 'eviction percentage minimum reclaim nodefs.available must be positive: 0%'],
    [{ evictionMinimumReclaim: { 'nodefs.available': '-1' } }, 'negative eviction minimum reclaim specified for nodefs.available'],
  ])('%j is refused: %s', (fields, error) => expect(read(fields).errors).toEqual([error]));
});
