import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeCri, type FakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import type { Pod } from '@solo-kubelet/pod-spec';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NodeApiOptions } from '../src/create-node-api.js';
import { ask, fakeView, pod, startApi, type TestApi, watchable } from './api.js';

let logs: string;
let fake: FakeCri;
let test: TestApi;

const LABELS = { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default', 'io.kubernetes.pod.uid': 'uid-web' };

/** A pod `web` with a container `app` that runs on a fake runtime, and the API over it on the socket of the machine. */
const start = async (options: FakeCriOptions = {}, seen: Pod = pod('web'), apiOptions: Partial<NodeApiOptions> = {}): Promise<void> => {
  fake = await createFakeCri({ images: [{ tags: ['app:1'] }], ...options });
  test = await startApi({
    endpoint: fake.endpoint,
    view: fakeView({ pods: watchable([seen]), podLogsDirectory: logs }),
    socket: { path: join(logs, 'api.sock') },
    readOnlyPort: 0,
    ...apiOptions,
  });
  const { podSandboxId } = await test.cri.runtime.runPodSandbox({ config: sandboxConfig() });
  await startInstance(podSandboxId, 0);
};

const sandboxConfig = () => ({
  metadata: { name: 'web', namespace: 'default', uid: 'uid-web', attempt: 0 },
  labels: LABELS,
  logDirectory: join(logs, 'default_web_uid-web'),
});

const startInstance = async (podSandboxId: string, attempt: number): Promise<void> => {
  const { containerId } = await test.cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig: sandboxConfig(),
    config: {
      metadata: { name: 'app', attempt },
      image: { image: 'app:1' },
      labels: { ...LABELS, 'io.kubernetes.container.name': 'app' },
      logPath: `app/${attempt}.log`,
    },
  });
  await test.cri.runtime.startContainer({ containerId });
};

const get = (path: string, method = 'GET') => ask({ socketPath: join(logs, 'api.sock'), path, method });

beforeEach(async () => {
  logs = await mkdtemp(join(tmpdir(), 'solo-kubelet-logs-'));
});
afterEach(async () => {
  await test[Symbol.asyncDispose]();
  await fake.close();
  await rm(logs, { recursive: true, force: true });
});

