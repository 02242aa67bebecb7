import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CriCall, type CriClient, type CriInterceptor, createCriClient } from '../src/index.js';
import { createFakeCri, type FakeCri, type GrpcCode } from '../src/testing/index.js';
import { soon } from './soon.js';

const metadata = { name: 'web', namespace: 'default', uid: 'u1', attempt: 0 };

describe('the client', () => {
  let fake: FakeCri;
  let client: CriClient;
  beforeAll(async () => {
    fake = await createFakeCri({ images: [{ tags: ['busybox:1.36'] }] });
    client = createCriClient({ endpoint: fake.endpoint });
  });
  afterEach(() => fake.clearFaults());
  afterAll(async () => {
    await client.close();
    await fake.close();
  });

  it.each<[GrpcCode, string, boolean]>([
    ['CANCELLED', 'CRI_CANCELLED', false],
    ['UNKNOWN', 'CRI_UNKNOWN', false],
    ['INVALID_ARGUMENT', 'CRI_INVALID_ARGUMENT', false],
    ['DEADLINE_EXCEEDED', 'CRI_DEADLINE_EXCEEDED', true],
    ['NOT_FOUND', 'CRI_NOT_FOUND', false],
    ['ALREADY_EXISTS', 'CRI_ALREADY_EXISTS', false],
    ['PERMISSION_DENIED', 'CRI_PERMISSION_DENIED', false],
    ['RESOURCE_EXHAUSTED', 'CRI_RESOURCE_EXHAUSTED', true],
    ['FAILED_PRECONDITION', 'CRI_FAILED_PRECONDITION', false],
    ['ABORTED', 'CRI_ABORTED', true],
    ['OUT_OF_RANGE', 'CRI_OUT_OF_RANGE', false],
    ['UNIMPLEMENTED', 'CRI_UNIMPLEMENTED', false],
    ['INTERNAL', 'CRI_INTERNAL', false],
    ['UNAVAILABLE', 'CRI_UNAVAILABLE', true],
    ['DATA_LOSS', 'CRI_DATA_LOSS', false],
    ['UNAUTHENTICATED', 'CRI_UNAUTHENTICATED', false],
  ])('turns %s into %s (retryable: %s) and keeps the runtime’s words', async (grpc, code, retryable) => {
    fake.fault({ method: 'Status', type: 'error', code: grpc, message: 'as it said' });
    await expect(client.runtime.status({})).rejects.toMatchObject({
      code,
      retryable,
      method: 'Status',
      details: 'as it said',
      message: 'Status failed: as it said',
    });
  });

  it.each(['RegistryUnavailable', 'SignatureValidationFailed', 'RROUnsupported', 'ImageVolumeMountFailed'])(
    'recognises the reason %s',
    async (reason) => {
      fake.fault({ method: 'PullImage', type: 'error', code: 'UNKNOWN', message: `${reason}: no` });
      await expect(client.images.pullImage({ image: { image: 'x' } })).rejects.toMatchObject({ runtimeReason: reason });
    },
  );

  it('gives up at the time limit with CRI_DEADLINE_EXCEEDED', async () => {
    fake.fault({ method: 'ListContainers', type: 'hang' });
    await expect(client.runtime.listContainers({}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'CRI_DEADLINE_EXCEEDED' });
  });

  it('rejects with the signal’s reason when the caller gives up, and ends the call', async () => {
    fake.clearCalls();
    fake.fault({ method: 'ListContainers', type: 'hang' });
    const controller = new AbortController();
    const call = client.runtime.listContainers({}, { signal: controller.signal });
    const seen = await fake.called('ListContainers');
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    await soon(() => seen.outcome).toBe('CANCELLED');
    await expect(client.runtime.version({}, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('serves many calls that share one signal, through one listener', async () => {
    const { signal } = new AbortController();
    const calls = Array.from({ length: 50 }, () => client.runtime.version({}, { signal }));
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await Promise.all(calls);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('stops a stream when its reader stops or the signal aborts', async () => {
    for (const stop of ['break', 'abort'] as const) {
      const controller = new AbortController();
      const reading = (async () => {
        for await (const _ of client.runtime.getContainerEvents({}, { signal: controller.signal })) if (stop === 'break') break;
      })();
      await soon(() => fake.subscribers.cri).toBe(1);
      if (stop === 'abort') {
        controller.abort(new Error('enough'));
        await expect(reading).rejects.toThrow('enough');
      } else {
        await client.runtime.runPodSandbox({ config: { metadata: { ...metadata, uid: stop } } });
        await reading;
      }
      await soon(() => fake.subscribers.cri).toBe(0);
    }
  });

  it.each([
    ['Version', () => client.runtime.version({}), { runtimeName: '' }, 'runtime_name'],
    ['RunPodSandbox', () => client.runtime.runPodSandbox({ config: { metadata } }), { podSandboxId: '' }, 'pod_sandbox_id'],
    ['Status', () => client.runtime.status({}), { status: { conditions: [] } }, 'status.conditions'],
    ['ImageStatus', () => client.images.imageStatus({ image: { image: 'busybox:1.36' } }), { image: { id: 'x' } }, 'image.size'],
  ] as const)('refuses a reply of %s without a mandatory field', async (method, call, change, field) => {
    fake.fault({ method, type: 'reply', change: (reply) => ({ ...(reply as object), ...change }) });
    await expect(call()).rejects.toMatchObject({ code: 'CRI_BAD_REPLY', message: expect.stringContaining(field) });
  });

  it('takes messages of 15 MiB and refuses larger ones than 16 MiB', async () => {
    const podSandboxId = fake.sandboxes[0]?.id ?? '';
    const config = { metadata: { name: 'c' }, image: { image: 'busybox:1.36' } };
    const { containerId } = await client.runtime.createContainer({ podSandboxId, config });
    await client.runtime.startContainer({ containerId });
    const answer = (mebibytes: number) => {
      fake.fault({ method: 'ExecSync', type: 'reply', change: () => ({ stdout: Buffer.alloc(mebibytes * 1024 * 1024) }) });
      return client.runtime.execSync({ containerId, cmd: ['cat'] });
    };
    expect((await answer(15)).stdout.length).toBe(15 * 1024 * 1024);
    await expect(answer(17)).rejects.toMatchObject({ code: 'CRI_RESOURCE_EXHAUSTED' });
  });

  it('reconnects by itself after the runtime was restarted', async () => {
    await fake.crash();
    await expect(client.runtime.version({})).rejects.toMatchObject({
      code: 'CRI_UNAVAILABLE',
      retryable: true,
      message: `cannot reach the container runtime at ${fake.endpoint}: ENOENT`,
    });
    await fake.restart();
    await soon(() =>
      client.runtime.version({}).then(
        () => 'up',
        () => 'down',
      ),
    ).toBe('up');
  });

  it('fails a call whose connection breaks', async () => {
    fake.fault({ method: 'ListContainers', type: 'loseConnection' });
    await expect(client.runtime.listContainers({})).rejects.toMatchObject({ code: 'CRI_UNAVAILABLE' });
  });

  it('runs every call through its interceptors, the first outermost', async () => {
    const seen: string[] = [];
    const note =
      (name: string): CriInterceptor =>
      (next) =>
      async (call: CriCall) => {
        seen.push(`${name} ${call.method} ${call.timeoutMs}`);
        return next(call);
      };
    const overrule: CriInterceptor = (next) => (call) => next({ ...call, timeoutMs: call.method === 'StopContainer' ? 30_000 : 40 });
    await using other = createCriClient({ endpoint: fake.endpoint, interceptors: [note('first'), overrule, note('second')] });
    await other.runtime.stopContainer({ containerId: 'none', timeout: 5 });
    const events = other.runtime.getContainerEvents({}, { timeoutMs: 9_000 })[Symbol.asyncIterator]();
    await expect(events.next()).rejects.toMatchObject({ code: 'CRI_DEADLINE_EXCEEDED' });
    expect(seen).toEqual([
      'first StopContainer 125000',
      'second StopContainer 30000',
      'first GetContainerEvents 9000',
      'second GetContainerEvents 40',
    ]);
  });

  it('sends image calls to the image endpoint', async () => {
    await using imageFake = await createFakeCri({ images: [{ tags: ['only-here:1'] }] });
    await using other = createCriClient({ endpoint: fake.endpoint, imageEndpoint: imageFake.endpoint });
    expect((await other.images.imageStatus({ image: { image: 'only-here:1' } })).image?.repoTags).toEqual([
      'docker.io/library/only-here:1',
    ]);
    await other.runtime.version({});
    expect(imageFake.calls.map(({ method }) => method)).toEqual(['ImageStatus']);
  });

  it('refuses calls after it was closed and ends those under way', async () => {
    const other = createCriClient({ endpoint: fake.endpoint });
    fake.clearCalls();
    fake.fault({ method: 'ListContainers', type: 'hang' });
    const call = other.runtime.listContainers({});
    const ended = expect(call).rejects.toMatchObject({ code: 'CRI_CANCELLED', message: expect.stringContaining('closed') });
    await fake.called('ListContainers');
    await other.close();
    await ended;
    await expect(other.runtime.version({})).rejects.toMatchObject({ code: 'CRI_CANCELLED' });
  });
});

describe('an unusable socket', () => {
  it.each([
    ['that does not exist', 'ENOENT', async () => {}],
    ['that nobody listens on', 'ECONNREFUSED', (path: string) => writeFile(path, '')],
  ])('%s is reported at once with a hint', async (_, code, prepare) => {
    const directory = await mkdtemp(join(tmpdir(), 'cri-socket-'));
    const path = join(directory, 'c.sock');
    await prepare(path);
    await using client = createCriClient({ endpoint: path });
    const startedAtMs = performance.now();
    await expect(client.runtime.version({})).rejects.toMatchObject({
      code: 'CRI_UNAVAILABLE',
      message: `cannot reach the container runtime at unix://${path}: ${code}`,
      hint: expect.stringMatching(/runtime/),
    });
    expect(performance.now() - startedAtMs).toBeLessThan(10_000);
    await rm(directory, { recursive: true });
  });
});

describe('lists', () => {
  it('come in pieces where the runtime streams them', async () => {
    await using fake = await createFakeCri({ unimplemented: [], images: [{ tags: ['a:1'] }, { tags: ['b:1'] }] });
    await using client = createCriClient({ endpoint: fake.endpoint });
    for (const uid of ['1', '2', '3']) await client.runtime.runPodSandbox({ config: { metadata: { ...metadata, uid } } });
    expect(await client.lists.podSandboxes()).toHaveLength(3);
    expect(await client.lists.images()).toHaveLength(2);
    expect(fake.calls.map(({ method }) => method).filter((method) => method.startsWith('List'))).toEqual([]);
  });

  it('fall back to one reply after the first UNIMPLEMENTED, for all lists of that service', async () => {
    await using fake = await createFakeCri();
    await using client = createCriClient({ endpoint: fake.endpoint });
    await client.runtime.runPodSandbox({ config: { metadata } });
    expect(await client.lists.podSandboxes({ labelSelector: {} })).toHaveLength(1);
    expect(await client.lists.containers()).toEqual([]);
    expect(await client.lists.images()).toEqual([]);
    expect(fake.calls.map(({ method }) => method).filter((method) => /^(List|Stream)/.test(method))).toEqual([
      'StreamPodSandboxes',
      'ListPodSandbox',
      'ListContainers',
      'StreamImages',
      'ListImages',
    ]);
  });

  it('fail whole when a stream breaks, and do not fall back', async () => {
    await using fake = await createFakeCri({ unimplemented: [] });
    await using client = createCriClient({ endpoint: fake.endpoint });
    await client.runtime.runPodSandbox({ config: { metadata } });
    fake.fault({ method: 'StreamPodSandboxes', type: 'dropAfterEffect' });
    await expect(client.lists.podSandboxes()).rejects.toMatchObject({ code: 'CRI_UNAVAILABLE' });
  });
});
