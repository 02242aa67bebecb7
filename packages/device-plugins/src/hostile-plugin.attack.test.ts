import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createDeviceManager } from './create-device-manager.js';
import type { DeviceManager } from './device-manager.js';
import { AllocateResponse, RegistrationClient } from './gen/device-plugin.js';
import { callUnary } from './rpc/call-unary.js';
import { createFakeDevicePlugin, type FakeDevicePlugin, type FakeDevicePluginOptions } from './testing/fake-device-plugin.js';
import { deviceContainer, devicePod } from './testing/test-pod.js';

const MEBIBYTE = 1 << 20;
const EVIL = 'evil.example/card';
const GOOD = 'good.example/card';
const PATIENCE = { timeout: 20_000, interval: 20 };

let directory: string;
let running: AsyncDisposable[];
let manager: DeviceManager;
let good: FakeDevicePlugin;
/** Longest time between two turns of the event loop, in ms of processor time: others may keep this machine busy. */
let longestTurnMs: number;
let turns: NodeJS.Timeout;
let pods: number;

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const largestAnswer = () => ({
  mounts: Array.from({ length: 100_000 }, (_, index) => ({ containerPath: `/${index}`, hostPath: '/' })),
  devices: Array.from({ length: 40_000 }, (_, index) => ({ containerPath: `/${index}`, hostPath: '/', permissions: 'rwm' })),
  envs: Object.fromEntries(Array.from({ length: 40_000 }, (_, index) => [`A${index}`, ''])),
});

/** Longest turn, ms: a second, and what this machine takes to write and read the largest message, which is this process's part, too. */
let limitMs: number;
beforeAll(() => {
  const before = cpuMs();
  const message = AllocateResponse.fromPartial({ containerResponses: [largestAnswer()] });
  AllocateResponse.decode(AllocateResponse.encode(message).finish());
  limitMs = 1_000 + 3 * (cpuMs() - before);
});

const plugin = async (options: Partial<FakeDevicePluginOptions>): Promise<FakeDevicePlugin> => {
  const fake = await createFakeDevicePlugin({ directory, resourceName: EVIL, devices: [{ id: 'a' }], ...options });
  running.push(fake);
  return fake;
};
const take = (resourceName: string) => {
  pods += 1;
  return manager.allocate(devicePod(`pod-${pods}`, [deviceContainer('app', { [resourceName]: 1 })]));
};