describe('/containerLogs', () => {
  const said = { containers: () => ({ output: [{ atMs: 0, text: 'one\ntwo\nthree\n' }] }) };

  it('gives the log of the running container', async () => {
    await start(said);
    expect(await get('/containerLogs/default/web/app')).toMatchObject({ status: 200, body: 'one\ntwo\nthree\n' });
    expect((await get('/containerLogs/default/web/app?tailLines=1')).body).toBe('three\n');
    expect((await get('/containerLogs/default/web/app?tail=2&limitBytes=5')).body).toBe('two\nt');
  });

  it.each([
    ['tailLines=-1', 422],
    ['sinceSeconds=0', 422],
    ['limitBytes=0', 422],
    ['sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z', 422],
    ['stream=Stdin', 422],
    ['stream=Stdout&tailLines=1', 422],
    ['tailLines=many', 400],
    ['sinceTime=yesterday', 400],
    ['sinceTime=2026', 400],
  ])('refuses %s with %i', async (query, status) => {
    await start(said);
    expect((await get(`/containerLogs/default/web/app?${query}`)).status).toBe(status);
  });

  it('takes anything but 0 and false for a yes, and `tail` before `tailLines`', async () => {
    await start(said);
    expect((await get('/containerLogs/default/web/app?tailLines=1&timestamps=False')).body).toBe('three\n');
    expect((await get('/containerLogs/default/web/app?tailLines=1&timestamps=perhaps')).body).toMatch(/^\S+Z three\n$/);
    expect((await get('/containerLogs/default/web/app?tailLines=1&tail=all')).body).toBe('one\ntwo\nthree\n');
  });

  it('gives, as the previous one, the log of the end that the status tells, while the container waits to be started again', async () => {
    const seen = pod('web');
    await start(said, seen);
    const [{ id = '' } = {}] = fake.containers;
    fake.exitContainer(id, { exitCode: 1 });
    const lastState = { terminated: { exitCode: 1, containerID: `containerd://${id}` } };
    Object.assign(seen, {
      status: { containerStatuses: [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState }] },
    });
    expect(await get('/containerLogs/default/web/app?previous=true')).toMatchObject({ status: 200, body: 'one\ntwo\nthree\n' });
  });

  it.each<[object | undefined, string]>([
    [undefined, 'is not available'],
    [{ state: { waiting: { reason: 'ContainerCreating' } } }, 'is waiting to start: ContainerCreating'],
    [{ state: { waiting: { reason: 'ErrImagePull' } } }, "is waiting to start: image can't be pulled"],
    [{ state: { waiting: { reason: 'ImagePullBackOff' } } }, 'is waiting to start: trying and failing to pull image'],
    [{ state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { exitCode: 1 } } }, 'is terminated'],
    [{ state: { terminated: { exitCode: 1 } } }, 'is terminated'],
  ])('says why there is none: %j', async (status, why) => {
    const seen = pod('web');
    await start(said, seen);
    const [{ id = '' } = {}] = fake.containers;
    await test.cri.runtime.removeContainer({ containerId: id });
    Object.assign(seen, { status: { containerStatuses: status === undefined ? [] : [{ name: 'app', ...status }] } });
    expect(await get('/containerLogs/default/web/app')).toMatchObject({ status: 400, body: `container "app" in pod "web" ${why}\n` });
  });

  describe('of a container that has ended before the runtime records it', () => {
    /** Its end is told, and the runtime has it running still. */
    const ended = async (): Promise<Pod> => {
      const seen = pod('web');
      await start({}, seen);
      const [{ id = '' } = {}] = fake.containers;
      const terminated = { exitCode: 0, containerID: `containerd://${id}` };
      Object.assign(seen, { status: { containerStatuses: [{ name: 'app', state: { terminated } }] } });
      return seen;
    };

    it('gives all of the log', async () => {
      await ended();
      const asked = get('/containerLogs/default/web/app');
      await fake.called('ContainerStatus', 2);
      fake.writeLog('app', 'the end\n');
      fake.exitContainer('app', { exitCode: 0 });
      expect(await asked).toMatchObject({ status: 200, body: 'the end\n' });
    });

    it('gives all of the log as the previous one, while the next one runs', async () => {
      const seen = await ended();
      for (const status of seen.status?.containerStatuses ?? []) Object.assign(status, { state: { running: {} }, lastState: status.state });
      const [{ id: first = '' } = {}] = fake.containers;
      await startInstance(fake.sandboxes[0]?.id ?? '', 1);
      const asked = get('/containerLogs/default/web/app?previous=true');
      await fake.called('ContainerStatus', 2);
      fake.writeLog(first, 'the end\n');
      fake.exitContainer(first, { exitCode: 0 });
      expect(await asked).toMatchObject({ status: 200, body: 'the end\n' });
    });
  });

  it('tells an unknown pod from an unknown container', async () => {
    await start(said);
    expect(await get('/containerLogs/default/gone/app')).toMatchObject({ status: 404, body: 'pod "gone" does not exist\n' });
    expect(await get('/containerLogs/default/web/gone')).toMatchObject({ status: 404, body: 'container "gone" not found in pod "web"\n' });
    expect(await get('/containerLogs/default/web/app?previous=true')).toMatchObject({
      status: 400,
      body: 'previous terminated container "app" in pod "web" not found\n',
    });
  });
});

