import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeDevicePlugin, deviceContainer, devicePod } from '@solo-kubelet/device-plugins/testing';
import { silentLogger } from '@solo-kubelet/diagnostics';
import type { NodeAdmissionFacts } from '@solo-kubelet/reconciler';
import { createResourceManagers, numaMask } from '@solo-kubelet/resource-managers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { deviceFacts, devicePlugins, deviceProvider } from './device-plugins.js';

/** On a busy machine, too. */
const SOON = { timeout: 15_000, interval: 10 };

const CARD = 'example.com/card';
const options = { signal: new AbortController().signal, running: false };

describe('devices of the kubelet', () => {
  let directory: string;
  let devices: Awaited<ReturnType<typeof devicePlugins>>;
  let plugin: Awaited<ReturnType<typeof createFakeDevicePlugin>>;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kd-'));
    devices = await devicePlugins({ directory, rootDirectory: directory, logger: silentLogger });
    plugin = await createFakeDevicePlugin({
      directory,
      resourceName: CARD,
      devices: [
        { id: 'a', numaNodes: [0] },
        { id: 'b', numaNodes: [1] },
        { id: 'c', numaNodes: [1] },
      ],
    });
    await plugin.register();
    await vi.waitFor(() => expect(devices.resources().capacity[CARD]).toBe('3'), SOON);
  });
  afterEach(async () => {
    await plugin[Symbol.asyncDispose]();
    await devices[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  const [first, second] = [0, 1].map((node) => numaMask([node]));
  const both = numaMask([0, 1]);

  it('tell a topology manager where they are, for a container and for a pod', () => {
    const provider = deviceProvider(devices, [0, 1]);
    const app = deviceContainer('app', { [CARD]: 1 });
    const pod = devicePod('web', [app, { ...app, name: 'more' }]);
    expect(provider.hints(pod, app)).toEqual({
      [CARD]: [
        { affinity: first, preferred: true },
        { affinity: second, preferred: true },
        { affinity: both, preferred: false },
      ],
    });
    expect(provider.podHints(pod)).toEqual({
      [CARD]: [
        { affinity: second, preferred: true },
        { affinity: both, preferred: false },
      ],
    });
  });

  it('are given from the nodes that the topology manager chose', async () => {
    const numa = { nodes: [0, 1], distances: new Map<number, number[]>() };
    const managers = createResourceManagers({ providers: [deviceProvider(devices, [0, 1])], topology: { name: 'single-numa-node', numa } });
    expect(await managers.allocate(devicePod('two', [deviceContainer('app', { [CARD]: 2 })]), options)).toBeUndefined();
    expect(devices.devices('uid-two', 'app').map(({ deviceId }) => deviceId)).toEqual(['b', 'c']);
    expect(await managers.allocate(devicePod('more', [deviceContainer('app', { [CARD]: 2 })]), options)).toMatchObject({
      reason: 'TopologyAffinityError',
    });
  });

  it('do not make a pod wait that wants none', async () => {
    const managers = createResourceManagers({ providers: [deviceProvider(devices, [0])] });
    const hanging = createResourceManagers({
      providers: [{ ...deviceProvider(devices, [0]), allocate: () => new Promise<undefined>(() => {}) }],
    });
    void hanging.allocate(devicePod('stuck', [deviceContainer('app', { [CARD]: 1 })]), options);
    for (const each of [managers, hanging]) {
      expect(await each.allocate(devicePod('plain', [deviceContainer('app', {})]), options)).toBeUndefined();
    }
  });

  it('make another offer when a plugin tells something else, and none when a pod takes what there was', async () => {
    const told: Partial<NodeAdmissionFacts>[] = [];
    const subscription = deviceFacts(devices, { cpu: '2' }).subscribe((facts) => told.push(facts));
    await devices.allocate(devicePod('web', [deviceContainer('app', { [CARD]: 1 })]));
    const ill = { name: CARD, resources: [{ resourceID: 'a', health: 'Unhealthy' }] };
    plugin.setDevices([{ id: 'a', health: 'Unhealthy' }, { id: 'b' }]);
    await vi.waitFor(() => expect(told).toHaveLength(3), SOON);
    subscription.unsubscribe();
    expect(told.map(({ offer }) => offer)).toEqual([0, 0, 1]);
    expect(told.at(-1)).toMatchObject({ allocatable: { cpu: '2', [CARD]: '2' } });
    expect(told.at(-1)?.allocatedResources?.get('uid-web')?.get('app')).toEqual([ill]);
  });
});

it('a kubelet goes on where plugins can not register', async () => {
  const warned = vi.fn();
  const directory = join(tmpdir(), 'x'.repeat(110));
  const devices = await devicePlugins({ directory, rootDirectory: directory, logger: { ...silentLogger, warn: warned } });
  expect(warned).toHaveBeenCalledOnce();
  expect(await devices.allocate(devicePod('web', [deviceContainer('app', { [CARD]: 1 })]))).toMatchObject({
    reason: 'UnexpectedAdmissionError',
  });
  await devices[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});
