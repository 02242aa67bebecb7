import { afterEach, describe, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
afterEach(() => world.stop());

const deployment = (image: string, { replicas = 2, name = 'web', extra = '', spec = '' } = {}): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: ${replicas}
  ${spec}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: app, image: ${image}${extra} }] }
`;
const job = (spec: string): string => `
apiVersion: batch/v1
kind: Job
metadata: { name: pi }
spec: { ${spec}, template: { spec: { restartPolicy: Never, containers: [{ name: app, image: x }] } } }
`;
const stateful = (image: string, replicas = 3): string => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: db }
spec:
  replicas: ${replicas}
  serviceName: db
  selector: { matchLabels: { app: db } }
  template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: app, image: ${image} }] } }
  volumeClaimTemplates:
  - { metadata: { name: data }, spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } } }
`;
const started = (...texts: readonly string[]): World => {
  world = new World();
  world.start();
  for (const text of texts) world.apply(text);
  return world;
};
const images = (): readonly (string | undefined)[] => world.live().map(({ pod }) => pod.spec.containers[0]?.image);
const status = (key: string): Record<string, unknown> =>
  (world.views.get(key)!.object as unknown as { status: Record<string, unknown> }).status;

describe('workloads of documents', () => {
  it('makes Pods that belong to their Deployment, rolls an edit, and ends them when the document goes', () => {
    started(deployment('v1'));
    expect(world.live()[0]?.pod).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'default',
        ownerReferences: [{ kind: 'ReplicaSet', name: expect.stringMatching(/^web-[^-]+$/), controller: true }],
      },
      spec: { nodeName: 'node1' },
    });
    world.settle();
    world.apply(deployment('v2'));
    world.settle();
    expect(images()).toEqual(['v2', 'v2']);
    expect(world.views.get('Deployment.apps/default/web')?.revisions.map(({ revision }) => revision)).toEqual([1, 2]);
    world.remove('Deployment/web');
    expect(world.live()).toEqual([]);
    world.settle();
    expect([world.pods.size, world.kept.size, world.views.size]).toEqual([0, 0, 0]);
  });

  it('decides nothing before every source is read and the runtime has been looked at', () => {
    world = new World();
    world.start({ synced: false, listed: false });
    world.apply(deployment('v1'));
    world.pass(600_000);
    expect([world.calls, world.pods.size]).toEqual([0, 0]);
    world.sync();
    expect(world.calls).toBe(0);
    world.listed = true;
    world.tell();
    expect(world.pods.size).toBe(2);
  });

  it('is calm once all is as it should be, and stays so over a restart', () => {
    started(deployment('v1'), stateful('v1'), job('completions: 1'));
    world.settle();
    for (const live of world.live()) if (live.pod.metadata.name?.startsWith('pi-')) world.end(live, 0);
    world.settle();
    const [before, uids] = [world.calls, [...world.pods.keys()]];
    world.pass(600_000);
    expect(world.calls).toBe(before);
    world.start();
    world.pass(600_000);
    expect([world.calls, [...world.pods.keys()], world.live().length]).toEqual([before, uids, 5]);
  });

  it('keeps the Pods of an earlier process before all sources are read, and ends them only after', () => {
    started(deployment('v1'));
    world.settle();
    world.stop();
    world.remove('Deployment/web');
    world.start({ synced: false });
    expect(world.live()).toHaveLength(2);
    world.sync();
    expect(world.live()).toHaveLength(0);
    world.settle();
    expect(world.kept.size).toBe(0);
  });

  it('waits for the answer of readiness probes after a restart before it takes Pods for broken', () => {
    const probed = ', readinessProbe: { tcpSocket: { port: 80 } }';
    started(deployment('v1', { extra: probed }));
    world.settle();
    world.apply(deployment('v2', { extra: probed, spec: 'minReadySeconds: 5' }));
    world.settle((pod) => pod.spec.containers[0]?.image === 'v1');
    const before = world.names();
    for (const live of world.live()) {
      live.status = { ...live.status, conditions: [], containerStatuses: [{ name: 'app', ready: false, state: { running: {} } }] as never };
    }
    world.start();
    world.tell();
    world.pass(10_000);
    expect(world.names()).toEqual(before);
  });

  it('does not replace Pods that the node refuses or evicts', () => {
    started(deployment('v1', { replicas: 3 }));
    const [first, second, third] = world.live();
    world.ready(first!);
    world.refuse(second!);
    world.refuse(third!, 'evicted');
    world.pass(3_600_000);
    expect(world.pods.size).toBe(3);
    expect(status('Deployment.apps/default/web')).toMatchObject({ replicas: 3, readyReplicas: 1 });
  });

  it.each([
    ['a host port', ', ports: [{ containerPort: 80, hostPort: 80 }]', (live: number) => live <= 1],
    ['nothing of its own', ', ports: [{ containerPort: 80 }]', (live: number) => live <= 2],
  ])('rolls a Pod that has %s', (_what, extra, holds) => {
    started(deployment('v1', { replicas: 1, extra }));
    world.settle();
    world.onApplied = () => expect(holds(world.live().length + 1)).toBe(true);
    world.apply(deployment('v2', { replicas: 1, extra }));
    expect(images()).toEqual(extra.includes('hostPort') ? ['v2'] : ['v1', 'v2']);
    world.settle();
    expect(images()).toEqual(['v2']);
  });

  it('stops an old Pod first when the node refuses the new one beside it', () => {
    started(deployment('v1', { replicas: 1 }));
    world.settle();
    world.apply(deployment('v2', { replicas: 1 }));
    const young = world.live().find(({ pod }) => pod.spec.containers[0]?.image === 'v2')!;
    world.refuse(young);
    expect([...world.pods.values()].filter(({ terminating }) => !terminating)).toEqual([young]);
    young.returns = undefined;
    young.status = { phase: 'Pending' };
    world.tell();
    world.settle();
    expect(images()).toEqual(['v2']);
  });

  it('does nothing while it cannot write, and goes on once it can', () => {
    world = new World();
    world.start();
    world.nextWrite = 'failed';
    world.apply(deployment('v1'));
    expect([world.pods.size, world.troubles]).toEqual([0, ['no space left on device']]);
    world.pass(10_000);
    expect(world.pods.size).toBe(2);
  });

  it('waits while a Pod of a document has the name of its own', () => {
    started(stateful('v1', 1).replace('db', 'dc'));
    const taken = { ...world.live()[0]!.pod, metadata: { name: 'db-0', namespace: 'default', uid: 'other' } };
    world.holdName(taken);
    world.apply(stateful('v1', 1));
    expect(world.told.at(-1)).toBe('StatefulSet/db FailedCreate Error creating: pods "db-0" already exists');
    world.releaseName();
    expect(world.names()).toContain('db-0');
  });

  it('keeps a StatefulSet in order, with its claims over its end', () => {
    started(stateful('v1'));
    expect(world.names()).toEqual(['db-0']);
    world.settle();
    expect(world.names()).toEqual(['db-0', 'db-1', 'db-2']);
    expect(world.views.get('StatefulSet.apps/default/db')?.claims.map(({ metadata }) => metadata?.name)).toEqual([
      'data-db-0',
      'data-db-1',
      'data-db-2',
    ]);
    const uids = world.views.get('StatefulSet.apps/default/db')?.claims.map(({ metadata }) => metadata?.uid);
    world.remove('StatefulSet/db');
    expect(world.names()).toEqual(['db-0', 'db-1']);
    world.settle();
    expect([world.pods.size, world.kept.size]).toEqual([0, 1]);
    world.start();
    world.apply(stateful('v2'));
    world.settle();
    expect(images()).toEqual(['v2', 'v2', 'v2']);
    expect(world.views.get('StatefulSet.apps/default/db')?.claims.map(({ metadata }) => metadata?.uid)).toEqual(uids);
  });

  it('runs a Job once, also after a restart, and anew when its document asks for another', () => {
    started(job('completions: 1, ttlSecondsAfterFinished: 60'));
    world.end(world.live()[0]!, 0);
    expect(status('Job.batch/default/pi')).toMatchObject({ succeeded: 1 });
    world.pass(120_000);
    world.reap();
    expect([world.pods.size, world.views.size]).toEqual([0, 0]);
    world.start();
    world.pass(600_000);
    expect(world.pods.size).toBe(0);
    world.apply(job('completions: 1, completionMode: Indexed'));
    expect(world.pods.size).toBe(1);
  });

  it('replaces a Pod of a Job that was evicted', () => {
    started(job('completions: 1'));
    world.refuse(world.live()[0]!, 'evicted');
    world.pass(60_000);
    expect(world.names()).toHaveLength(1);
  });

  it('starts the Jobs of a CronJob on time, and keeps as many as it shall', () => {
    started(`
apiVersion: batch/v1
kind: CronJob
metadata: { name: tick }
spec:
  schedule: "* * * * *"
  successfulJobsHistoryLimit: 2
  jobTemplate: { spec: { template: { spec: { restartPolicy: Never, containers: [{ name: app, image: x }] } } } }
`);
    expect(world.pods.size).toBe(0);
    world.pass(1_000);
    for (let minute = 0; minute < 5; minute += 1) {
      world.pass(60_000);
      if (minute === 2) world.start();
      expect(world.names()).toHaveLength(1);
      const [job] = world.live().map(({ pod }) => pod.metadata.ownerReferences?.[0]);
      expect(world.views.get('CronJob.batch/default/tick')?.object).toMatchObject({
        status: { active: [{ apiVersion: 'batch/v1', kind: 'Job', namespace: 'default', name: job?.name, uid: job?.uid }] },
      });
      for (const live of world.live()) world.end(live, 0);
      world.reap();
    }
    expect([...world.views.keys()].filter((key) => key.startsWith('Job.'))).toHaveLength(2);
    expect([...world.pods.values()].filter(({ terminating }) => !terminating)).toHaveLength(2);
    world.remove('CronJob/tick');
    world.settle();
    expect([world.pods.size, world.views.size, world.kept.size]).toEqual([0, 0, 0]);
  });

  it('makes one Pod of a DaemonSet, and as many of a ReplicaSet as it asks for', () => {
    const body = (kind: string, replicas = ''): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: { name: ${kind.toLowerCase()} }
spec:
  ${replicas}
  selector: { matchLabels: { a: b } }
  template: { metadata: { labels: { a: b } }, spec: { containers: [{ name: app, image: x }] } }
`;
    started(body('DaemonSet'), body('ReplicaSet', 'replicas: 3'));
    world.settle();
    expect(status('DaemonSet.apps/default/daemonset')).toMatchObject({ desiredNumberScheduled: 1, numberReady: 1 });
    expect(status('ReplicaSet.apps/default/replicaset')).toMatchObject({ replicas: 3, readyReplicas: 3 });
    world.apply(body('ReplicaSet', 'replicas: 1'));
    world.settle();
    expect(world.names()).toHaveLength(2);
  });
});
