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
});
