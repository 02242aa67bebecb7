import { expect, it } from 'vitest';
import { podsOfManifest } from './pods-of-manifest.js';

const spec = (image: string, more = '') => `{containers: [{name: app, image: ${image}}]${more}}`;

it('the images of Pods and of the templates of workloads are known, whatever else is in the manifest', () => {
  const text = [
    `apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: ${spec('pod')}`,
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b}\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: ${spec('deployment')}}}`,
    `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: c}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: ${spec('cronjob', ', restartPolicy: Never')}}}}}`,
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}',
    'apiVersion: v1\nkind: Pod\nmetadata: {name: Wrong_Name}\nspec: {}',
  ].join('\n---\n');
  const images = podsOfManifest(text, { path: '/m/a.yaml', nodeName: 'node1' }).flatMap((pod) =>
    pod.spec.containers.map(({ image }) => [`${pod.namespace}/${pod.name}`, image]),
  );
  expect(images).toEqual([
    ['default/a-node1', 'pod'],
    ['default/b', 'deployment'],
    ['default/c', 'cronjob'],
  ]);
});
