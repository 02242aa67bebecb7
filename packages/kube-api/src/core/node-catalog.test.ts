import { expect, it } from 'vitest';
import { nodeCatalog } from './node-catalog.js';

it('has what the node carries out, and nothing that it cannot', () => {
  expect(nodeCatalog.find('apps', 'v1', 'deployments')).toBeDefined();
  expect(nodeCatalog.find('metrics.k8s.io', 'v1beta1', 'pods')?.verbs).toEqual(['get', 'list']);
  expect(nodeCatalog.find('autoscaling', 'v2', 'horizontalpodautoscalers')).toBeUndefined();
  expect(nodeCatalog.find('', 'v1', 'nodes')?.verbs).not.toContain('create');
  expect(nodeCatalog.find('', 'v1', 'pods')?.subresources.map(({ name }) => name)).not.toContain('binding');
});

it('has kinds that are only read, for clients that list them all', () => {
  for (const [group, plural] of [
    ['', 'endpoints'],
    ['', 'replicationcontrollers'],
  ] as const)
    expect(nodeCatalog.find(group, 'v1', plural)?.verbs).toEqual(['get', 'list', 'watch']);
});

it('makes no mirror of what a client copies from one', () => {
  const rules = nodeCatalog.find('', 'v1', 'pods')!.rules!;
  const spec = { containers: [{ name: 'c', image: 'img:1' }] };
  const copy = { 'kubernetes.io/config.mirror': 'x', 'kubernetes.io/config.hash': 'y' };
  const draft = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', namespace: 'default', annotations: { ...copy } }, spec };
  rules.fillDefaults(draft);
  expect(rules.create(draft, () => {})).toEqual([]);
  expect(draft.metadata.annotations).toEqual({ 'kubernetes.io/config.hash': 'y' });
});
