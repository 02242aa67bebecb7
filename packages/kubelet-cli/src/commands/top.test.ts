import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { runningContainers } from './top.js';

const pod = (name: string, states: readonly object[]): Pod =>
  ({
    metadata: { name, namespace: 'default' },
    spec: { containers: [] },
    status: { containerStatuses: states.map((state, index) => ({ name: `c${index}`, state })) },
  }) as unknown as Pod;

it('leaves out pods and containers that have ended', () => {
  const ended = { terminated: { exitCode: 0 } };
  expect([...runningContainers([pod('job', [ended]), pod('web', [{ running: {} }, ended]), pod('new', [{ waiting: {} }])])]).toEqual([
    'default/web',
    'default/web/c0',
  ]);
});
