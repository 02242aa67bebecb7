import { afterEach, beforeEach, expect, it } from 'vitest';
import { World } from './workload-world.js';

let world: World;
beforeEach(() => {
  world = new World();
  world.start();
});
afterEach(() => world.stop());

const MANY = 2_147_483_647;
const template = (policy: string): string =>
  `template: {metadata: {labels: {app: web}}, spec: {restartPolicy: ${policy}, containers: [{name: app, image: "a:1"}]}}`;
const selected = `selector: {matchLabels: {app: web}}, ${template('Always')}`;

it.each([
  ['Deployment', 'apps/v1', `replicas: ${MANY}, ${selected}`],
  ['ReplicaSet', 'apps/v1', `replicas: ${MANY}, ${selected}`],
  ['StatefulSet', 'apps/v1', `replicas: ${MANY}, podManagementPolicy: Parallel, ${selected}`],
  [
    'StatefulSet',
    'apps/v1',
    `replicas: ${MANY}, persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}, ${selected}, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]`,
  ],
  ['Job', 'batch/v1', `parallelism: ${MANY}, ${template('Never')}`],
])('a %s that asks for more Pods than any node has room for makes 500 at once, and others as these start', (kind, apiVersion, spec) => {
  world.apply(`apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web}\nspec: {${spec}}\n`);
  const ordered = kind === 'StatefulSet' && !spec.includes('Parallel');
  expect(world.live()).toHaveLength(ordered ? 1 : 500);
  for (const live of world.live().slice(0, 10)) world.ready(live);
  expect(world.live()).toHaveLength(ordered ? 2 : 510);
});
