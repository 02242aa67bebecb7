import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.start();
});
afterEach(() => world.stop());

const template = (image: string): string => `{metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "${image}"}]}}`;
const workload = (kind: string, name: string, image: string, more = ''): string =>
  `apiVersion: apps/v1\nkind: ${kind}\nmetadata: {name: ${name}}\nspec: {selector: {matchLabels: {app: web}}, template: ${template(image)}${more}}\n`;
const CLAIMS = `, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`;
const uids = (): readonly (string | undefined)[] => world.live().map(({ pod }) => pod.metadata.uid);
const loseAll = (): void => {
  world.kept.clear();
  world.start();
};

describe('workloads whose records were lost', () => {
  it.each([
    ['Deployment', ', replicas: 3'],
    ['ReplicaSet', ', replicas: 2'],
    ['DaemonSet', ''],
    ['StatefulSet', `, replicas: 3, serviceName: web${CLAIMS}`],
  ])('a %s takes back the Pods that run and that it would make', (kind, more) => {
    world.apply(workload(kind, 'web', 'a:1', more));
    world.settle();
    const before = [uids(), world.names()];
    loseAll();
    world.settle();
    expect([uids(), world.names()]).toEqual(before);
    world.start();
    world.settle();
    expect(uids()).toEqual(before[0]);
  });

  it('replace Pods of another template, take no more than they want, and none of one another', () => {
    for (const name of ['a', 'b', 'a-b']) world.apply(workload('Deployment', name, 'a:1', ', replicas: 2'));
    world.settle();
    const ofB = world.names().filter((name) => name.startsWith('b-'));
    world.stop();
    world.apply(workload('Deployment', 'a', 'a:2', ', replicas: 2'));
    world.apply(workload('Deployment', 'a-b', 'a:1', ', replicas: 1'));
    loseAll();
    world.settle();
    expect(world.names().filter((name) => name.startsWith('b-'))).toEqual(ofB);
    expect(world.names().filter((name) => name.startsWith('a-b-'))).toHaveLength(1);
    const images = world.live().flatMap(({ pod }) => (/^a-[^b]/.test(pod.metadata.name ?? '') ? [pod.spec.containers[0]?.image] : []));
    expect(images.filter((image) => image === 'a:2')).toHaveLength(2);
    expect(world.live()).toHaveLength(5);
  });

  it('decide nothing about their Pods before the runtime has been looked at', () => {
    world.apply(workload('Deployment', 'web', 'a:1', ', replicas: 2'));
    world.settle();
    const before = uids();
    world.kept.clear();
    world.start({ listed: false });
    world.pass(60_000);
    world.listed = true;
    world.tell();
    world.settle();
    expect(uids()).toEqual(before);
  });

  it('a Deployment that is paused takes them back as well, and stays as it is until it is resumed', () => {
    const paused = ', replicas: 2, paused: true';
    world.apply(workload('Deployment', 'web', 'a:1', ', replicas: 2'));
    world.settle();
    world.apply(workload('Deployment', 'web', 'a:1', paused));
    world.settle();
    const before = uids();
    loseAll();
    world.settle();
    expect(uids()).toEqual(before);
    world.apply(workload('Deployment', 'web', 'a:2', paused));
    world.settle();
    world.start();
    world.settle();
    expect(uids()).toEqual(before);
    world.apply(workload('Deployment', 'web', 'a:2', ', replicas: 2'));
    world.settle();
    expect(world.live().map(({ pod }) => pod.spec.containers[0]?.image)).toEqual(['a:2', 'a:2']);
  });

  const job = (name: string, more = ''): string =>
    `apiVersion: batch/v1\nkind: Job\nmetadata: {name: ${name}}\nspec: {${more}template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1"}]}}}\n`;
  const endAll = (): void => {
    for (const live of world.live()) world.end(live, 0);
    world.settle();
  };
  const statusOf = (key: string) => (world.views.get(key)?.object as { readonly status?: Record<string, unknown> } | undefined)?.status;

  it('a Job goes on with its Pods, and does no index again of which a Pod is there', () => {
    world.apply(job('once'));
    world.apply(job('many', 'completionMode: Indexed, completions: 3, parallelism: 1, '));
    world.settle();
    const [first] = world.live().filter(({ pod }) => pod.metadata.name?.startsWith('many-0-'));
    world.end(first!, 0);
    world.settle();
    expect(world.names().toSorted()).toEqual([expect.stringMatching(/^many-1-/), expect.stringMatching(/^once-/)]);
    const before = [...world.pods.keys()].sort();
    loseAll();
    world.settle();
    expect([...world.pods.keys()].sort()).toEqual(before);
    endAll();
    expect(world.names()).toEqual([expect.stringMatching(/^many-2-/)]);
    endAll();
    expect(statusOf('Job.batch/default/many')).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
    expect(statusOf('Job.batch/default/once')).toMatchObject({ succeeded: 1 });
    expect(world.pods.size).toBe(4);
    loseAll();
    world.settle();
    expect(world.live()).toEqual([]);
    expect(statusOf('Job.batch/default/many')).toMatchObject({ succeeded: 3 });
  });

  it('a CronJob goes on with its run, and starts none for a time that has had one', () => {
    const cronJob = `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec: {schedule: '*/10 * * * *', concurrencyPolicy: Forbid, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "a:1"}]}}}}}\n`;
    world.apply(cronJob);
    world.pass(610_000);
    for (const live of world.live()) world.ready(live);
    const before = [uids(), world.names()];
    expect(before[1]).toEqual([expect.stringMatching(/^tick-\d+-.....$/)]);
    loseAll();
    world.pass(60_000);
    expect([uids(), world.names()]).toEqual(before);
    expect(statusOf('CronJob.batch/default/tick')).toMatchObject({ active: [{}], lastScheduleTime: '2026-01-01T00:10:00Z' });
    world.start();
    world.pass(60_000);
    expect(uids()).toEqual(before[0]);
    for (const live of world.live()) world.end(live, 0);
    world.pass(60_000);
    expect(world.live()).toEqual([]);
    expect(world.told.filter((line) => /UnexpectedJob|MissingJob/.test(line))).toEqual([]);
    world.pass(600_000);
    expect(world.live()).toHaveLength(1);
  });
});