describe('/run and /exec', () => {
  it('runs a command and gives what it prints', async () => {
    await start({ exec: ({ cmd }) => ({ stdout: `ran ${cmd.join('|')}\n` }) });
    expect(await get('/run/default/web/app?cmd=ls%20-l', 'POST')).toMatchObject({ status: 200, body: 'ran ls|-l\n' });
    expect(await get('/run/default/web/uid-web/app?cmd=id', 'POST')).toMatchObject({ status: 200 });
    expect((await get('/run/default/web/other-uid/app?cmd=id', 'POST')).status).toBe(404);
  });

  it('says when a command fails', async () => {
    await start({ exec: () => ({ stderr: 'no\n', exitCode: 2 }) });
    expect(await get('/run/default/web/app?cmd=false', 'POST')).toMatchObject({ status: 500, body: "command 'false' exited with 2: no\n" });
  });

  it('pipes an upgraded connection to the runtime untouched, and keeps credentials to itself', async () => {
    let headers: NodeJS.Dict<string | string[]> = {};
    await start({
      streams: (_call, request, socket, head) => {
        headers = request.headers;
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
        socket.write(head);
        socket.pipe(socket);
      },
    });
    const echoed = await new Promise<string>((resolve, reject) => {
      const socket = connect({ path: join(logs, 'api.sock') });
      let text = '';
      socket.on('connect', () =>
        socket.write(
          'POST /exec/default/web/app?command=sh&output=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\nfirst ',
        ),
      );
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1');
        if (text.endsWith('first ')) socket.write('second\u0000\u00ff', 'latin1');
        if (text.endsWith('\u00ff')) socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve(text.split('\r\n\r\n')[1] ?? ''));
    });
    expect(echoed).toBe('first second\u0000\u00ff');
    expect(headers['x-stream-protocol-version']).toBe('v4.channel.k8s.io');
    expect(headers['authorization']).toBeUndefined();
  });

  it.each([
    ['/exec/default/web/app?command=sh', 'you must specify at least 1 of stdin, stdout, stderr\n', 400],
    ['/exec/default/web/gone?command=sh&output=1', 'container not found ("gone")\n', 500],
    ['/portForward/default/gone', 'pod does not exist\n', 404],
    ['/portForward/default/web?port=99999', 'invalid port "99999"\n', 400],
  ])('refuses %s before any upgrade', async (path, body, status) => {
    await start();
    const answer = await ask({ socketPath: join(logs, 'api.sock'), path, headers: { connection: 'Upgrade', upgrade: 'websocket' } });
    expect(answer).toMatchObject({ status, body });
  });

  it.each(['/exec/default/web/app?command=sh&output=1', '/attach/default/web/app?output=1'])(
    '%s: says why the container does not run',
    async (path) => {
      const containerStatuses = [{ name: 'app', state: { waiting: { reason: 'CrashLoopBackOff' } } }];
      await start({}, { ...pod('web'), status: { containerStatuses } } as unknown as Pod);
      fake.exitContainer('app', { exitCode: 1 });
      const answer = await ask({ socketPath: join(logs, 'api.sock'), path, headers: { connection: 'Upgrade', upgrade: 'websocket' } });
      expect(answer).toMatchObject({ status: 500, body: 'container "app" does not run: it waits (CrashLoopBackOff)\n' });
    },
  );

  it('answers a request without an upgrade', async () => {
    await start();
    expect(await get('/exec/default/web/app?command=sh&output=1')).toMatchObject({ status: 400, body: 'Upgrade request required\n' });
  });
});

