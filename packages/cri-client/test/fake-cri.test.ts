import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CgroupDriver, ContainerState, type CriClient, createCriClient, MountPropagation, PodSandboxState } from '../src/index.js';
import { createFakeCri, createVirtualClock, type FakeCri, type FakeCriOptions } from '../src/testing/index.js';
import { soon } from './soon.js';

const metadata = { name: 'web', namespace: 'default', uid: 'u1', attempt: 0 };
const open: AsyncDisposable[] = [];

const start = async (options: FakeCriOptions = {}): Promise<{ fake: FakeCri; client: CriClient }> => {
  const fake = await createFakeCri({ images: [{ tags: ['busybox:1'] }], ...options });
  const client = createCriClient({ endpoint: fake.endpoint });
  open.push(fake, client);
  return { fake, client };
};
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

const runSandbox = async (client: CriClient, config = {}) =>
  (await client.runtime.runPodSandbox({ config: { metadata, ...config } })).podSandboxId;
const runContainer = async (client: CriClient, podSandboxId: string, config = {}) => {
  const whole = { metadata: { name: 'app' }, image: { image: 'busybox:1' }, logPath: 'app.log', ...config };
  const { containerId } = await client.runtime.createContainer({ podSandboxId, config: whole });
  await client.runtime.startContainer({ containerId });
  return containerId;
};
const statusOf = async (client: CriClient, containerId: string) => (await client.runtime.containerStatus({ containerId })).status;

describe('life in virtual time', () => {
  it('lets a container run for hours in an instant', async () => {
    const clock = createVirtualClock({ startMs: 1_000 });
    const { client } = await start({ clock, containers: () => ({ runsForMs: 7_200_000, exitCode: 2 }) });
    const id = await runContainer(client, await runSandbox(client));
    await clock.advance(7_199_999);
    expect((await statusOf(client, id))?.state).toBe(ContainerState.CONTAINER_RUNNING);
    await clock.advance(1);
    expect(await statusOf(client, id)).toMatchObject({ exitCode: 2, reason: 'Error', finishedAt: 7_201_000n * 1_000_000n });
  });

  it('takes a name for that container, though the id of another begins with it', async () => {
    const { fake, client } = await start();
    const podSandboxId = await runSandbox(client);
    const other = await runContainer(client, podSandboxId);
    const named = await runContainer(client, podSandboxId, { metadata: { name: other.slice(0, 2) } });
    fake.exitContainer(other.slice(0, 2), { exitCode: 7 });
    expect((await statusOf(client, named))?.exitCode).toBe(7);
    expect((await statusOf(client, other))?.state).toBe(ContainerState.CONTAINER_RUNNING);
  });

  it('keeps a stop waiting for its grace period, then kills', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({ clock, containers: () => ({ onStop: 'ignore' }) });
    const containerId = await runContainer(client, await runSandbox(client));
    const stop = client.runtime.stopContainer({ containerId, timeout: 30 });
    const call = await fake.called('StopContainer');
    await clock.advance(29_999);
    expect(call.outcome).toBeUndefined();
    await clock.advance(1);
    await stop;
    expect(await statusOf(client, containerId)).toMatchObject({ exitCode: 137 });
  });

  it('goes on with a stop that was given up: the signal was sent, the kill is not', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({ clock, containers: () => ({ onStop: 'ignore' }) });
    const containerId = await runContainer(client, await runSandbox(client));
    const call = fake.called('StopContainer');
    const stop = client.runtime.stopContainer({ containerId, timeout: 30 }, { timeoutMs: 30 });
    await expect(stop).rejects.toMatchObject({ code: 'CRI_DEADLINE_EXCEEDED' });
    await soon(async () => (await call).outcome).toBe('CANCELLED');
    await clock.advance(60_000);
    expect((await statusOf(client, containerId))?.state).toBe(ContainerState.CONTAINER_RUNNING);
  });

  it('needs no time for a container that obeys the stop signal at once', async () => {
    const { client } = await start({ clock: createVirtualClock() });
    const containerId = await runContainer(client, await runSandbox(client));
    await client.runtime.stopContainer({ containerId, timeout: 30 });
    expect(await statusOf(client, containerId)).toMatchObject({ exitCode: 143 });
  });

  it('ends a container some time after the stop signal', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({ clock, containers: () => ({ stopsAfterMs: 2_000, stopExitCode: 0 }) });
    const containerId = await runContainer(client, await runSandbox(client));
    const stop = client.runtime.stopContainer({ containerId, timeout: 30 });
    await fake.called('StopContainer');
    await clock.advance(2_000);
    await stop;
    expect(await statusOf(client, containerId)).toMatchObject({ exitCode: 0, reason: 'Completed' });
  });

  it('keeps a stop hanging whose container survives even the kill, until it is told to exit', async () => {
    const { fake, client } = await start({ containers: () => ({ onStop: 'hang' }) });
    const containerId = await runContainer(client, await runSandbox(client));
    await expect(client.runtime.stopContainer({ containerId, timeout: 0 }, { timeoutMs: 50 })).rejects.toMatchObject({
      code: 'CRI_DEADLINE_EXCEEDED',
    });
    expect((await statusOf(client, containerId))?.state).toBe(ContainerState.CONTAINER_RUNNING);
    const stop = client.runtime.stopContainer({ containerId, timeout: 0 });
    await fake.called('StopContainer', 2);
    fake.exitContainer('app', { exitCode: 9 });
    await stop;
    expect(await statusOf(client, containerId)).toMatchObject({ exitCode: 9 });
  });

  it('tells of an exit before the records follow, when asked to', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({ clock, recordLagMs: 30 });
    const id = await runContainer(client, await runSandbox(client));
    fake.exitContainer('app', { exitCode: 1 });
    fake.exitContainer('app', { exitCode: 2 });
    expect((await statusOf(client, id))?.state).toBe(ContainerState.CONTAINER_RUNNING);
    await clock.advance(30);
    expect(await statusOf(client, id)).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 1 });
  });

  it('scripts each restart on its own', async () => {
    const { client } = await start({ containers: ({ attempt }) => (attempt === 0 ? { runsForMs: 0, oom: true } : {}) });
    const sandbox = await runSandbox(client);
    const first = await runContainer(client, sandbox);
    await soon(() => statusOf(client, first)).toMatchObject({ exitCode: 137, reason: 'OOMKilled' });
    const second = await runContainer(client, sandbox, { metadata: { name: 'app', attempt: 1 } });
    expect((await statusOf(client, second))?.state).toBe(ContainerState.CONTAINER_RUNNING);
  });

  it('fails a start as containerd does', async () => {
    const { fake, client } = await start({ containers: () => ({ startError: 'exec: "x": executable file not found' }) });
    await expect(runContainer(client, await runSandbox(client))).rejects.toMatchObject({ details: 'exec: "x": executable file not found' });
    expect(await statusOf(client, fake.containers[0]?.id ?? '')).toMatchObject({ exitCode: 128, reason: 'StartError' });
  });
});

