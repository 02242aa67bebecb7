import { describe, expect, it } from 'vitest';
import { jobPodDeletionOrder, podDeletionOrder } from './pod-deletion-order.js';
import type { ObservedPod } from './pod-state.js';

const NOW = '2026-06-15T12:00:00Z';

interface Facts {
  readonly uid?: string;
  readonly node?: string;
  readonly phase?: 'Pending' | 'Running' | 'Unknown';
  readonly readySince?: string;
  readonly cost?: string;
  readonly restarts?: number;
  readonly sidecarRestarts?: number;
  readonly created?: string;
}

const pod = (name: string, facts: Facts = {}): ObservedPod => ({
  metadata: {
    name,
    namespace: 'default',
    uid: facts.uid ?? name,
    creationTimestamp: facts.created ?? '2026-06-15T00:00:00Z',
    ...(facts.cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': facts.cost } }),
  },
  spec: {
    containers: [{ name: 'app', image: 'x' }],
    initContainers: [{ name: 'side', image: 'x', restartPolicy: 'Always' }],
    ...(facts.node !== '' && { nodeName: facts.node ?? 'node1' }),
  } as ObservedPod['spec'],
  status: {
    phase: facts.phase ?? 'Running',
    containerStatuses: [{ name: 'app', restartCount: facts.restarts ?? 0 }],
    initContainerStatuses: [{ name: 'side', restartCount: facts.sidecarRestarts ?? 0 }],
    conditions: facts.readySince ? [{ type: 'Ready', status: 'True', lastTransitionTime: facts.readySince }] : [],
  } as unknown as ObservedPod['status'],
});

const order = (...pods: ObservedPod[]): string =>
  podDeletionOrder(pods, Date.parse(NOW))
    .map(({ metadata }) => metadata.name)
    .join(' ');

describe('podDeletionOrder', () => {
  const ready = '2026-06-15T06:00:00Z';
  it.each<[string, Facts, Facts]>([
    ['without a node', { node: '' }, { phase: 'Pending' }],
    ['pending', { phase: 'Pending', readySince: ready }, { phase: 'Running' }],
    ['of unknown phase before running', { phase: 'Unknown' }, { phase: 'Running' }],
    ['not ready', {}, { readySince: ready }],
    ['cheaper', { cost: '-3' }, {}],
    ['with a cost that cannot be read, which counts as 0', { cost: '+5' }, { cost: '1' }],
    ['ready for a shorter time', { readySince: '2026-06-15T11:00:00Z' }, { readySince: ready }],
    ['restarted more often', { restarts: 2 }, { restarts: 1, sidecarRestarts: 9 }],
    ['whose sidecar restarted more often', { sidecarRestarts: 2 }, {}],
    ['younger', { created: '2026-06-15T11:00:00Z' }, {}],
    [
      'of the lesser UID among those of about one age',
      { uid: 'a', created: '2026-06-15T00:00:00Z' },
      { uid: 'b', created: '2026-06-15T00:00:07Z' },
    ],
  ])('takes the Pod first that is %s', (_name, first, second) => {
    expect(order(pod('second', second), pod('first', first))).toBe('first second');
    expect(order(pod('first', first), pod('second', second))).toBe('first second');
  });

  it('takes Pods of a crowded node first', () => {
    expect(order(pod('a', { node: 'n1' }), pod('b', { node: 'n2' }), pod('c', { node: 'n2' }))).toBe('b c a');
  });

  it('keeps the order of equal ones', () => {
    expect(order(pod('b'), pod('a'))).toBe('b a');
  });

  it('compares ages of the Pods of a Job plainly, and passes over their cost', () => {
    const pods = [pod('old', { cost: '-1' }), pod('young', { created: '2026-06-15T00:00:07Z' })];
    expect(jobPodDeletionOrder(pods).map(({ metadata }) => metadata.name)).toEqual(['young', 'old']);
  });
});
