import { expect, it } from 'vitest';
import { nodeEvents, schedulableEvent } from './node-events.js';
import type { NodeObject } from './node-patch.js';

const node = (conditions: Readonly<Record<string, 'True' | 'False'>>, bootID = 'one'): NodeObject => ({
  metadata: { name: 'n' },
  status: { conditions: Object.entries(conditions).map(([type, status]) => ({ type, status })), nodeInfo: { bootID } },
});
const calm = { MemoryPressure: 'False', DiskPressure: 'False', PIDPressure: 'False', Ready: 'True' } as const;
const reasons = (held: NodeObject | undefined, told: NodeObject): readonly string[] => nodeEvents(held, told).map(({ reason }) => reason);

it('tells all of a node that was only now made, but no readiness that it has not had', () => {
  const all = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'];
  expect(reasons(undefined, node(calm))).toEqual([...all, 'NodeReady']);
  expect(reasons(undefined, node({ ...calm, Ready: 'False' }))).toEqual(all);
});

it('tells what has become other than the server held, once', () => {
  expect(reasons(node(calm), node(calm))).toEqual([]);
  expect(nodeEvents(node(calm), node({ ...calm, DiskPressure: 'True', Ready: 'False' }))).toEqual([
    { type: 'Normal', reason: 'NodeHasDiskPressure', message: 'Node n status is now: NodeHasDiskPressure' },
    { type: 'Normal', reason: 'NodeNotReady', message: 'Node n status is now: NodeNotReady' },
  ]);
});

it('counts what the cluster made Unknown as another status', () => {
  const lost: NodeObject = { metadata: { name: 'n' }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } };
  expect(reasons(lost, node({ Ready: 'True' }))).toEqual(['NodeReady']);
});

it('warns of a boot since the last word', () => {
  expect(nodeEvents(node(calm), node(calm, 'two'))).toEqual([
    { type: 'Warning', reason: 'Rebooted', message: 'Node n has been rebooted, boot id: two' },
  ]);
});

it('names cordons', () => {
  expect([true, false].map((cordoned) => schedulableEvent('n', cordoned).reason)).toEqual(['NodeNotSchedulable', 'NodeSchedulable']);
});