describe('sandboxes', () => {
  it('have an address of their own, none on the host network, and lose it at the stop', async () => {
    const { client } = await start();
    const [first, second] = [await runSandbox(client), await runSandbox(client, { metadata: { ...metadata, attempt: 1 } })];
    const host = await runSandbox(client, {
      metadata: { ...metadata, attempt: 2 },
      linux: { securityContext: { namespaceOptions: { network: 2 } } },
    });
    const ip = async (podSandboxId: string) => (await client.runtime.podSandboxStatus({ podSandboxId })).status?.network?.ip;
    expect([await ip(first), await ip(second), await ip(host)]).toEqual(['10.88.0.2', '10.88.0.3', '']);
    await client.runtime.stopPodSandbox({ podSandboxId: first });
    expect(await ip(first)).toBe('');
  });

  it('take no containers when they are not ready', async () => {
    const { client } = await start();
    const id = await runSandbox(client);
    await client.runtime.stopPodSandbox({ podSandboxId: id });
    await expect(runContainer(client, id)).rejects.toMatchObject({ details: expect.stringContaining('is not running') });
  });

  it('can die by themselves', async () => {
    const { fake, client } = await start();
    const id = await runSandbox(client);
    const container = await runContainer(client, id);
    fake.killSandbox(id);
    expect((await client.runtime.podSandboxStatus({ podSandboxId: id })).status?.state).toBe(PodSandboxState.SANDBOX_NOTREADY);
    expect((await statusOf(client, container))?.exitCode).toBe(137);
  });

  it.each([
    ['containerd', ['cniResult', 'config', 'pid', 'runtimeSpec']],
    ['cri-o', ['pid', 'runtimeSpec']],
    ['cri-o-no-infra', ['runtimeSpec']],
  ] as const)('show verbose info in the form of %s', async (infoStyle, keys) => {
    const { client } = await start({ infoStyle });
    const podSandboxId = await runSandbox(client);
    const { info } = await client.runtime.podSandboxStatus({ podSandboxId, verbose: true });
    const parsed = JSON.parse(info['info'] ?? '');
    expect(Object.keys(parsed)).toEqual(expect.arrayContaining([...keys]));
    expect('pid' in parsed).toBe(infoStyle !== 'cri-o-no-infra');
    expect(parsed.runtimeSpec.linux.namespaces).toContainEqual({ type: 'network', path: expect.stringContaining('/netns/') });
  });
});

