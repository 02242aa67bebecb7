import { describe, expect, it } from 'vitest';
import { topologyHints } from './topology-hints.js';

const known = (places: Readonly<Record<string, readonly number[]>>) =>
  new Map(Object.entries(places).map(([id, numaNodes]) => [id, { id, health: 'Healthy' as const, numaNodes }]));
const hintsOf = (
  places: Readonly<Record<string, readonly number[]>>,
  count: number,
  rest: { available?: string[]; reusable?: string[] } = {},
) => topologyHints({ count, known: known(places), available: Object.keys(places), reusable: [], numaNodes: [0, 1], ...rest });

describe('topologyHints', () => {
  it('has none for devices that are close to no node', () => {
    expect(hintsOf({ a: [], b: [] }, 1)).toBeUndefined();
  });

  it('prefers one node where one node could do', () => {
    expect(hintsOf({ a: [0], b: [1] }, 1)).toEqual([
      { numaNodes: [0], preferred: true },
      { numaNodes: [1], preferred: true },
      { numaNodes: [0, 1], preferred: false },
    ]);
  });

  it('prefers no set while the nodes that would do have their devices taken', () => {
    expect(hintsOf({ a: [0], b: [0], c: [1] }, 2, { available: ['a', 'c'] })).toEqual([{ numaNodes: [0, 1], preferred: false }]);
  });

  it('keeps to the nodes of devices that will be taken over', () => {
    expect(hintsOf({ a: [0], b: [1] }, 1, { available: ['b'], reusable: ['a'] })).toEqual([
      { numaNodes: [0], preferred: true },
      { numaNodes: [0, 1], preferred: false },
    ]);
  });

  it('offers nothing where no set would do', () => {
    expect(hintsOf({ a: [0] }, 2)).toEqual([]);
  });
});
