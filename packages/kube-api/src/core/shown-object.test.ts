import { expect, it } from 'vitest';
import { controllerRevisions, type NodeObject, shownObject } from './shown-object.js';

const template = { metadata: { labels: { app: 'a', tier: 'x' } }, spec: { containers: [] } };
const owner = (kind: string, name: string): NodeObject =>
  ({
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'default', uid: 'u' },
    spec: { selector: { matchLabels: { app: 'a' } }, template },
    revisions: [{ name: `${name}-5b4b75b54`, revision: 2, template, changeCause: 'why' }],
  }) as unknown as NodeObject;
const metadataOf = (object: NodeObject) => controllerRevisions(object)[0]?.metadata;

it('revisions have the labels and annotations that kube-controller-manager 1.36.2 gives them', () => {
  expect(metadataOf(owner('StatefulSet', 'db'))).toMatchObject({
    labels: { app: 'a', 'controller.kubernetes.io/hash': '5b4b75b54' },
    annotations: { 'kubernetes.io/change-cause': 'why' },
  });
  expect(metadataOf(owner('DaemonSet', 'agent'))).toMatchObject({
    labels: { app: 'a', tier: 'x', 'controller-revision-hash': '5b4b75b54' },
    annotations: { 'deprecated.daemonset.template.generation': '2', 'kubernetes.io/change-cause': 'why' },
  });
  expect(metadataOf(owner('StatefulSet', 'db'))?.labels).not.toHaveProperty('tier');
});

it('an object keeps the time at which clients know that it was made, also over a restart', () => {
  const object: NodeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', uid: 'u', creationTimestamp: 'of its file' } };
  const timeOf = (earlier: { uid: string; creationTimestamp: string } | undefined) =>
    shownObject(object, { before: undefined, earlier, createdText: 'now' }).metadata.creationTimestamp;
  expect(timeOf({ uid: 'u', creationTimestamp: 'of the API' })).toBe('of the API');
  expect(timeOf({ uid: 'another', creationTimestamp: 'of the API' })).toBe('of its file');
  expect(timeOf(undefined)).toBe('of its file');
});