describe('containers', () => {
  it('refuse recursive read-only mounts that are writable or propagate', async () => {
    const { client } = await start();
    const sandbox = await runSandbox(client);
    const mount = { containerPath: '/d', hostPath: '/tmp', recursiveReadOnly: true };
    for (const unsound of [mount, { ...mount, readonly: true, propagation: MountPropagation.PROPAGATION_BIDIRECTIONAL }]) {
      await expect(runContainer(client, sandbox, { mounts: [unsound] })).rejects.toMatchObject({ name: 'CriError' });
    }
    await runContainer(client, sandbox, { mounts: [{ ...mount, readonly: true }] });
  });

  it('name the image behind an image mount', async () => {
    const { client } = await start({ images: [{ tags: ['busybox:1'] }, { tags: ['data:1'] }] });
    const sandbox = await runSandbox(client);
    const mount = { containerPath: '/data', image: { image: 'data:1' } };
    await expect(runContainer(client, sandbox, { mounts: [mount] })).rejects.toMatchObject({ name: 'CriError' });
    const id = await runContainer(client, sandbox, { mounts: [{ ...mount, readonly: true }] });
    const image = (await client.images.imageStatus({ image: { image: 'data:1' } })).image;
    expect((await statusOf(client, id))?.mounts[0]?.image?.imageRef).toBe(image?.id);
  });

  it('keep resources that an update does not name', async () => {
    const { client } = await start();
    const containerId = await runContainer(client, await runSandbox(client), {
      linux: { resources: { cpuShares: 512, memoryLimitInBytes: 1_000_000 } },
    });
    await client.runtime.updateContainerResources({ containerId, linux: { cpuShares: 1024 } });
    expect((await statusOf(client, containerId))?.resources?.linux).toMatchObject({ cpuShares: 1024n, memoryLimitInBytes: 1_000_000n });
  });

  it('have strictly increasing times', async () => {
    const { client } = await start({ clock: createVirtualClock(), containers: () => ({ onStop: 'exit' }) });
    const containerId = await runContainer(client, await runSandbox(client));
    await client.runtime.stopContainer({ containerId, timeout: 0 });
    const status = await statusOf(client, containerId);
    expect(status?.startedAt).toBeGreaterThan(status?.createdAt ?? 0n);
    expect(status?.finishedAt).toBeGreaterThan(status?.startedAt ?? 0n);
  });

  it('write what a test tells them to their log', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fake-cri-log-'));
    const { fake, client } = await start({ clock: createVirtualClock() });
    await runContainer(client, await runSandbox(client, { logDirectory: directory }));
    fake.writeLog('app', 'half a ');
    fake.writeLog('app', 'line\nrest');
    fake.exitContainer('app', { exitCode: 0 });
    const text = await readFile(join(directory, 'app.log'), 'utf8');
    expect(text.replace(/\.\d{9}Z/g, 'Z')).toBe('2026-01-01T00:00:00Z stdout F half a line\n2026-01-01T00:00:00Z stdout F rest\n');
    await rm(directory, { recursive: true });
  });
});

