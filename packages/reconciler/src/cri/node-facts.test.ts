import { hostname } from 'node:os';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri } from '@solo-kubelet/cri-client/testing';
import type { Pod } from '@solo-kubelet/pod-spec';
import { expect, it } from 'vitest';
import { nodeFacts } from './node-facts.js';

it('tells what this machine and its runtime are', async () => {
  await using fake = await createFakeCri();
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const facts = await nodeFacts(cri, { directory: '/' });
  expect(facts).toMatchObject({
    nodeName: hostname().toLowerCase(),
    allocatable: {
      cpu: expect.stringMatching(/^[1-9]\d*$/),
      memory: expect.stringMatching(/^[1-9]\d*Ki$/),
      pods: '110',
      'ephemeral-storage': expect.stringMatching(/^[1-9]\d*Ki$/),
    },
    labels: { 'kubernetes.io/hostname': facts.nodeName, 'kubernetes.io/os': 'linux' },
    operatingSystem: 'linux',
    shuttingDown: false,
  });
  expect(facts.nodeIps.filter((address) => /^(127\.|::1$|169\.254\.|fe80:)/.test(address))).toEqual([]);
});

it('knows by the name of its class what a pod’s runtime can', async () => {
  await using fake = await createFakeCri({ runtimeHandlers: ['runc'] });
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const { recursiveReadOnly } = await nodeFacts(cri, { directory: '/' });
  const ofClass = (runtimeClassName?: string) => ({ spec: { runtimeClassName } }) as Pod;
  expect([undefined, '', 'runc', 'fast'].map((name) => recursiveReadOnly?.(ofClass(name)))).toEqual([true, true, true, false]);
});

it('takes what it is told instead', async () => {
  await using fake = await createFakeCri();
  await using cri = createCriClient({ endpoint: fake.endpoint });
  const told = { nodeName: 'edge', nodeIps: ['192.0.2.1'], labels: { zone: 'a' }, allocatable: { cpu: '1', 'example.com/gpu': '2' } };
  expect(await nodeFacts(cri, { ...told, directory: '/' })).toMatchObject({
    nodeName: 'edge',
    nodeIps: ['192.0.2.1'],
    labels: { zone: 'a', 'kubernetes.io/hostname': 'edge' },
    allocatable: { cpu: '1', 'example.com/gpu': '2', pods: '110' },
  });
});
