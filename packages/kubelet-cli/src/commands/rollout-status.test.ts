import { expect, it } from 'vitest';
import { rolloutStatus } from './rollout-status.js';

const object = (kind: string, status: object, spec: object = { replicas: 3 }) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'web', generation: 2 },
  spec: spec as Readonly<Record<string, unknown>>,
  status: { observedGeneration: 2, ...status },
});

it.each([
  ['Deployment', { observedGeneration: 1 }, 'Waiting for deployment spec update to be observed...', false],
  [
    'Deployment',
    { updatedReplicas: 1 },
    'Waiting for deployment "web" rollout to finish: 1 out of 3 new replicas have been updated...',
    false,
  ],
  [
    'Deployment',
    { replicas: 4, updatedReplicas: 3 },
    'Waiting for deployment "web" rollout to finish: 1 old replicas are pending termination...',
    false,
  ],
  [
    'Deployment',
    { replicas: 3, updatedReplicas: 3, availableReplicas: 2 },
    'Waiting for deployment "web" rollout to finish: 2 of 3 updated replicas are available...',
    false,
  ],
  ['Deployment', { replicas: 3, updatedReplicas: 3, availableReplicas: 3 }, 'deployment "web" successfully rolled out', true],
  [
    'DaemonSet',
    { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 },
    'daemon set "web" successfully rolled out',
    true,
  ],
  ['StatefulSet', { readyReplicas: 1 }, 'Waiting for 2 pods to be ready...', false],
  [
    'StatefulSet',
    { readyReplicas: 3, updatedReplicas: 3, updateRevision: 'web-a' },
    'statefulset rolling update complete 3 pods at revision web-a...',
    true,
  ],
])('tells of a %s: %j', (kind, status, message, done) => {
  expect(rolloutStatus(object(kind, status))).toEqual({ message, done });
});

it('says that a rollout has failed', () => {
  const conditions = [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }];
  expect(rolloutStatus(object('Deployment', { conditions }))).toMatchObject({ failed: true });
});
