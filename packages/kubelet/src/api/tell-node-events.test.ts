import { expect, it } from 'vitest';
import { nodeEventTeller } from './tell-node-events.js';

const node = (ready: 'True' | 'False') => ({
  metadata: { name: 'node1' },
  status: {
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status: ready },
    ],
  },
});

it('tells that the kubelet starts and how the node is, and then only what is otherwise', () => {
  const told: string[] = [];
  const see = nodeEventTeller(({ reason }) => told.push(reason));
  see(node('True'));
  expect(told).toEqual(['Starting', 'NodeHasSufficientMemory', 'NodeReady']);
  see(node('True'));
  see(node('False'));
  see(node('True'));
  expect(told.slice(3)).toEqual(['NodeNotReady', 'NodeReady']);
});
