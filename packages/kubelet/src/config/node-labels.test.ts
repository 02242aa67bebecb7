import { expect, it } from 'vitest';
import { loadConfiguration } from './load-configuration.js';
import { nodeLabelFault } from './node-labels.js';

const joined = { joins: true };

it.each<Readonly<Record<string, string>>>([
  { site: 'berlin', 'example.com/room': '' },
  { 'kubernetes.io/arch': 'arm64', 'topology.kubernetes.io/zone': 'a', 'beta.kubernetes.io/instance-type': 'x' },
  { 'node.kubernetes.io/role': 'edge', 'mine.kubelet.kubernetes.io/x': 'y' },
  { 'notkubernetes.io/x': 'y' },
])('%j may be labels of a node of a cluster', (labels) => expect(nodeLabelFault(labels, joined)).toBeUndefined());

it.each([
  'node-role.kubernetes.io/worker',
  'kubernetes.io/role',
  'k8s.io/x',
  'sub.k8s.io/x',
  'node-restriction.kubernetes.io/x',
  'app.kubernetes.io/x',
])('%s may not, but of one by itself', (label) => {
  expect(nodeLabelFault({ [label]: '' }, joined)).toMatch(`${label} is a label that clusters let no node give itself`);
  expect(nodeLabelFault({ [label]: '' }, { joins: false })).toBeUndefined();
});

it.each([
  ['-a', 'b', '"-a=b" is no label: name part must consist of'],
  ['a/b/c', 'd', 'is no label: a valid label key must consist of'],
  ['a', 'two words', 'is no label: a valid label must be'],
  ['a', 'x'.repeat(64), 'is no label: must be no more than 63 '],
])('%s=%s is none anywhere', (key, value, message) => {
  expect(nodeLabelFault({ [key]: value }, { joins: false })).toContain(message);
});

it('a kubelet does not start with what its cluster would refuse for ever', async () => {
  const message = expect.stringContaining('--node-labels: node-role.kubernetes.io/x is a label that clusters let no node give itself');
  const label = ['--node-labels', 'node-role.kubernetes.io/x=y'];
  await expect(loadConfiguration([...label, '--kubeconfig', '/k'])).rejects.toThrow(
    expect.objectContaining({ code: 'KUBELET_USAGE', message }),
  );
  expect((await loadConfiguration(label)).flags.nodeLabels).toEqual({ 'node-role.kubernetes.io/x': 'y' });
  await expect(loadConfiguration(['--node-labels', 'a=two words'])).rejects.toThrow('--node-labels: "a=two words" is no label');
});
