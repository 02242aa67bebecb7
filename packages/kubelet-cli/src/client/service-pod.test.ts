import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import type { NodeApiObject } from './node-client.js';
import { findMeantPod, targetPortOf } from './service-pod.js';

const pod = (name: string, app: string, ready: string): Pod =>
  ({
    metadata: { name, namespace: 'default', labels: { app } },
    spec: { containers: [{ name: 'a', ports: [{ name: 'web', containerPort: 8080 }] }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready }] },
  }) as unknown as Pod;
const service = (spec: object): NodeApiObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'x', namespace: 'default' },
  spec: { ...spec },
});
const PORTS = [
  { name: 'http', port: 80, targetPort: 'web' },
  { name: 'admin', port: 90, targetPort: 9090 },
  { name: 'gone', port: 99, targetPort: 'nope' },
];
const find = (name: string, spec: object) =>
  findMeantPod(name, 'default', {
    signal: new AbortController().signal,
    client: {
      listPods: async () => [pod('other', 'b', 'True'), pod('starts', 'a', 'False'), pod('ready', 'a', 'True')],
      listObjects: async () => [service(spec)],
    },
  });

it.each(['svc/x', 'service/x', 'services/x'])('%s: is a ready pod that the Service selects', async (name) => {
  const meant = await find(name, { selector: { app: 'a' } });
  expect([meant.pod.metadata.name, meant.service?.metadata.name]).toEqual(['ready', 'x']);
});

it('a pod may still be named itself', async () => {
  expect((await find('other', {})).pod.metadata.name).toBe('other');
});

it('says what there is not: the Service, its selector, a pod', async () => {
  await expect(find('svc/y', {})).rejects.toThrow('services "y" not found in namespace "default"');
  await expect(find('svc/x', {})).rejects.toThrow('service/x selects no pods: it has no selector');
  await expect(find('svc/x', { selector: { app: 'c' } })).rejects.toThrow('service/x selects no pod that is there');
});

it('a port of the Service is that of the pod behind it, by number or name', () => {
  const [it, at] = [service({ ports: PORTS }), pod('p', 'a', 'True')];
  expect(targetPortOf(it, at, '80')).toEqual({ port: 80, target: 8080 });
  expect(targetPortOf(it, at, 'admin')).toEqual({ port: 90, target: 9090 });
  expect(targetPortOf(service({ ports: PORTS, clusterIP: 'None' }), at, '90')).toEqual({ port: 90, target: 90 });
  expect(() => targetPortOf(it, at, '81')).toThrow('service/x does not have a service port 81');
  expect(() => targetPortOf(it, at, '99')).toThrow('has no port named nope');
});
