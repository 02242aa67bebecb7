import { beforeEach, describe, expect, it } from 'vitest';
import { holds, parseWaitFor, waitCycle } from '../src/core/wait/wait-for.js';
import { World } from './workload-world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.start();
});

const deployment = (name: string, image: string, waitFor = ''): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}, annotations: {${waitFor && `wait-for.solo-kubelet.dev: "${waitFor}"`}}}\nspec: {selector: {matchLabels: {a: ${name}}}, template: {metadata: {labels: {a: ${name}}}, spec: {containers: [{name: app, image: "${image}"}]}}}\n`;
const job = (image: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata: {name: migrate}\nspec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "${image}"}]}}}\n`;
const images = (name: string): readonly (string | undefined)[] =>
  world
    .live()
    .filter(({ pod }) => pod.metadata.name?.startsWith(name))
    .map(({ pod }) => pod.spec.containers[0]?.image);
const endJob = (): void => {
  for (const live of world.live()) if (live.pod.metadata.name?.startsWith('migrate')) world.end(live, 0);
};

describe('a workload that waits', () => {
  it('has no Pods before what it waits for is so, tells it once, and begins then', () => {
    world.apply(deployment('web', 'a:1', 'deployment/db=Available, job/migrate=Complete'));
    world.pass(1_000);
    expect(world.names()).toEqual([]);
    world.apply(job('m:1'));
    world.apply(deployment('db', 'd:1'));
    world.settle(({ metadata }) => !metadata.name?.startsWith('migrate'));
    expect([images('web'), images('db')]).toEqual([[], ['d:1']]);
    world.start();
    world.pass(1_000);
    expect(images('web')).toEqual([]);
    endJob();
    world.pass(1_000);
    expect(images('web')).toEqual(['a:1']);
    expect(world.told.filter((line) => line.includes('WaitingFor'))).toEqual([
      'Deployment/web WaitingFor Waiting for deployment/db=Available, job/migrate=Complete',
      'Deployment/web WaitingFor Waiting for job/migrate=Complete',
    ]);
  });

  it('keeps its old Pods while a new template waits, whatever comes first in the files; what runs is made anew without waiting', () => {
    world.apply(deployment('web', 'a:1', 'job/migrate=Complete'));
    world.apply(job('m:1'));
    world.pass(1_000);
    endJob();
    world.settle();
    expect(images('web')).toEqual(['a:1']);
    world.apply(deployment('web', 'a:2', 'job/migrate=Complete'));
    world.apply(job('m:2'));
    world.settle(({ metadata }) => !metadata.name?.startsWith('migrate'));
    expect(images('web')).toEqual(['a:1']);
    for (const live of world.live()) if (live.pod.metadata.name?.startsWith('web')) world.end(live, 1);
    world.pass(10_000);
    expect(images('web')).toEqual(['a:1']);
    endJob();
    world.settle();
    expect(images('web')).toEqual(['a:2']);
  });

  it('tells of a cycle, and of what cannot be read', () => {
    world.apply(deployment('a', 'a:1', 'deployment/b=Available'));
    world.apply(deployment('b', 'a:1', 'deployment/a=Available'));
    world.apply(deployment('c', 'a:1', 'database up'));
    world.pass(1_000);
    expect(world.names()).toEqual([]);
    expect(world.told).toContain(
      'Deployment/b WaitCycle deployment/b waits for deployment/a waits for deployment/b: none of them will start',
    );
    expect(world.told.find((line) => line.includes('InvalidWaitFor'))).toMatch(/cannot read "database up"; write it as/);
    world.apply(deployment('b', 'a:1'));
    world.settle();
    expect(images('a')).toEqual(['a:1']);
  });
});

it.each<[string, string, object | undefined, string, boolean]>([
  ['a condition', 'deployment', { conditions: [{ type: 'Available', status: 'True' }] }, 'available', true],
  ['a condition that does not hold', 'pod', { conditions: [{ type: 'Ready', status: 'False' }] }, 'Ready', false],
  ['counts of a StatefulSet', 'statefulset', { readyReplicas: 2 }, 'Ready', true],
  ['too few', 'statefulset', { readyReplicas: 1 }, 'Ready', false],
  ['a DaemonSet without a node', 'daemonset', { desiredNumberScheduled: 0, numberAvailable: 0 }, 'Available', false],
  ['nothing', 'job', undefined, 'Complete', false],
])('%s', (_name, kind, status, condition, expected) => expect(holds(kind, status, condition, 2)).toBe(expected));

it('reads short names and refuses kinds that nobody can wait for', () => {
  expect(parseWaitFor(' deploy/db=Available ,sts/x=Ready')).toEqual({
    ok: true,
    terms: [
      { kind: 'deployment', name: 'db', condition: 'Available' },
      { kind: 'statefulset', name: 'x', condition: 'Ready' },
    ],
  });
  expect(parseWaitFor('cronjob/x=Ready').ok).toBe(false);
  expect(waitCycle('a', (what) => ({ a: ['b', 'c'], b: ['c'], c: ['b'] })[what] ?? [])).toBeUndefined();
});
