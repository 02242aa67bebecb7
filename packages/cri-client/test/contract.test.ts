import { mkdir, readFile, rename } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ContainerState, type PodChange, PodSandboxState } from '../src/index.js';
import { createSteps } from './contract-steps.js';
import { fakeSubject, realSubject, type Subject } from './contract-subject.js';

const endpoint = process.env['SOLO_KUBELET_CRI_ENDPOINT'];
const image = process.env['SOLO_KUBELET_CRI_IMAGE'] ?? 'docker.io/library/busybox:latest';

const runtimes: readonly [string, () => Promise<Subject>][] = [
  ['the fake runtime', fakeSubject],
  ...(endpoint === undefined
    ? []
    : [[`the runtime at ${endpoint}`, () => realSubject(endpoint, image)] as [string, () => Promise<Subject>]]),
];
if (endpoint === undefined) {
  console.info('contract: only the fake is tested; set SOLO_KUBELET_CRI_ENDPOINT (and SOLO_KUBELET_CRI_IMAGE) to test a real runtime too');
}

describe.each(runtimes)('%s', { timeout: 60_000 }, (_, connect) => {
  let subject: Subject;
  let steps: ReturnType<typeof createSteps>;
  beforeAll(async () => {
    subject = await connect();
    steps = createSteps(subject);
  });
  afterEach(() => steps.removeAll());
  afterAll(() => subject[Symbol.asyncDispose]());
  const runtime = () => subject.client.runtime;

  describe('about itself', () => {
    it('fills all four fields of its version', async () => {
      const version = await runtime().version({ version: '0.1.0' });
      expect(Object.values(version).every((field) => field !== '')).toBe(true);
    });

    it('reports itself and its network, and is ready', async () => {
      const { status } = await runtime().status({});
      expect(status?.conditions).toContainEqual(expect.objectContaining({ type: 'RuntimeReady', status: true }));
      expect(status?.conditions.map(({ type }) => type)).toContain('NetworkReady');
    });
  });

  describe('sandboxes', () => {
    it('are ready after the run, not ready after the stop, gone after the removal', async () => {
      const id = await steps.runSandbox(steps.sandboxConfig('life'));
      const state = async () => (await runtime().podSandboxStatus({ podSandboxId: id })).status?.state;
      const listed = async () => (await runtime().listPodSandbox({ filter: { id } })).items.length;
      expect(await state()).toBe(PodSandboxState.SANDBOX_READY);
      expect(await listed()).toBe(1);
      await runtime().stopPodSandbox({ podSandboxId: id });
      expect(await state()).toBe(PodSandboxState.SANDBOX_NOTREADY);
      expect(await listed()).toBe(1);
      await runtime().removePodSandbox({ podSandboxId: id });
      expect(await listed()).toBe(0);
    });

    it('have ids of 64 hex digits and are found by a prefix', async () => {
      const id = await steps.runSandbox(steps.sandboxConfig('prefix'));
      expect(id).toMatch(/^[0-9a-f]{64}$/);
      expect((await runtime().podSandboxStatus({ podSandboxId: id.slice(0, 20) })).status?.id).toBe(id);
    });

    it('return metadata, labels and annotations unaltered, in status and in list', async () => {
      const config = steps.sandboxConfig('attributes');
      const id = await steps.runSandbox(config);
      const expected = expect.objectContaining({ metadata: config.metadata, labels: config.labels, annotations: config.annotations });
      expect((await runtime().podSandboxStatus({ podSandboxId: id })).status).toEqual(expected);
      const { items } = await runtime().listPodSandbox({ filter: { labelSelector: { 'test/name': 'attributes' } } });
      expect(items).toEqual([expected]);
    });

    it('refuse to be made twice from the same metadata, but take a higher attempt', async () => {
      const config = steps.sandboxConfig('twice');
      await steps.runSandbox(config);
      await expect(steps.runSandbox(config)).rejects.toMatchObject({ details: expect.stringContaining('is reserved for') });
      await steps.runSandbox({ ...config, metadata: { ...config.metadata, attempt: 3 } });
    });

    it('refuse an unknown runtime handler', async () => {
      await expect(runtime().runPodSandbox({ config: steps.sandboxConfig('handler'), runtimeHandler: 'none-such' })).rejects.toMatchObject({
        name: 'CriError',
      });
    });

    it('take their running containers along when they stop', async () => {
      const { podSandboxId, containerId } = await steps.startOne('sleeps');
      await runtime().stopPodSandbox({ podSandboxId });
      expect(await steps.status(containerId)).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 137 });
      expect((await runtime().podSandboxStatus({ podSandboxId })).status?.network?.ip ?? '').toBe('');
    });
  });

  describe('repeated and pointless calls', () => {
    const nobody = 'f'.repeat(64);

    it('succeed for unknown ids', async () => {
      await steps.gone(runtime().stopPodSandbox({ podSandboxId: nobody }));
      await runtime().removePodSandbox({ podSandboxId: nobody });
      await steps.gone(runtime().stopContainer({ containerId: nobody, timeout: 0 }));
      await runtime().removeContainer({ containerId: nobody });
      await subject.client.images.removeImage({ image: { image: 'docker.io/library/none-such:1' } });
    });

    it('succeed when stop and remove come twice', async () => {
      const { podSandboxId, containerId } = await steps.startOne('sleeps');
      for (let time = 0; time < 2; time++) await runtime().stopContainer({ containerId, timeout: 0 });
      for (let time = 0; time < 2; time++) await runtime().removeContainer({ containerId });
      for (let time = 0; time < 2; time++) await runtime().stopPodSandbox({ podSandboxId });
      for (let time = 0; time < 2; time++) await runtime().removePodSandbox({ podSandboxId });
    });

    it('are NotFound where a status is asked for', async () => {
      await expect(runtime().podSandboxStatus({ podSandboxId: nobody })).rejects.toMatchObject({ code: 'CRI_NOT_FOUND' });
      await expect(runtime().containerStatus({ containerId: nobody })).rejects.toMatchObject({ code: 'CRI_NOT_FOUND' });
    });
  });

  describe('containers', () => {
    it('are created, started, stopped and removed', async () => {
      const sandbox = steps.sandboxConfig('lifecycle');
      const podSandboxId = await steps.runSandbox(sandbox);
      await mkdir(sandbox.logDirectory, { recursive: true });
      const containerId = await steps.createContainer(podSandboxId, steps.containerConfig('app', 'obeys'), sandbox);
      expect(await steps.status(containerId)).toMatchObject({ state: ContainerState.CONTAINER_CREATED, startedAt: 0n, finishedAt: 0n });
      await runtime().startContainer({ containerId });
      const running = await steps.status(containerId);
      expect(running.state).toBe(ContainerState.CONTAINER_RUNNING);
      expect(running.startedAt).toBeGreaterThan(running.createdAt);
      await expect(runtime().startContainer({ containerId })).rejects.toMatchObject({ name: 'CriError' });
      await runtime().stopContainer({ containerId, timeout: 10 });
      const stopped = await steps.status(containerId);
      expect(stopped).toMatchObject({ state: ContainerState.CONTAINER_EXITED, exitCode: 143 });
      expect(stopped.finishedAt).toBeGreaterThan(stopped.startedAt);
      await runtime().removeContainer({ containerId });
      expect((await runtime().listContainers({ filter: { podSandboxId } })).containers).toEqual([]);
    });

    it('are killed with 137 when the grace period ends', async () => {
      const { containerId } = await steps.startOne('sleeps');
      await runtime().stopContainer({ containerId, timeout: 1 });
      const { exitCode, startedAt, finishedAt } = await steps.status(containerId);
      expect(exitCode).toBe(137);
      expect(finishedAt - startedAt).toBeGreaterThan(900_000_000n);
    });

    it.each([
      ['succeeds', 0, 'Completed'],
      ['fails', 3, 'Error'],
    ] as const)('that end by themselves (%s) keep exit code %i and reason %s until removed', async (life, exitCode, reason) => {
      const { containerId } = await steps.startOne(life);
      expect(await steps.exited(containerId)).toMatchObject({ exitCode, reason });
      expect((await runtime().listContainers({ filter: { id: containerId } })).containers).toHaveLength(1);
    });

    it('return metadata, labels and annotations unaltered and name their sandbox', async () => {
      const { containerId, podSandboxId } = await steps.startOne('sleeps');
      const config = steps.containerConfig('app', 'sleeps');
      const expected = expect.objectContaining({ metadata: config.metadata, labels: config.labels, annotations: config.annotations });
      expect(await steps.status(containerId)).toEqual(expected);
      const { containers } = await runtime().listContainers({ filter: { podSandboxId } });
      expect(containers).toEqual([expected]);
      expect(containers[0]).toMatchObject({ podSandboxId, state: ContainerState.CONTAINER_RUNNING });
    });

    it('can be removed while created and while running', async () => {
      const { containerId, podSandboxId, sandbox } = await steps.startOne('sleeps');
      const second = await steps.createContainer(podSandboxId, steps.containerConfig('second', 'sleeps'), sandbox);
      await runtime().removeContainer({ containerId: second });
      await runtime().removeContainer({ containerId });
      expect((await runtime().listContainers({ filter: { podSandboxId } })).containers).toEqual([]);
    });

    it('refuse to be made twice from the same name and attempt', async () => {
      const { podSandboxId, sandbox } = await steps.startOne('sleeps');
      await expect(steps.createContainer(podSandboxId, steps.containerConfig('app', 'sleeps'), sandbox)).rejects.toMatchObject({
        details: expect.stringContaining('failed to reserve container name'),
      });
      await steps.createContainer(podSandboxId, steps.containerConfig('app', 'sleeps', 3), sandbox);
    });

    it('are listed by state and by label', async () => {
      const { containerId, podSandboxId, sandbox } = await steps.startOne('sleeps');
      await steps.createContainer(podSandboxId, steps.containerConfig('idle', 'sleeps'), sandbox);
      const ids = async (filter: object) =>
        (await runtime().listContainers({ filter: { podSandboxId, ...filter } })).containers.map(({ id }) => id);
      expect(await ids({ state: { state: ContainerState.CONTAINER_RUNNING } })).toEqual([containerId]);
      expect(await ids({ labelSelector: { 'test/container': 'app' } })).toEqual([containerId]);
      expect(await ids({ labelSelector: { 'test/container': 'app', other: 'x' } })).toEqual([]);
      expect(await ids({})).toHaveLength(2);
    });

    it('need an image that is present', async () => {
      const sandbox = steps.sandboxConfig('no-image');
      const podSandboxId = await steps.runSandbox(sandbox);
      const config = { ...steps.containerConfig('app', 'sleeps'), image: { image: 'docker.io/library/none-such:1' } };
      await expect(steps.createContainer(podSandboxId, config, sandbox)).rejects.toMatchObject({ name: 'CriError' });
    });

    it('refuse a group without a user', async () => {
      const sandbox = steps.sandboxConfig('group');
      const podSandboxId = await steps.runSandbox(sandbox);
      const config = { ...steps.containerConfig('app', 'sleeps'), linux: { securityContext: { runAsGroup: { value: 5n } } } };
      await expect(steps.createContainer(podSandboxId, config, sandbox)).rejects.toMatchObject({ name: 'CriError' });
    });
  });

  describe('commands', () => {
    it('return exactly what they print', async () => {
      const { containerId } = await steps.startOne('sleeps');
      const { stdout, stderr, exitCode } = await runtime().execSync({ containerId, cmd: ['echo', '-n', 'hello'], timeout: 10 });
      expect([Buffer.from(stdout).toString(), Buffer.from(stderr).toString(), exitCode]).toEqual(['hello', '', 0]);
    });

    it('are killed when their time is up', async () => {
      const { containerId } = await steps.startOne('sleeps');
      await expect(runtime().execSync({ containerId, cmd: ['sleep', '4321'], timeout: 1 })).rejects.toMatchObject({
        code: 'CRI_DEADLINE_EXCEEDED',
      });
      if (subject.fake !== undefined) expect(subject.fake.runningExecs).toEqual([]);
      else {
        const { stdout } = await runtime().execSync({ containerId, cmd: ['ps'], timeout: 10 });
        expect(Buffer.from(stdout).toString()).not.toContain('4321');
      }
    });

    it('get streaming URLs of http with a host', async () => {
      const { containerId, podSandboxId } = await steps.startOne('sleeps');
      const replies = await Promise.all([
        runtime().exec({ containerId, cmd: ['echo'], stdout: true }),
        runtime().attach({ containerId, stdout: true }),
        runtime().portForward({ podSandboxId }),
      ]);
      for (const { url } of replies) {
        expect(new URL(url).protocol).toBe('http:');
        expect(new URL(url).host).not.toBe('');
      }
    });
  });

  describe('logs', () => {
    const line = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d) (stdout|stderr) ([FP]) (.*)$/;
    const parse = async (path: string) =>
      (await readFile(path, 'utf8').catch(() => ''))
        .split('\n')
        .slice(0, -1)
        .map((text) => line.exec(text)?.slice(2) ?? ['unparsable', text]);

    it('hold both streams in the format of CRI', async () => {
      const { logPath } = await steps.startOne('speaks');
      const lines = await steps.eventually(
        () => parse(logPath),
        ({ length }) => length === 2,
      );
      expect(lines.sort()).toEqual([
        ['stderr', 'F', 'err'],
        ['stdout', 'F', 'out'],
      ]);
    });

    it('cut a long line into pieces of 16 KiB', async () => {
      const { logPath } = await steps.startOne('rambles');
      const lines = await steps.eventually(
        () => parse(logPath),
        (found) => found.at(-1)?.[1] === 'F',
      );
      expect(lines.map(([, tag, text]) => [tag, text?.length])).toEqual([
        ['P', 16_384],
        ['P', 16_384],
        ['F', 40_000 - 2 * 16_384],
      ]);
    });

    it('go on in a new file after a rotation', async () => {
      const { containerId, logPath } = await steps.startOne('ticks');
      await steps.eventually(
        () => parse(logPath),
        ({ length }) => length > 0,
      );
      await rename(logPath, `${logPath}.old`);
      await runtime().reopenContainerLog({ containerId });
      await steps.eventually(
        () => parse(logPath),
        ({ length }) => length > 1,
      );
      const old = await parse(`${logPath}.old`);
      await steps.eventually(
        () => parse(logPath),
        ({ length }) => length > 3,
      );
      expect(await parse(`${logPath}.old`)).toEqual(old);
    });
  });

  describe('statistics', () => {
    it('tell cpu and memory of a running container', async () => {
      const { containerId } = await steps.startOne('sleeps');
      const stats = await steps.eventually(
        async () => (await runtime().containerStats({ containerId })).stats,
        (found) => found?.memory !== undefined,
      );
      expect(stats?.attributes).toMatchObject({ id: containerId, metadata: { name: 'app', attempt: 2 } });
      expect(stats?.cpu?.timestamp).toBeGreaterThan(0n);
      expect(stats?.memory?.workingSetBytes?.value).toBeGreaterThan(0n);
    });

    it('are listed by id, by label and by sandbox', async () => {
      const { containerId, podSandboxId } = await steps.startOne('sleeps');
      const ids = async (filter: object) => (await runtime().listContainerStats({ filter })).stats.map(({ attributes }) => attributes?.id);
      expect(await ids({ id: containerId })).toEqual([containerId]);
      expect(await ids({ podSandboxId })).toEqual([containerId]);
      expect(await ids({ podSandboxId, labelSelector: { 'test/container': 'other' } })).toEqual([]);
    });
  });

  describe('images', () => {
    it('are found by tag and by id, and a missing one is no error', async () => {
      const { images } = subject.client;
      const byTag = (await images.imageStatus({ image: { image: subject.image } })).image;
      expect(byTag?.size).toBeGreaterThan(0n);
      expect((await images.imageStatus({ image: { image: byTag?.id } })).image?.id).toBe(byTag?.id);
      expect((await images.imageStatus({ image: { image: 'docker.io/library/none-such:1' } })).image).toBeUndefined();
      expect((await images.listImages({})).images.map(({ id }) => id)).toContain(byTag?.id);
    });

    it('have a file system', async () => {
      const { imageFilesystems } = await subject.client.images.imageFsInfo({});
      expect(imageFilesystems[0]?.fsId?.mountpoint).not.toBe('');
    });
  });

  describe('changes', () => {
    it('begin with a resync and tell of a start and an exit within moments', async () => {
      const changes = subject.client.changes({ signal: AbortSignal.timeout(20_000) })[Symbol.asyncIterator]();
      const next = async (good: (change: PodChange) => boolean): Promise<PodChange | undefined> => {
        for (;;) {
          const { done, value } = await changes.next();
          if (done) return undefined;
          if (good(value)) return value;
        }
      };
      expect((await changes.next()).value).toMatchObject({ type: 'resync' });
      const { containerId } = await steps.startOne('sleeps');
      const of = (what: string) => (change: PodChange) =>
        change.type === 'podChanged' && change.containerId === containerId && change.change === what;
      expect(await next(of('started'))).toBeDefined();
      const stoppedAtMs = performance.now();
      const stopped = runtime().stopContainer({ containerId, timeout: 0 });
      expect(await next(of('stopped'))).toBeDefined();
      expect(performance.now() - stoppedAtMs).toBeLessThan(10_000);
      await stopped;
      await changes.return?.();
    });
  });
});