beforeEach(async () => {
  pods = 0;
  directory = await mkdtemp(join(tmpdir(), 'evil-'));
  running = [];
  manager = createDeviceManager({ directory, limits: { connectMs: 1_000, callMs: 2_000, preStartMs: 1_000 } });
  running.push(manager);
  await manager.start();
  good = await plugin({ resourceName: GOOD, devices: Array.from({ length: 200 }, (_, index) => ({ id: `g${index}` })) });
  await good.register();
  await vi.waitFor(() => expect(manager.resources().capacity[GOOD]).toBe('200'), PATIENCE);
  let lastMs = cpuMs();
  longestTurnMs = 0;
  turns = setInterval(() => {
    longestTurnMs = Math.max(longestTurnMs, cpuMs() - lastMs);
    lastMs = cpuMs();
  }, 10);
});
afterEach(async () => {
  clearInterval(turns);
  for (const each of running.reverse()) await each[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

/** The other plugin's devices can be had, and nothing has held anybody up. */
const expectUnharmed = async (): Promise<void> => {
  expect(await take(GOOD)).toBeUndefined();
  expect(longestTurnMs).toBeLessThan(limitMs);
};

it('a list of 150,000 devices is a list', async () => {
  const evil = await plugin({ devices: Array.from({ length: 150_000 }, (_, index) => ({ id: `unit-${index}` })) });
  await evil.register();
  await vi.waitFor(() => expect(manager.resources().capacity[EVIL]).toBe('150000'), PATIENCE);
  expect(await take(EVIL)).toBeUndefined();
  await expectUnharmed();
});

it('lists without end leave time for others', async () => {
  const evil = await plugin({});
  await evil.register();
  const before = process.memoryUsage.rss();
  for (let round = 0; round < 60; round += 1) {
    evil.setDevices(Array.from({ length: 20_000 }, (_, index) => ({ id: `${round}-${index}` })));
    if (round % 10 === 0) await expectUnharmed();
  }
  evil.setDevices([{ id: 'last' }]);
  await vi.waitFor(() => expect(manager.resources().capacity[EVIL]).toBe('1'), PATIENCE);
  await expectUnharmed();
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 * MEBIBYTE); // the plugin is in this process, too
});

it('an answer with 100,000 mounts, devices and variables is merged in time', async () => {
  const evil = await plugin({ allocate: largestAnswer });
  await evil.register();
  await vi.waitFor(() => expect(manager.resources().capacity[EVIL]).toBe('1'), PATIENCE);
  expect(await take(EVIL)).toBeUndefined();
  expect(manager.allocations(`uid-pod-${pods}`, 'app')?.mounts).toHaveLength(100_000);
  await expectUnharmed();
});

it.each<[string, Partial<FakeDevicePluginOptions>]>([
  ['names that are members of Object', { devices: [{ id: '__proto__' }, { id: 'constructor' }, { id: 'toString' }] }],
  ['one name many times', { devices: Array.from({ length: 50 }, () => ({ id: 'a' })) }],
  [
    'no name, and names of anything',
    { devices: ['', '\0', '\n', '/', '..', 'a/../../b', '\u{1f4a9}', 'x'.repeat(100_000)].map((id) => ({ id })) },
  ],
  [
    'health of anything',
    {
      devices: [
        { id: 'a', health: '' },
        { id: 'b', health: 'healthy' },
        { id: 'c', health: '__proto__' },
      ],
    },
  ],
  ['NUMA nodes of anything', { devices: [{ id: 'a', numaNodes: [-1, 2 ** 40, -(2 ** 40), 0] }] }],
  ['a choice of what was not offered', { preferred: () => ['nothing', '', '__proto__'] }],
  ['a choice without end', { preferred: () => Array.from({ length: 100_000 }, (_, index) => `${index}`) }],
  ['no answer', { allocate: () => new Promise(() => {}) }],
  [
    'an answer of paths and names of anything',
    {
      allocate: () => ({
        envs: { '': '', 'A=B': '\0', ['__proto__']: 'x' },
        mounts: [{}],
        devices: [{}],
        cdiDevices: [{}, { name: '../..' }],
        annotations: { '': '' },
      }),
    },
  ],
])('a plugin that gives %s harms nobody else', async (_what, options) => {
  const evil = await plugin(options);
  await evil.register();
  await vi.waitFor(() => expect(manager.resources().capacity[EVIL]).toBeDefined(), PATIENCE);
  await take(EVIL);
  manager.allocations(`uid-pod-${pods}`, 'app');
  await expectUnharmed();
});

it('bytes that are no gRPC, on a socket that is registered, harm nobody else', async () => {
  let round = 0;
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('answer', 'end', 'flood'), async (bytes, then) => {
      round += 1;
      const endpoint = `raw-${round}.sock`;
      const server = createServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', () => {
          socket.write(bytes);
          if (then === 'end') socket.end();
          if (then === 'flood') for (let index = 0; index < 200; index += 1) socket.write(Buffer.alloc(16_384, index));
        });
      });
      await new Promise<void>((resolve) => server.listen(join(directory, endpoint), resolve));
      const client = new RegistrationClient(`unix:${join(directory, 'kubelet.sock')}`, credentials.createInsecure(), {
        'grpc.default_authority': 'localhost',
        'grpc.use_local_subchannel_pool': 1,
      });
      const request = { version: 'v1beta1', endpoint, resourceName: EVIL, options: undefined };
      await expect(callUnary(client.register.bind(client), request, { timeoutMs: 10_000 })).rejects.toThrow();
      client.close();
      server.close();
    }),
    { numRuns: Math.max(3, (fc.readConfigureGlobal().numRuns ?? 100) / 50) },
  );
  await expectUnharmed();
});

it.each(['missing.sock', 'file', '../file', '.', '..', '/', '\0', 'kubelet.sock', 'x'.repeat(300)])(
  'a registration with the endpoint %j is refused or leads nowhere',
  async (endpoint) => {
    await writeFile(join(directory, 'file'), 'no socket');
    const client = new RegistrationClient(`unix:${join(directory, 'kubelet.sock')}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.use_local_subchannel_pool': 1,
    });
    const request = { version: 'v1beta1', endpoint, resourceName: EVIL, options: undefined };
    await expect(callUnary(client.register.bind(client), request, { timeoutMs: 10_000 })).rejects.toThrow();
    client.close();
    await expectUnharmed();
  },
);