describe('measurements', () => {
  it('/runningpods/ shows what the runtime runs', async () => {
    await start();
    expect(JSON.parse((await get('/runningpods/')).body)).toMatchObject({
      kind: 'PodList',
      items: [{ metadata: { name: 'web', namespace: 'default', uid: 'uid-web' }, spec: { containers: [{ name: 'app' }] } }],
    });
  });

  it('/stats/summary has node, pod and container measurements', async () => {
    await start();
    const summary = JSON.parse((await get('/stats/summary')).body) as { node: Record<string, unknown>; pods: Record<string, unknown>[] };
    expect(summary.node).toMatchObject({
      nodeName: 'node1',
      memory: { workingSetBytes: expect.any(Number) },
      fs: { capacityBytes: expect.any(Number) },
    });
    expect(summary.pods).toMatchObject([
      {
        podRef: { name: 'web', namespace: 'default', uid: 'uid-web' },
        containers: [{ name: 'app', cpu: { usageCoreNanoSeconds: expect.any(Number) }, memory: { workingSetBytes: expect.any(Number) } }],
      },
    ]);
    const light = JSON.parse((await get('/stats/summary?only_cpu_and_memory=true')).body) as { node: object };
    expect(Object.keys(light.node).sort()).toEqual(['cpu', 'memory', 'nodeName', 'startTime', 'swap']);
  });

  it('/stats/summary counts the layers of images, which CRI-O keeps beside the directory that it measures', async () => {
    await start({ imageFsPath: '/var/lib/containers/storage/overlay-images', images: [{ tags: ['app:1'], sizeBytes: 5_000_000 }] });
    const { node } = JSON.parse((await get('/stats/summary')).body) as { node: { runtime: { imageFs: { usedBytes: number } } } };
    expect(node.runtime.imageFs.usedBytes).toBeGreaterThanOrEqual(5_000_000 + 1);
  });

  it.each([
    [true, ['data']],
    [false, []],
  ])('/stats/summary tells what volumes occupy if they are to be measured: %s', async (measuresVolumes, names) => {
    await mkdir(join(logs, 'pods/uid-web/volumes/kubernetes.io~empty-dir/data'), { recursive: true });
    await start({}, pod('web'), { rootDirectory: logs, measuresVolumes });
    const { pods } = JSON.parse((await get('/stats/summary')).body) as { pods: { volume: readonly { name: string }[] }[] };
    expect(pods[0]?.volume.map(({ name }) => name)).toEqual(names);
  });

  it('/metrics/resource and /metrics/cadvisor carry container series', async () => {
    await start();
    const labels = '{container="app",namespace="default",pod="web"}';
    expect((await get('/metrics/resource')).body).toContain(`container_memory_working_set_bytes${labels}`);
    expect((await get('/metrics/cadvisor')).body).toContain(`container_cpu_usage_seconds_total${labels}`);
  });

  it('/stats/summary works on a runtime without pod stats', async () => {
    await start({ unimplemented: ['ListPodSandboxStats', 'ListMetricDescriptors', 'ListPodSandboxMetrics'] });
    expect(JSON.parse((await get('/stats/summary')).body)).toMatchObject({
      pods: [{ podRef: { name: 'web' }, containers: [{ name: 'app' }] }],
    });
  });

  it.each([
    ['has ended', 'UNKNOWN', 'sandbox container "2" is not in ready state'],
    ['vanishes meanwhile', 'NOT_FOUND', 'failed to get stats for sandbox "2": not found'],
  ] as const)(
    '/stats/summary tells of the pods that run although the runtime fails the list because of one that %s',
    async (_, code, message) => {
      await start();
      fake.fault({ method: 'ListPodSandboxStats', type: 'error', code, message });
      const ended = { metadata: { name: 'ended', namespace: 'default', uid: 'uid-ended' } };
      const { podSandboxId } = await test.cri.runtime.runPodSandbox({ config: ended });
      fake.fault({
        method: 'PodSandboxStats',
        type: 'error',
        code,
        message,
        when: (request) => (request as { readonly podSandboxId: string }).podSandboxId === podSandboxId,
      });
      const { pods } = JSON.parse((await get('/stats/summary')).body) as { pods: readonly object[] };
      expect(pods).toMatchObject([{ podRef: { name: 'web' }, network: { rxBytes: 1_000 }, containers: [{ name: 'app' }] }]);
    },
  );

  it('says what a runtime without checkpoints answers, as Go writes it', async () => {
    await start();
    const answer = await get('/checkpoint/default/web/app', 'POST');
    expect(answer).toMatchObject({
      status: 500,
      body: expect.stringMatching(/^checkpointing of default\/web\/app failed \(rpc error: code = Unimplemented desc = .+\)\n$/),
    });
  });

  it.each([
    ['/checkpoint/default/gone/app', 404, 'pod does not exist\n'],
    ['/checkpoint/default/web/gone', 404, 'container gone does not exist\n'],
    ['/checkpoint/default/web/app?timeout=soon', 404, 'cannot parse value of timeout parameter\n'],
  ])('refuses %s', async (path, status, body) => {
    await start();
    expect(await get(path, 'POST')).toMatchObject({ status, body });
  });

  it('says that a container which does not run has none', async () => {
    await start();
    fake.exitContainer('app', { exitCode: 0 });
    expect(await get('/checkpoint/default/web/app', 'POST')).toMatchObject({
      status: 500,
      body: 'checkpointing of default/web/app failed (container app not found)\n',
    });
  });
});
