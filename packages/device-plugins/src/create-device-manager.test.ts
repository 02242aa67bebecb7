import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseCheckpoint } from './core/checkpoint.js';
import { resourceHealth } from './core/resource-health.js';
import { createDeviceManager } from './create-device-manager.js';
import type { DeviceManager } from './device-manager.js';
import type { DeviceManagerOptions } from './device-manager-options.js';
import { createFakeDevicePlugin, type FakeDevicePlugin, type FakeDevicePluginOptions } from './testing/fake-device-plugin.js';
import { manualClock } from './testing/manual-clock.js';
import { deviceContainer, devicePod } from './testing/test-pod.js';

/** On a busy machine, too. */
const SOON = { timeout: 15_000, interval: 10 };

const CARD = 'example.com/card';

describe('a device manager', () => {
  let directory: string;
  let running: AsyncDisposable[];
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'dp-'));
    running = [];
  });
  afterEach(async () => {
    for (const each of running.reverse()) await each[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true, maxRetries: 50, retryDelay: 20 });
  });

  const started = async (options: DeviceManagerOptions = {}): Promise<DeviceManager> => {
    const manager = createDeviceManager({ directory, ...options });
    running.push(manager);
    await manager.start();
    return manager;
  };
  const plugin = async (devices: readonly string[], rest: Partial<FakeDevicePluginOptions> = {}): Promise<FakeDevicePlugin> => {
    const fake = await createFakeDevicePlugin({ directory, resourceName: CARD, devices: devices.map((id) => ({ id })), ...rest });
    running.push(fake);
    return fake;
  };
  const registered = async (
    manager: DeviceManager,
    devices: readonly string[],
    rest: Partial<FakeDevicePluginOptions> = {},
  ): Promise<FakeDevicePlugin> => {
    const fake = await plugin(devices, rest);
    await fake.register();
    const name = rest.resourceName ?? CARD;
    await vi.waitFor(() => expect(manager.resources().capacity[name]).toBe(String(devices.length)), SOON);
    return fake;
  };
  const podWith = (name: string, count = 1) => devicePod(name, [deviceContainer('app', { [CARD]: count })]);
  const idsOf = (manager: DeviceManager, podName: string, containerName = 'app') =>
    manager.devices(`uid-${podName}`, containerName).map(({ deviceId }) => deviceId);
  const checkpoint = async () => parseCheckpoint(await readFile(join(directory, 'kubelet_internal_checkpoint'), 'utf8'));

  it('counts the devices of a plugin that registers, and follows their health', async () => {
    const manager = await started();
    const fake = await registered(manager, ['a', 'b']);
    expect(manager.resources()).toEqual({ capacity: { [CARD]: '2' }, allocatable: { [CARD]: '2' }, admissible: { [CARD]: '2' } });
    fake.setDevices([{ id: 'a', health: 'Unhealthy' }, { id: 'b' }, { id: 'c' }]);
    await vi.waitFor(() => expect(manager.resources()).toMatchObject({ capacity: { [CARD]: '3' }, allocatable: { [CARD]: '2' } }), SOON);
  });

  it('gives a container what the plugin says its devices need', async () => {
    const manager = await started();
    await registered(manager, ['a', 'b'], {
      allocate: ([id]) => ({
        envs: { CARD: id },
        mounts: [{ containerPath: '/lib/card', hostPath: `/host/${id}`, readOnly: true }],
        devices: [{ containerPath: '/dev/card', hostPath: `/dev/${id}`, permissions: 'rw' }],
        annotations: { 'example.com/card': `${id}` },
        cdiDevices: [{ name: `example.com/card=${id}` }],
      }),
    });
    expect(await manager.allocate(podWith('web'))).toBeUndefined();
    expect(manager.allocations('uid-web', 'app')).toEqual({
      envs: { CARD: 'a' },
      mounts: [{ containerPath: '/lib/card', hostPath: '/host/a', readOnly: true }],
      devices: [{ containerPath: '/dev/card', hostPath: '/dev/a', permissions: 'rw' }],
      annotations: { 'example.com/card': 'a' },
      cdiDevices: ['example.com/card=a'],
    });
    expect(manager.allocations('uid-web', 'other')).toBeUndefined();
  });

  it('asks nothing of anybody for a pod that wants no devices', async () => {
    const manager = await started();
    expect(await manager.allocate(devicePod('plain', [{ name: 'app', image: 'img' }]))).toBeUndefined();
    expect(manager.holders()).toEqual([]);
  });

  it('gives a device to one pod at a time, and again once it is released', async () => {
    const manager = await started();
    await registered(manager, ['a']);
    const answers = await Promise.all([manager.allocate(podWith('one')), manager.allocate(podWith('two'))]);
    expect(answers).toEqual([
      undefined,
      {
        reason: 'UnexpectedAdmissionError',
        message: `Allocate failed due to requested number of devices unavailable for ${CARD}. Requested: 1, Available: 0, which is unexpected`,
      },
    ]);
    await manager.release('uid-one');
    expect(await manager.allocate(podWith('two'))).toBeUndefined();
    expect(manager.holders()).toEqual(['uid-two']);
  });

  it('keeps what a pod has when it is asked again', async () => {
    const manager = await started();
    const fake = await registered(manager, ['a', 'b']);
    await manager.allocate(podWith('web'));
    await manager.allocate(podWith('web'));
    expect(fake.allocated).toEqual([['a']]);
  });

  it('takes back what the pod got when one of its containers gets nothing', async () => {
    const manager = await started();
    await registered(manager, ['a']);
    const pod = devicePod('web', [deviceContainer('one', { [CARD]: 1 }), deviceContainer('two', { [CARD]: 1 })]);
    expect((await manager.allocate(pod))?.message).toContain('Requested: 1, Available: 0');
    expect(manager.holders()).toEqual([]);
    expect(await manager.allocate(podWith('other'))).toBeUndefined();
  });

  it('hands the devices of init containers on, but not those of sidecars', async () => {
    const manager = await started();
    await registered(manager, ['a', 'b', 'c']);
    const one = { [CARD]: 1 };
    const pod = devicePod(
      'web',
      [deviceContainer('app', { [CARD]: 2 })],
      [deviceContainer('setup', one), deviceContainer('sidecar', one, { restartPolicy: 'Always' }), deviceContainer('check', one)],
    );
    expect(await manager.allocate(pod)).toBeUndefined();
    expect(idsOf(manager, 'web', 'setup')).toEqual(['a']);
    expect(idsOf(manager, 'web', 'sidecar')).toEqual(['a']);
    expect(idsOf(manager, 'web', 'check')).toEqual(['b']);
    expect(idsOf(manager, 'web')).toEqual(['b', 'c']);
  });

  it('refuses a resource that no plugin has registered, and says so again when its plugin is gone', async () => {
    const manager = await started({ clock: manualClock() });
    expect(await manager.allocate(podWith('web'))).toEqual({
      reason: 'UnexpectedAdmissionError',
      message: `Allocate failed due to cannot allocate unregistered device ${CARD}, which is unexpected`,
    });
    const fake = await registered(manager, ['a']);
    await fake[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(manager.resources()).toMatchObject({ capacity: { [CARD]: '1' }, allocatable: { [CARD]: '0' } }), SOON);
    expect((await manager.allocate(podWith('web')))?.message).toContain(
      `no healthy devices present; cannot allocate unhealthy devices ${CARD}`,
    );
  });

  it('forgets the devices of a plugin that has been gone for five minutes', async () => {
    const clock = manualClock();
    const manager = await started({ clock });
    const fake = await registered(manager, ['a']);
    await fake[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(manager.resources().allocatable[CARD]).toBe('0'), SOON);
    clock.advance(299_000);
    expect(manager.resources().capacity[CARD]).toBe('1');
    clock.advance(1_000);
    expect(manager.resources().capacity).toEqual({});
  });

  it('gives the devices of a plugin that comes back to nobody else than those who have them', async () => {
    const clock = manualClock();
    const manager = await started({ clock });
    const fake = await registered(manager, ['a', 'b']);
    await manager.allocate(podWith('web'));
    await fake[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(manager.resources().allocatable[CARD]).toBe('0'), SOON);
    expect(manager.resources().admissible[CARD]).toBe('1');
    expect(manager.health('uid-web').get('app')).toEqual([{ name: CARD, resources: [{ resourceID: 'a', health: 'Unknown' }] }]);
    await registered(manager, ['a', 'b']);
    await vi.waitFor(() => expect(manager.resources().allocatable[CARD]).toBe('2'), SOON);
    clock.advance(400_000);
    expect(manager.resources().capacity[CARD]).toBe('2');
    await manager.allocate(podWith('next'));
    expect(idsOf(manager, 'next')).toEqual(['b']);
  });

  it('takes a plugin that registers again on the same socket for the one that counts', async () => {
    const manager = await started();
    const fake = await registered(manager, ['a']);
    await fake.register();
    await vi.waitFor(() => expect(fake.watchers).toBe(1), SOON);
    expect(manager.resources().allocatable[CARD]).toBe('1');
  });

  it('goes by the newer of two plugins of a resource, and by the other when that one leaves', async () => {
    const manager = await started();
    await registered(manager, ['old']);
    const newer = await registered(manager, ['new1', 'new2'], { endpoint: 'second.sock' });
    await newer[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(manager.resources()).toMatchObject({ capacity: { [CARD]: '1' }, allocatable: { [CARD]: '1' } }), SOON);
  });

  it('tells nobody of a list of devices that says nothing new', async () => {
    const manager = await started();
    const fake = await registered(manager, ['a', 'b']);
    const told = vi.fn();
    manager.onChange(told);
    fake.setDevices([{ id: 'b' }, { id: 'a' }]);
    fake.setDevices([{ id: 'b' }, { id: 'a' }, { id: 'c' }]);
    await vi.waitFor(() => expect(manager.resources().capacity[CARD]).toBe('3'), SOON);
    expect(told).toHaveBeenCalledOnce();
  });

  it('takes a plugin that serves its socket a moment after it has registered', async () => {
    const manager = await started();
    const early = await plugin(['a'], { endpoint: 'early.sock' });
    await rm(early.socketPath);
    const registering = early.register();
    await plugin(['a', 'b'], { endpoint: 'early.sock' });
    await registering;
    await vi.waitFor(() => expect(manager.resources().capacity[CARD]).toBe('2'), SOON);
  });

  it('shows the health of the devices that a container has', async () => {
    const manager = await started();
    const fake = await registered(manager, ['a', 'b']);
    await manager.allocate(podWith('web', 2));
    const told = vi.fn();
    manager.onChange(told);
    fake.setDevices([{ id: 'a' }, { id: 'b', health: 'Unhealthy' }]);
    await vi.waitFor(() => expect(told).toHaveBeenCalled(), SOON);
    expect(manager.health('uid-web').get('app')).toEqual([
      {
        name: CARD,
        resources: [
          { resourceID: 'a', health: 'Healthy' },
          { resourceID: 'b', health: 'Unhealthy' },
        ],
      },
    ]);
  });

  it('keeps devices of two resources apart that have the same ids', async () => {
    const book = [
      { podUid: 'uid-web', containerName: 'app', resourceName: CARD, devices: new Map([[0, ['0']]]) },
      { podUid: 'uid-db', containerName: 'app', resourceName: 'example.com/other', devices: new Map([[0, ['0']]]) },
    ] as unknown as Parameters<typeof resourceHealth>[0];
    const known = new Map([
      [CARD, new Map([['0', { id: '0', health: 'Unhealthy', numaNodes: [] }]])],
      ['example.com/other', new Map([['0', { id: '0', health: 'Healthy', numaNodes: [] }]])],
    ]) as unknown as Parameters<typeof resourceHealth>[1];
    expect(resourceHealth(book, known, 'uid-web').get('app')).toEqual([
      { name: CARD, resources: [{ resourceID: '0', health: 'Unhealthy' }] },
    ]);
    expect(resourceHealth(book, known, 'uid-db').get('app')).toEqual([
      { name: 'example.com/other', resources: [{ resourceID: '0', health: 'Healthy' }] },
    ]);
  });

  it('asks a plugin that has preferences', async () => {
    const manager = await started();
    await registered(manager, ['a', 'b', 'c'], { preferred: () => ['c', 'b'] });
    await manager.allocate(podWith('web', 2));
    expect(idsOf(manager, 'web')).toEqual(['b', 'c']);
  });

  it('lets a plugin that wants it prepare the devices before every start', async () => {
    const manager = await started();
    let broken = false;
    const fake = await registered(manager, ['a', 'b'], {
      preStart: () => {
        if (broken) throw new Error('card is stuck');
      },
    });
    await manager.allocate(podWith('web', 2));
    await manager.beforeStart('uid-web', 'app');
    await manager.beforeStart('uid-web', 'other');
    expect(fake.preStarted).toEqual([['a', 'b']]);
    broken = true;
    await expect(manager.beforeStart('uid-web', 'app')).rejects.toMatchObject({
      code: 'DEVICE_PLUGIN_CALL_FAILED',
      message: 'device plugin PreStartContainer rpc failed with err: rpc error: code = Unknown desc = card is stuck',
    });
  });

  it("repeats the plugin's own words when Allocate fails, and has the pod tried again after a while", async () => {
    const clock = manualClock();
    const manager = await started({ clock });
    let broken = true;
    await registered(manager, ['a'], {
      allocate: () => {
        if (broken) throw new Error('no power');
        return {};
      },
    });
    expect((await manager.allocate(podWith('web')))?.message).toBe(
      'Allocate failed due to rpc error: code = Unknown desc = no power, which is unexpected',
    );
    await manager.release('uid-web'); // as after every refusal
    const told = vi.fn();
    manager.onChange(told);
    clock.advance(9_999);
    expect(told).not.toHaveBeenCalled();
    clock.advance(1);
    expect(told.mock.calls).toEqual([['devices']]);
    broken = false;
    expect(await manager.allocate(podWith('web'))).toBeUndefined();
  });

  it('gives up on a plugin that does not answer', async () => {
    const manager = await started({ limits: { callMs: 50 } });
    await registered(manager, ['a'], { allocate: () => new Promise(() => {}) });
    expect((await manager.allocate(podWith('web')))?.message).toContain('rpc error: code = DeadlineExceeded');
  });

  it('leaves a plugin that hangs alone when the caller gives up', async () => {
    const manager = await started();
    const fake = await registered(manager, ['a'], { allocate: () => new Promise(() => {}) });
    const giveUp = new AbortController();
    const answer = manager.allocate(podWith('web'), { signal: giveUp.signal });
    await vi.waitFor(() => expect(fake.allocated).toHaveLength(1), SOON);
    giveUp.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
    expect(manager.holders()).toEqual([]);
  });

  it('is not held up by the plugin of another resource', async () => {
    const manager = await started();
    const slow = await registered(manager, ['s'], { resourceName: 'example.com/slow', allocate: () => new Promise(() => {}) });
    await registered(manager, ['a']);
    const giveUp = new AbortController();
    const hanging = manager.allocate(devicePod('slow', [deviceContainer('app', { 'example.com/slow': 1 })]), { signal: giveUp.signal });
    await vi.waitFor(() => expect(slow.allocated).toHaveLength(1), SOON);
    expect(await manager.allocate(podWith('web'))).toBeUndefined();
    giveUp.abort();
    await expect(hanging).rejects.toThrow();
  });

  it.each([
    ['a version it does not speak', { version: 'v1alpha' }, 'requested API version "v1alpha" is not supported by kubelet'],
    ['a name that is not theirs', { resourceName: 'cpu' }, 'the ResourceName "cpu" is invalid'],
  ])('refuses a plugin with %s', async (_, rest, message) => {
    await started();
    const fake = await plugin(['a'], rest);
    await expect(fake.register()).rejects.toThrow(message);
  });

  it('refuses a plugin that does not serve its socket', async () => {
    await started({ limits: { connectMs: 100 } });
    const fake = await plugin(['a']);
    await rm(fake.socketPath);
    await expect(fake.register()).rejects.toThrow('failed to dial device plugin');
  });

  it('says of a plugin that fails at its options which call it was', async () => {
    await started();
    const fake = await plugin(['a'], {
      askedForOptions: () => {
        throw new Error('no card');
      },
    });
    await expect(fake.register()).rejects.toThrow('failed to get device plugin options: rpc error: code = Unknown desc = no card');
  });

  it('takes away old sockets at the start, so that plugins notice, and its own at the end', async () => {
    const stale = await plugin(['a']);
    await writeFile(join(directory, 'notes.txt'), 'kept');
    const manager = await started();
    await expect(access(stale.socketPath)).rejects.toThrow();
    await access(join(directory, 'notes.txt'));
    await manager[Symbol.asyncDispose]();
    await expect(access(join(directory, 'kubelet.sock'))).rejects.toThrow();
  });

  it('writes no checkpoint while there is nothing to remember', async () => {
    await started();
    await expect(access(join(directory, 'kubelet_internal_checkpoint'))).rejects.toThrow();
  });

  describe('after a restart of the kubelet', () => {
    const restarted = async (options: DeviceManagerOptions = {}): Promise<DeviceManager> => {
      const first = await started();
      await registered(first, ['a', 'b'], { allocate: ([id]) => ({ envs: { CARD: id } }) });
      await first.allocate(podWith('web'));
      await first[Symbol.asyncDispose]();
      for (const each of running.splice(0)) await each[Symbol.asyncDispose]();
      return started(options);
    };

    it('remembers who has what, and that the plugin is yet to come', async () => {
      const manager = await restarted();
      expect(manager.holders()).toEqual(['uid-web']);
      expect(manager.allocations('uid-web', 'app')?.envs).toEqual({ CARD: 'a' });
      expect(manager.resources()).toEqual({ capacity: { [CARD]: '0' }, allocatable: { [CARD]: '0' }, admissible: { [CARD]: '1' } });
      expect((await checkpoint()).book).toMatchObject([{ podUid: 'uid-web', containerName: 'app' }]);
    });

    it('leaves a pod that runs what it has, though the plugin is not there', async () => {
      const manager = await restarted();
      expect(await manager.allocate(podWith('web'), { running: true })).toBeUndefined();
      expect(idsOf(manager, 'web')).toEqual(['a']);
    });

    it('makes a pod that does not run wait for the plugin, and has its devices prepared anew', async () => {
      const manager = await restarted();
      expect((await manager.allocate(podWith('web')))?.message).toContain('no healthy devices present');
      const fake = await registered(manager, ['b', 'a'], { allocate: ([id]) => ({ envs: { CARD: `new ${id}` } }) });
      expect(await manager.allocate(podWith('web'))).toBeUndefined();
      expect(fake.allocated).toEqual([['a']]);
      expect(manager.allocations('uid-web', 'app')?.envs).toEqual({ CARD: 'new a' });
    });

    it('gives a pod that had to wait, and gave its devices back meanwhile, the same ones once more', async () => {
      const manager = await restarted();
      expect(await manager.allocate(podWith('web'))).toBeDefined();
      await manager.release('uid-web');
      await registered(manager, ['0', 'a', 'b']);
      await manager.allocate(podWith('web'));
      expect(idsOf(manager, 'web')).toEqual(['a']);
    });

    it('gives a pod that does not run another device when its own is gone', async () => {
      const manager = await restarted();
      await registered(manager, ['b', 'c']);
      expect(await manager.allocate(podWith('web'))).toBeUndefined();
      expect(idsOf(manager, 'web')).toEqual(['b']);
    });

    it('gives nobody a device that a pod of before has, until that is released', async () => {
      const manager = await restarted();
      await registered(manager, ['a']);
      expect((await manager.allocate(podWith('other')))?.message).toContain('Available: 0');
      await manager.release('uid-web');
      expect(await manager.allocate(podWith('other'))).toBeUndefined();
    });

    it('forgets the resource of a plugin that stays away', async () => {
      const clock = manualClock();
      const manager = await restarted({ clock });
      clock.advance(300_000);
      expect(manager.resources().capacity).toEqual({});
      expect(manager.holders()).toEqual(['uid-web']);
    });

    it('finds devices for a pod that runs without any known ones when its container starts again', async () => {
      await writeFile(join(directory, 'kubelet_internal_checkpoint'), 'broken');
      const manager = await started();
      expect((await manager.allocate(podWith('web'), { running: true }))?.message).toContain('unregistered device');
      await expect(manager.beforeStart('uid-web', 'app')).rejects.toMatchObject({ code: 'DEVICE_PLUGIN_NO_DEVICES' });
      await registered(manager, ['a']);
      await manager.beforeStart('uid-web', 'app');
      expect(idsOf(manager, 'web')).toEqual(['a']);
    });
  });

  describe('with a directory for plugin registration', () => {
    const found = (manager: DeviceManager) => vi.waitFor(() => expect(manager.resources().allocatable[CARD]).toBe('1'), { timeout: 5_000 });

    it('finds plugins that are there and that come, and tells them so', async () => {
      const registryDirectory = join(directory, 'registry');
      const first = await createDeviceManager({ directory: join(directory, 'x'), registryDirectory });
      await first.start();
      const fake = await plugin(['a'], { directory: registryDirectory });
      await found(first);
      await vi.waitFor(() => expect(fake.statuses).toEqual([{ pluginRegistered: true, error: '' }]), SOON);
      await first[Symbol.asyncDispose]();
      const second = await started({ registryDirectory });
      await found(second);
    });

    it('lets go of a plugin that takes its socket away', async () => {
      const registryDirectory = join(directory, 'registry');
      const manager = await started({ registryDirectory });
      const fake = await plugin(['a'], { directory: registryDirectory });
      await found(manager);
      await rm(fake.socketPath);
      await vi.waitFor(() => expect(manager.resources().allocatable[CARD]).toBe('0'), SOON);
      await vi.waitFor(() => expect(fake.watchers).toBe(0), SOON);
    });

    it('tells a plugin that can not be used why', async () => {
      const registryDirectory = join(directory, 'registry');
      await started({ registryDirectory });
      const fake = await plugin(['a'], { directory: registryDirectory, version: 'v9' });
      await vi.waitFor(() => expect(fake.statuses).toHaveLength(1), { timeout: 5_000 });
      expect(fake.statuses[0]).toMatchObject({ pluginRegistered: false, error: expect.stringContaining('"v9" is not supported') });
    });
  });
});