describe('commands', () => {
  it('are answered by the script and take their time', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({
      clock,
      exec: ({ cmd, containerName }) => ({ stdout: `${containerName}: ${cmd[0]}`, exitCode: 4, durationMs: 5_000 }),
    });
    const containerId = await runContainer(client, await runSandbox(client));
    const reply = client.runtime.execSync({ containerId, cmd: ['check'], timeout: 10 });
    await fake.called('ExecSync');
    await clock.advance(4_999);
    expect(fake.runningExecs).toEqual([{ containerId, cmd: ['check'] }]);
    await clock.advance(1);
    expect(await reply).toMatchObject({ stdout: Buffer.from('app: check'), exitCode: 4 });
  });

  it('die with their container', async () => {
    const { fake, client } = await start({ exec: () => ({ durationMs: Number.POSITIVE_INFINITY }) });
    const containerId = await runContainer(client, await runSandbox(client));
    const reply = client.runtime.execSync({ containerId, cmd: ['wait'] });
    await fake.called('ExecSync');
    fake.exitContainer('app', { exitCode: 0 });
    expect(await reply).toMatchObject({ exitCode: 137 });
    expect(fake.runningExecs).toEqual([]);
  });

  it('are refused where the container does not run', async () => {
    const { fake, client } = await start();
    const containerId = await runContainer(client, await runSandbox(client));
    fake.exitContainer('app', { exitCode: 0 });
    await expect(client.runtime.execSync({ containerId, cmd: ['x'] })).rejects.toMatchObject({ name: 'CriError' });
    await expect(client.runtime.exec({ containerId: 'none', stdout: true })).rejects.toMatchObject({ code: 'CRI_NOT_FOUND' });
  });

  it('stream through a script of the test', async () => {
    const { client } = await start({
      streams: (call, _, socket) =>
        socket.end(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n${call.type}`),
    });
    const containerId = await runContainer(client, await runSandbox(client));
    const { url } = await client.runtime.exec({ containerId, cmd: ['sh'], stdout: true });
    const { request } = await import('node:http');
    const heard = await new Promise<string>((resolve, reject) => {
      const asked = request(url, { headers: { connection: 'Upgrade', upgrade: 'test' } });
      asked.on('upgrade', (_, socket, head) => {
        let text = head.toString();
        socket.on('data', (chunk) => (text += chunk));
        socket.on('end', () => resolve(text));
      });
      asked.on('error', reject).end();
    });
    expect(heard.trim()).toBe('exec');
  });
});

describe('images', () => {
  const digest = `sha256:${'d'.repeat(64)}`;
  const registry = [
    { tags: ['quay.example/app:1', 'quay.example/app:2', 'other.example/app:1'], digest, sizeBytes: 5 },
    { tags: ['plain'] },
    { tags: ['slow:1'], pullsForMs: 60_000 },
    { tags: ['broken:1'], pullError: { message: 'RegistryUnavailable: no route' } },
    { tags: ['secret:1'], auth: { username: 'me', password: 'pw' } },
    { tags: ['by-uid'], uid: 1002, username: 'ignored' },
    { tags: ['by-name'], username: 'www-data' },
  ];
  const pull = async (client: CriClient, image: string, auth?: { username: string; password: string }) =>
    (await client.images.pullImage({ image: { image }, auth })).imageRef;
  const find = async (client: CriClient, image: string) => (await client.images.imageStatus({ image: { image } })).image;

  it('are tagged latest when no tag is given', async () => {
    const { client } = await start({ registry });
    const id = await pull(client, 'plain');
    expect(await find(client, 'plain')).toMatchObject({ id, repoTags: ['docker.io/library/plain:latest'] });
  });

  it('pulled by digest have no tag', async () => {
    const { client } = await start({ registry });
    await pull(client, `quay.example/app@${digest}`);
    expect(await find(client, `quay.example/app@${digest}`)).toMatchObject({ repoTags: [], repoDigests: [`quay.example/app@${digest}`] });
  });

  it('with several tags are one image, and go with any one of them', async () => {
    const { client } = await start({ images: [], registry });
    const ids = [];
    for (const tag of ['quay.example/app:1', 'quay.example/app:2', 'other.example/app:1']) ids.push(await pull(client, tag));
    expect(new Set(ids).size).toBe(1);
    expect((await client.images.listImages({})).images).toEqual([
      expect.objectContaining({ repoTags: ['other.example/app:1', 'quay.example/app:1', 'quay.example/app:2'], size: 5n }),
    ]);
    await Promise.all(Array.from({ length: 5 }, () => client.images.removeImage({ image: { image: 'quay.example/app:2' } })));
    expect((await client.images.listImages({})).images).toEqual([]);
  });

  it('tell their user by number or by name', async () => {
    const { client } = await start({ registry });
    await pull(client, 'by-uid');
    await pull(client, 'by-name');
    expect(await find(client, 'by-uid')).toMatchObject({ uid: { value: 1002n }, username: '' });
    expect(await find(client, 'by-name')).toMatchObject({ uid: undefined, username: 'www-data' });
  });

  it('have one id in pull, status and container', async () => {
    const { client } = await start({ registry });
    const id = await pull(client, 'plain');
    const containerId = await runContainer(client, await runSandbox(client), { image: { image: 'plain' } });
    expect((await statusOf(client, containerId))?.imageId).toBe(id);
    expect((await client.runtime.listContainers({})).containers[0]?.imageId).toBe(id);
  });

  it('take their time to pull, by the clock', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({ clock, registry });
    const pulling = pull(client, 'slow:1');
    await fake.called('PullImage');
    expect(await find(client, 'slow:1')).toBeUndefined();
    await clock.advance(60_000);
    expect(await find(client, 'slow:1')).toMatchObject({ id: await pulling });
  });

  it('are not there after a pull that was given up', async () => {
    const { client } = await start({ registry });
    await expect(client.images.pullImage({ image: { image: 'slow:1' } }, { timeoutMs: 1 })).rejects.toMatchObject({
      code: 'CRI_DEADLINE_EXCEEDED',
    });
    expect(await find(client, 'slow:1')).toBeUndefined();
  });

  it('fail to pull when broken, unknown or without the right credentials', async () => {
    const { client } = await start({ registry });
    await expect(pull(client, 'broken:1')).rejects.toMatchObject({ runtimeReason: 'RegistryUnavailable' });
    await expect(pull(client, 'none:1')).rejects.toMatchObject({ code: 'CRI_NOT_FOUND' });
    await expect(pull(client, 'secret:1')).rejects.toMatchObject({ details: expect.stringContaining('authoriz') });
    await expect(pull(client, 'secret:1', { username: 'me', password: 'pw' })).resolves.toMatch(/^sha256:/);
  });

  it('move a tag when the registry has a new image for it', async () => {
    const { fake, client } = await start({ images: [], registry });
    const before = await pull(client, 'plain');
    fake.publishImage({ tags: ['plain'], id: `sha256:${'2'.repeat(64)}` });
    const after = await pull(client, 'plain');
    expect(after).not.toBe(before);
    expect((await find(client, before))?.repoTags).toEqual([]);
  });

  it('come from a function that knows every reference', async () => {
    const { client } = await start({ registry: (reference) => ({ tags: [reference] }) });
    const [first, second] = [await pull(client, 'anything:1'), await pull(client, 'quay.example/else@sha256:00')];
    expect(first).not.toBe(second);
    expect(await find(client, 'anything:1')).toMatchObject({ id: first });
  });

  it('can be pinned', async () => {
    const { client } = await start({ images: [{ tags: ['pause:3'], pinned: true }] });
    expect(await find(client, 'pause:3')).toMatchObject({ pinned: true });
  });
});

describe('the node', () => {
  it.each([
    ['systemd', { linux: { cgroupDriver: CgroupDriver.SYSTEMD } }],
    ['cgroupfs', { linux: { cgroupDriver: CgroupDriver.CGROUPFS } }],
    ['empty', { linux: undefined }],
  ] as const)('answers RuntimeConfig in mode %s', async (runtimeConfig, reply) => {
    const { fake, client } = await start({ runtimeConfig });
    expect(await client.runtime.runtimeConfig({})).toEqual(reply);
    fake.conditions.runtimeConfig = 'unimplemented';
    await expect(client.runtime.runtimeConfig({})).rejects.toMatchObject({ code: 'CRI_UNIMPLEMENTED' });
  });

  it('loses and regains its network', async () => {
    const { fake, client } = await start();
    fake.conditions.networkReady = false;
    expect((await client.runtime.status({})).status?.conditions[1]).toMatchObject({ status: false, reason: 'NetworkPluginNotReady' });
  });

  it('describes every metric and has samples for them', async () => {
    const { client } = await start({ unimplemented: [] });
    const podSandboxId = await runSandbox(client);
    const { descriptors } = await client.runtime.listMetricDescriptors({});
    expect(descriptors.length).toBeGreaterThanOrEqual(56);
    expect(descriptors.every(({ help, labelKeys }) => help !== '' && labelKeys.length > 0)).toBe(true);
    const { podMetrics } = await client.runtime.listPodSandboxMetrics({});
    expect(podMetrics[0]?.podSandboxId).toBe(podSandboxId);
    for (const { name, labelValues } of podMetrics[0]?.metrics ?? []) {
      expect(labelValues).toHaveLength(descriptors.find((descriptor) => descriptor.name === name)?.labelKeys.length ?? -1);
    }
  });
});

describe('events', () => {
  const watch = (client: CriClient) => {
    const ids: string[] = [];
    const controller = new AbortController();
    open.push({ [Symbol.asyncDispose]: async () => controller.abort() });
    (async () => {
      for await (const event of client.runtime.getContainerEvents({}, { signal: controller.signal })) ids.push(event.containerId);
    })().catch(() => {});
    return ids;
  };

  it('reach every client in mode perClient', async () => {
    const { fake, client } = await start({ events: 'perClient' });
    const [first, second] = [watch(client), watch(client)];
    await soon(() => fake.subscribers.cri).toBe(2);
    const id = await runSandbox(client);
    await soon(() => [first, second]).toEqual([
      [id, id],
      [id, id],
    ]);
  });

  it('are split between the clients in mode shared, as containerd 1.7 does', async () => {
    const { fake, client } = await start({ events: 'shared' });
    const [first, second] = [watch(client), watch(client)];
    await fake.called('GetContainerEvents', 2);
    for (let attempt = 0; attempt < 5; attempt++) await runSandbox(client, { metadata: { ...metadata, attempt } });
    await soon(() => first.length + second.length).toBe(10);
  });
});

describe('faults', () => {
  it('strike before the effect, or after it', async () => {
    const { fake, client } = await start();
    fake.fault({ method: 'RunPodSandbox', type: 'error', code: 'INTERNAL' });
    await expect(runSandbox(client)).rejects.toMatchObject({ code: 'CRI_INTERNAL' });
    expect(fake.sandboxes).toHaveLength(0);
    fake.fault({ method: 'RunPodSandbox', type: 'errorAfterEffect', code: 'INTERNAL' });
    await expect(runSandbox(client)).rejects.toMatchObject({ code: 'CRI_INTERNAL' });
    expect(fake.sandboxes).toHaveLength(1);
  });

  it('drop the connection after the effect: the retry finds the name taken', async () => {
    const { fake, client } = await start();
    fake.fault({ method: 'RunPodSandbox', type: 'dropAfterEffect' });
    await expect(runSandbox(client)).rejects.toMatchObject({ code: 'CRI_UNAVAILABLE' });
    await soon(() => runSandbox(client).catch((error) => error.details)).toContain('is reserved for');
  });

  it('delay by the clock, hang, and strike only as often and where they should', async () => {
    const clock = createVirtualClock();
    const { fake, client } = await start({ clock });
    fake.fault({ method: 'Version', type: 'delay', ms: 10_000 });
    const slow = client.runtime.version({});
    const call = await fake.called('Version');
    await clock.advance(9_999);
    expect(call.outcome).toBeUndefined();
    await clock.advance(1);
    await slow;
    const handle = fake.fault({
      method: '*',
      type: 'error',
      code: 'ABORTED',
      times: 2,
      when: (request) => 'verbose' in (request as object),
    });
    await client.runtime.version({});
    for (let time = 0; time < 2; time++) await expect(client.runtime.status({})).rejects.toMatchObject({ code: 'CRI_ABORTED' });
    await client.runtime.status({});
    expect(handle.hits).toBe(2);
  });
});

describe('a crash', () => {
  it('leaves containers running, and the restart finds them', async () => {
    const { fake, client } = await start();
    const id = await runContainer(client, await runSandbox(client));
    await fake.crash();
    fake.exitContainer('app', { exitCode: 5 });
    await fake.restart();
    await soon(() => statusOf(client, id).catch(() => undefined)).toMatchObject({ exitCode: 5 });
  });

  it('can lose everything', async () => {
    const { fake, client } = await start();
    await runContainer(client, await runSandbox(client));
    await fake.restart({ state: 'lose' });
    await soon(() =>
      client.runtime.listPodSandbox({}).then(
        ({ items }) => items,
        () => 'down',
      ),
    ).toEqual([]);
  });

  it('leaves no socket, and the close no directory', async () => {
    const { fake } = await start();
    await fake.crash();
    await expect(readFile(fake.socketPath)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

it('writes down every call with its outcome', async () => {
  const { fake, client } = await start();
  await runSandbox(client);
  await client.runtime.podSandboxStatus({ podSandboxId: 'none' }).catch(() => {});
  expect(fake.calls.map(({ method, outcome }) => [method, outcome])).toEqual([
    ['RunPodSandbox', 'ok'],
    ['PodSandboxStatus', 'NOT_FOUND'],
  ]);
  expect(fake.calls[0]?.request).toMatchObject({ config: { metadata } });
});

describe('as CRI-O', () => {
  const named = { image: { image: 'busybox:1', userSpecifiedImage: 'busybox:1' }, logPath: '' };

  it('makes no container without the name that the user gave its image', async () => {
    const { client } = await start({ personality: 'cri-o' });
    const podSandboxId = await runSandbox(client);
    await expect(runContainer(client, podSandboxId, { logPath: '' })).rejects.toMatchObject({
      details: 'user specified image not specified, cannot verify image signature',
    });
    await runContainer(client, podSandboxId, named);
  });

  it('takes one name from an image that has more, and removes none that a container has', async () => {
    const { client } = await start({ personality: 'cri-o', images: [{ tags: ['busybox:1', 'other:2'] }] });
    await runContainer(client, await runSandbox(client), named);
    const images = async () => (await client.images.listImages({})).images;
    const [{ id } = { id: '' }] = await images();
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await client.images.removeImage({ image: { image: 'other:2' } });
    expect(await images()).toMatchObject([{ id, repoTags: ['docker.io/library/busybox:1'] }]);
    await expect(client.images.removeImage({ image: { image: id } })).rejects.toMatchObject({
      details: expect.stringMatching(/^delete image: image used by [0-9a-f]{64}: image is in use by a container$/),
    });
    await client.images.removeImage({ image: { image: 'unknown:1' } });
  });

  it('lists its own labels of sandboxes, and containers as somewhat older than their statuses say', async () => {
    const { client } = await start({ personality: 'cri-o' });
    const podSandboxId = await runSandbox(client, { labels: { mine: 'yes' } });
    const containerId = await runContainer(client, podSandboxId, named);
    const [sandbox] = (await client.runtime.listPodSandbox({})).items;
    expect(sandbox?.labels).toMatchObject({ mine: 'yes', 'io.kubernetes.container.name': 'POD', 'io.kubernetes.pod.uid': 'u1' });
    const [listed] = (await client.runtime.listContainers({})).containers;
    expect(listed?.createdAt).toBeLessThan((await statusOf(client, containerId))?.createdAt ?? 0n);
  });

  it('tells in GetContainerEvents of a sandbox only its start and end, and nothing of containers that are removed with it', async () => {
    const { client } = await start({ personality: 'cri-o', events: 'perClient' });
    const ended = new AbortController();
    const told: string[] = [];
    const following = (async () => {
      for await (const change of client.changes({ signal: ended.signal })) {
        if (change.type !== 'podChanged') told.push(change.type);
        else told.push(`${change.containerId === change.podSandboxId ? 'sandbox' : 'container'} ${change.change}`);
      }
    })();
    await soon(async () => told.length).toBe(1);
    const podSandboxId = await runSandbox(client);
    await runContainer(client, podSandboxId, named);
    await client.runtime.removePodSandbox({ podSandboxId });
    const last = await runSandbox(client, { metadata: { ...metadata, attempt: 1 } });
    const containerId = await runContainer(client, last, named);
    await client.runtime.removeContainer({ containerId });
    await soon(async () => told.at(-1)).toBe('container deleted');
    ended.abort();
    await following;
    const life = ['sandbox started', 'container created', 'container started', 'container stopped'];
    expect(told).toEqual(['resync', ...life, 'sandbox stopped', ...life, 'container deleted']);
  });
});
