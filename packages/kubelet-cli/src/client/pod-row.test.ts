import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { podRow } from './pod-row.js';

const running = {
  metadata: { name: 'web', namespace: 'default' },
  spec: { containers: [] },
  status: { phase: 'Running' },
} as unknown as Pod;

it('shows a Pod with a deletionTimestamp as Terminating', () => {
  const ending = { ...running, metadata: { ...running.metadata, deletionTimestamp: '1970-01-01T00:00:05Z' } };
  expect([podRow(running, 0).status, podRow(ending, 0).status]).toEqual(['Running', 'Terminating']);
});
