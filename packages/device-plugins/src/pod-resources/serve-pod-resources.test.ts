import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PodResourcesListerClient } from '../gen/pod-resources.js';
import { callUnary } from '../rpc/call-unary.js';
import { deviceContainer, devicePod } from '../testing/test-pod.js';
import type { PodResourcesSource } from './pod-resources-source.js';
import { createRateLimit } from './rate-limit.js';
import { servePodResources } from './serve-pod-resources.js';

const CARD = 'example.com/card';
const source: PodResourcesSource = {
  pods: () => [
    devicePod(
      'web',
      [deviceContainer('app', { [CARD]: 2 })],
      [deviceContainer('setup', { [CARD]: 1 }), deviceContainer('sidecar', {}, { restartPolicy: 'Always' })],
    ),
  ],
  devices: (podUid, containerName) =>
    podUid === 'uid-web' && containerName === 'app' ? ['a', 'b'].map((deviceId) => ({ resourceName: CARD, deviceId, numaNodes: [1] })) : [],
  allocatableDevices: () => [{ resourceName: CARD, deviceId: 'c', numaNodes: [] }],
  cpus: (_, containerName) => (containerName === 'app' ? [2, 3] : []),
  allocatableCpus: () => [1, 2, 3],
  memory: () => [{ type: 'memory', bytes: 1_024n, numaNodes: [0] }],
};

describe('the PodResources API', () => {
  let directory: string;
  let server: AsyncDisposable;
  let client: PodResourcesListerClient;
  let nowMs = 0;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pr-'));
    const path = join(directory, 'pod-resources', 'kubelet.sock');
    server = await servePodResources({ path, source, now: () => nowMs });
    client = new PodResourcesListerClient(`unix:${path}`, credentials.createInsecure(), { 'grpc.default_authority': 'localhost' });
  });
  afterEach(async () => {
    client.close();
    await server[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });
  const limits = { timeoutMs: 5_000 };
  const topology = { nodes: [{ ID: 1n }] };
  const memory = [{ memoryType: 'memory', size: 1_024n, topology: { nodes: [{ ID: 0n }] } }];
  const web = {
    name: 'web',
    namespace: 'default',
    containers: [
      { name: 'sidecar', devices: [], cpuIds: [], memory, dynamicResources: [] },
      {
        name: 'app',
        devices: [
          { resourceName: CARD, deviceIds: ['a'], topology },
          { resourceName: CARD, deviceIds: ['b'], topology },
        ],
        cpuIds: [2n, 3n],
        memory,
        dynamicResources: [],
      },
    ],
    cpuIds: [],
    memory: [],
  };

  it('lists what containers have that run beside each other', async () => {
    expect(await callUnary(client.list.bind(client), {}, limits)).toEqual({ podResources: [web] });
  });

  it('tells what a pod has as a whole, that of its containers included', async () => {
    const path = join(directory, 'whole.sock');
    const whole = { ...source, podCpus: () => [0, 3], podMemory: () => [{ type: 'memory', bytes: 2_048n, numaNodes: [0] }] };
    await using _server = await servePodResources({ path, source: whole });
    const other = new PodResourcesListerClient(`unix:${path}`, credentials.createInsecure(), { 'grpc.default_authority': 'localhost' });
    const { podResources } = await callUnary(other.list.bind(other), {}, limits);
    other.close();
    expect(podResources[0]).toMatchObject({ ...web, cpuIds: [0n, 2n, 3n], memory: [{ size: 2_048n }, ...memory, ...memory] });
  });

  it('tells of one pod, and of one that is not there that it is not', async () => {
    const get = client.get.bind(client);
    expect(await callUnary(get, { podName: 'web', podNamespace: 'default' }, limits)).toEqual({ podResources: web });
    await expect(callUnary(get, { podName: 'web', podNamespace: 'other' }, limits)).rejects.toThrow('pod web in namespace other not found');
  });

  it('tells what there is to have', async () => {
    expect(await callUnary(client.getAllocatableResources.bind(client), {}, limits)).toEqual({
      devices: [{ resourceName: CARD, deviceIds: ['c'], topology: undefined }],
      cpuIds: [1n, 2n, 3n],
      memory: [],
    });
  });

  it('refuses calls that come too fast, and takes them again a moment later', async () => {
    const list = () => callUnary(client.list.bind(client), {}, limits);
    for (let call = 0; call < 10; call += 1) await list();
    await expect(list()).rejects.toThrow('code = ResourceExhausted');
    nowMs += 10;
    await list();
  });
});

it('a rate limit keeps to its rate in the long run', () => {
  let nowMs = 0;
  const admit = createRateLimit({ perSecond: 100, burst: 10, now: () => nowMs });
  let admitted = 0;
  for (; nowMs < 1_000; nowMs += 1) if (admit()) admitted += 1;
  expect(admitted).toBeGreaterThanOrEqual(100);
  expect(admitted).toBeLessThanOrEqual(110);
});
