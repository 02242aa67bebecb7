import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.start();
});
afterEach(() => world.stop());

const deployment = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, annotations: {team: a}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "${image}"}]}}
`;
const shown = (key: string) =>
  world.views.get(key)!.object as unknown as { metadata: Record<string, unknown>; status: Record<string, unknown> };
const sets = () =>
  world.views.get('Deployment.apps/default/web')!.replicaSets as unknown as readonly Record<string, Record<string, unknown>>[];

describe('workloads as kube-controller-manager 1.36.2 leaves them in an API server', () => {
  it('a ReplicaSet of a Deployment selects by its hash, notes what it was scaled for, and counts its own Pods', () => {
    world.apply(deployment('a:1'));
    world.settle();
    const [set] = sets();
    const hash = (set!['metadata']!['labels'] as Record<string, string>)['pod-template-hash'];
    expect(set).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        generation: 1,
        labels: { app: 'web', 'pod-template-hash': hash },
        annotations: {
          team: 'a',
          'deployment.kubernetes.io/desired-replicas': '2',
          'deployment.kubernetes.io/max-replicas': '3',
          'deployment.kubernetes.io/revision': '1',
        },
        ownerReferences: [{ kind: 'Deployment', name: 'web' }],
      },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web', 'pod-template-hash': hash } },
        template: { metadata: { labels: { app: 'web', 'pod-template-hash': hash } } },
      },
    });
    expect(set?.['status']).toEqual({
      ...{ replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2, availableReplicas: 2, terminatingReplicas: 0, observedGeneration: 1 },
    });
    const owners = world.live().map(({ pod }) => pod.metadata.ownerReferences);
    expect(owners).toEqual(
      Array(2).fill([expect.objectContaining({ kind: 'ReplicaSet', name: `web-${hash}`, uid: set?.['metadata']?.['uid'] })]),
    );
    expect(shown('Deployment.apps/default/web').status).not.toHaveProperty('unavailableReplicas');
    const created = world.told.filter((line) => line.includes('SuccessfulCreate'));
    expect(created).toEqual(world.names().map((name) => `ReplicaSet/web-${hash} SuccessfulCreate Created pod: ${name}`));
  });

  it('a ReplicaSet that a rollout left has no Pods, and counts none', () => {
    world.apply(deployment('a:1'));
    world.settle();
    world.apply(deployment('a:2'));
    world.settle();
    expect(sets().map(({ status }) => status)).toEqual([
      { replicas: 0, terminatingReplicas: 0, observedGeneration: 1 },
      expect.objectContaining({ replicas: 2, availableReplicas: 2 }),
    ]);
  });

  it('annotations of a Deployment are handed down to the ReplicaSet of its template, and stay with what was rolled away', () => {
    const said = (cause: string): string => `kubernetes.io/change-cause: ${cause}, kubectl.kubernetes.io/last-applied-configuration: "{}"`;
    const apply = (image: string, cause: string): void => {
      world.apply(deployment(image).replace('team: a', said(cause)));
      world.settle();
    };
    apply('a:1', 'first');
    apply('a:2', 'second');
    apply('a:2', 'second, in other words'.replace(',', ' -'));
    const causes = sets().map(({ metadata }) => metadata?.['annotations'] as Record<string, string>);
    expect(causes.map((annotations) => annotations['kubernetes.io/change-cause'])).toEqual(['first', 'second - in other words']);
    expect(Object.keys(causes[1]!)).not.toContain('kubectl.kubernetes.io/last-applied-configuration');
    const { revisions } = world.views.get('Deployment.apps/default/web')!;
    expect(revisions.map(({ changeCause }) => changeCause)).toEqual(['first', 'second - in other words']);
  });

  it('a Job has the labels of its template, and leaves out counts that are 0', () => {
    world.apply(`apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1"}]}}}
`);
    world.settle();
    const { metadata, status } = shown('Job.batch/default/once');
    expect(metadata['labels']).toMatchObject({ 'batch.kubernetes.io/job-name': 'once', 'job-name': 'once' });
    expect(status).toEqual({
      startTime: expect.any(String),
      ...{ active: 1, ready: 1, terminating: 0 },
      uncountedTerminatedPods: {},
    });
  });

  it('a DaemonSet, and each of its Pods, says how often its template has been another one', () => {
    const key = 'DaemonSet.apps/default/agent';
    const daemonSet = (image: string): string =>
      `apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: app, image: "${image}"}]}}}\n`;
    for (const [image, generation] of [
      ['a:1', '1'],
      ['a:2', '2'],
      ['a:1', '3'],
    ] as const) {
      world.apply(daemonSet(image));
      world.settle();
      expect(shown(key).metadata['annotations']).toEqual({ 'deprecated.daemonset.template.generation': generation });
      expect(world.live().map(({ pod }) => pod.metadata.labels?.['pod-template-generation'])).toEqual([generation]);
    }
    // The number is lost with the records; what runs is what would be made all the same.
    const before = world.live().map(({ pod }) => pod.metadata.uid);
    world.kept.clear();
    world.start();
    world.settle();
    expect(world.live().map(({ pod }) => pod.metadata.uid)).toEqual(before);
  });

  it('an Indexed Job leaves out completed indexes while there are none, but not failed ones where these count', () => {
    const spec = 'completions: 2, parallelism: 1, completionMode: Indexed, backoffLimitPerIndex: 1';
    world.apply(`apiVersion: batch/v1
kind: Job
metadata: {name: many}
spec: {${spec}, template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1"}]}}}
`);
    expect(shown('Job.batch/default/many').status).toMatchObject({ active: 1, failedIndexes: '' });
    expect(shown('Job.batch/default/many').status).not.toHaveProperty('completedIndexes');
    for (const live of world.live()) world.end(live, 0);
    expect(shown('Job.batch/default/many').status).toMatchObject({ completedIndexes: '0', failedIndexes: '' });
  });

  it('a StatefulSet always has the number of its collisions, and a CronJob no empty list', () => {
    world.apply(`apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec: {selector: {matchLabels: {app: db}}, serviceName: db, template: {metadata: {labels: {app: db}}, spec: {containers: [{name: app, image: "a:1"}]}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: tick}
spec: {schedule: "0 0 1 1 *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1"}]}}}}}
`);
    world.settle();
    expect(shown('StatefulSet.apps/default/db').status['collisionCount']).toBe(0);
    expect(shown('CronJob.batch/default/tick').status).not.toHaveProperty('active');
  });

  it.each(['Deployment', 'DaemonSet', 'StatefulSet', 'Job'])(
    'a Pod of a %s has what an API server fills in of a Pod: requests from limits',
    (kind) => {
      const isJob = kind === 'Job';
      world.apply(`apiVersion: ${isJob ? 'batch' : 'apps'}/v1
kind: ${kind}
metadata: {name: w}
spec:
  ${isJob ? '' : 'selector: {matchLabels: {app: w}}'}
  template:
    metadata: {labels: {app: w}}
    spec:
      ${isJob ? 'restartPolicy: Never' : ''}
      hostNetwork: true
      containers: [{name: app, image: "a:1", ports: [{containerPort: 81}], resources: {limits: {cpu: 100m, memory: 20Mi}}}]
`);
      world.settle();
      const [one] = world.live();
      expect(one?.pod.spec).toMatchObject({
        enableServiceLinks: true,
        containers: [{ ports: [{ hostPort: 81 }], resources: { requests: { cpu: '100m', memory: '20Mi' } } }],
      });
    },
  );
});
