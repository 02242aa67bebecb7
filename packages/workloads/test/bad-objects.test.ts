import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.start();
});
afterEach(() => world.stop());

const deployment = (name: string, image: string): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: {replicas: 2, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: "${image}"}]}}}\n`;
const cronJob = (name: string, schedule: string): string =>
  `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ${name}}\nspec: {schedule: "${schedule}", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "c:1"}]}}}}}\n`;
const images = (name: string): readonly (string | undefined)[] =>
  world
    .live()
    .filter(({ pod }) => pod.metadata.name?.startsWith(name))
    .map(({ pod }) => pod.spec.containers[0]?.image);

it('two workloads with one selector each keep their own Pods', () => {
  world.apply(deployment('a', 'a:1'));
  world.apply(deployment('b', 'b:1'));
  world.settle();
  expect([images('a-'), images('b-')]).toEqual([
    ['a:1', 'a:1'],
    ['b:1', 'b:1'],
  ]);
  const ofB = world.names().filter((name) => name.startsWith('b-'));
  world.apply(deployment('a', 'a:2'));
  world.settle();
  world.start();
  world.settle();
  expect(images('a-')).toEqual(['a:2', 'a:2']);
  expect(world.names().filter((name) => name.startsWith('b-'))).toEqual(ofB);
  world.remove('Deployment/a');
  world.settle();
  expect(world.names()).toEqual(ofB);
});

it('a schedule that never fires is told of once, and costs nothing: other schedules run on', () => {
  world.apply(cronJob('never', '0 0 31 2 *'));
  world.apply(cronJob('minute', '* * * * *'));
  world.pass(3 * 60_000 + 1_000);
  expect(world.told.filter((line) => line.startsWith('CronJob/never'))).toEqual([
    expect.stringMatching(/^CronJob\/never InvalidSchedule invalid schedule: 0 0 31 2 \* : /),
  ]);
  expect(images('never-')).toEqual([]);
  expect(images('minute-')).toHaveLength(3);
});
