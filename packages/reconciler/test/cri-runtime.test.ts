import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri, type FakeCri, type FakeCriOptions } from '@solo-kubelet/cri-client/testing';
import { createPodEnvironment } from '@solo-kubelet/pod-environment';
import { fakeCgroupTree, testNode } from '@solo-kubelet/pod-environment/testing';
import type { Pod } from '@solo-kubelet/pod-spec';
import { type PodUid, podUid, type RuntimePort, type StepReport } from '@solo-kubelet/reconciler';
import { type CriRuntimeOptions, criImages, criLogs, criRuntime, type NetworkHook } from '@solo-kubelet/reconciler/cri';
import { container, pod } from '@solo-kubelet/reconciler/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eventually } from './eventually.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const signal = new AbortController().signal;
const image = { tags: ['app:1'] };

const machine = async (
  options: FakeCriOptions = {},
  runtimeOptions: Partial<CriRuntimeOptions> = {},
  nodeOptions: Parameters<typeof testNode>[1] = {},
) => {
  const rootDir = await mkdtemp(join(tmpdir(), 'cri-runtime-'));
  const fake: FakeCri = await createFakeCri({ images: [image], ...options });
  const cri = createCriClient({ endpoint: fake.endpoint });
  cleanups.push(
    () => rm(rootDir, { recursive: true, force: true }),
    () => rm(`${rootDir}-logs`, { recursive: true, force: true }),
    () => fake.close(),
    () => cri.close(),
  );
  const environment = createPodEnvironment(testNode(rootDir, nodeOptions));
  const containerLogsDir = join(rootDir, 'containers');
  const runtime = criRuntime({ cri, environment, podLogsDir: `${rootDir}-logs`, containerLogsDir, ...runtimeOptions });
  const reports: StepReport[] = [];
  const o = { signal, report: (report: StepReport) => void reports.push(report) };
  /** Sandbox and one container of a pod, as the executor would start them. */
  const start = async (it: Pod, restartCount = 0) => {
    const sandbox = await runtime.createSandbox(it, 0, o);
    if (!sandbox.ok) return sandbox;
    const { podSandboxId, ips } = sandbox;
    return runtime.startContainer(
      { pod: it, container: it.spec.containers[0]!, restartCount, podSandboxId, sandboxAttempt: 0, podIps: ips },
      o,
    );
  };
  return { fake, cri, runtime, reports, o, start, rootDir, environment, containerLogsDir };
};
it('leaves no cgroup of a pod whose sandbox has stopped, and makes it again for the next one', async () => {
  const tree = fakeCgroupTree({ version: 2 });
  const { runtime, start, o } = await machine({}, {}, { cgroups: { version: 2, mountPoint: '/cg', tree } });
  const cgroup = '/cg/kubepods/besteffort/poduid-web';
  const sandbox = async () => (await runtime.inspect(podUid('uid-web'), { signal }))?.sandboxes[0]?.id ?? '';
  await start(pod('web'));
  expect(tree.directories.has(cgroup)).toBe(true);
  tree.files.set(`${cgroup}/cgroup.procs`, '4242\n');
  await runtime.stopSandbox(await sandbox(), o);
  expect([tree.directories.has(cgroup), tree.killed]).toEqual([true, []]);
  tree.files.set(`${cgroup}/cgroup.procs`, '');
  await runtime.stopSandbox(await sandbox(), o);
  expect(tree.directories.has(cgroup)).toBe(false);
  await runtime.createSandbox(pod('web'), 1, o);
  expect(tree.directories.has(cgroup)).toBe(true);
});

it('writes the host ports of a pod on its sandbox, and believes nobody else about them', async () => {
  const { runtime, o } = await machine();
  const ports = [
    { containerPort: 80, hostPort: 8080, protocol: 'TCP' },
    { containerPort: 81, protocol: 'TCP' },
  ] as const;
  const claims = { annotations: { 'solo-kubelet.dev/host-ports': '[{"containerPort":22,"hostPort":22}]' } };
  await runtime.createSandbox(pod('web', { containers: [container('app', { ports })] }, claims), 0, o);
  await runtime.createSandbox(pod('liar', {}, claims), 0, o);
  expect((await runtime.inspect(podUid('uid-web'), { signal }))?.sandboxes[0]?.hostPorts).toEqual([ports[0]]);
  expect((await runtime.inspect(podUid('uid-liar'), { signal }))?.sandboxes[0]).not.toHaveProperty('hostPorts');
});

const one = async (runtime: RuntimePort, uid = 'uid-web') => (await runtime.inspect(podUid(uid), { signal }))?.containers[0];

describe('what belongs to others', () => {
  it('is never listed: containers of a real kubelet, and of another owner', async () => {
    const { cri, runtime, start, fake } = await machine();
    await start(pod('web'));
    const metadata = { name: 'stranger', namespace: 'default', uid: 'stranger', attempt: 0 };
    const labels = { 'io.kubernetes.pod.uid': 'stranger', 'io.kubernetes.pod.name': 'stranger', 'io.kubernetes.pod.namespace': 'default' };
    await cri.runtime.runPodSandbox({ config: { metadata, labels } });
    await cri.runtime.runPodSandbox({
      config: { metadata: { ...metadata, uid: 'other' }, labels: { ...labels, 'solo-kubelet.dev/owner': 'other' } },
    });
    expect(fake.sandboxes).toHaveLength(3);
    expect([...(await runtime.list({ signal })).pods.keys()]).toEqual(['uid-web']);
  });
});

describe('a container', () => {
  it('keeps its logs when only it is to go', async () => {
    const { start, runtime, cri, fake } = await machine();
    await start(pod('web'));
    fake.writeLog('app', 'said\n');
    const containerId = (await one(runtime))!.id;
    const { status } = await cri.runtime.containerStatus({ containerId });
    const before = await readFile(status!.logPath, 'utf8');
    expect(before).toContain('said');
    await runtime.stopContainer(containerId, 1, { signal });
    await runtime.removeContainer(containerId, { signal, keepLogs: true });
    expect(await one(runtime)).toBeUndefined();
    expect(await readFile(status!.logPath, 'utf8')).toBe(before);
  });

  it('is created with what lets it be found and ended again', async () => {
    const { fake, start, runtime } = await machine();
    const preStop = { sleep: { seconds: 2 } };
    await start(pod('web', { terminationGracePeriodSeconds: 7, containers: [container('app', { lifecycle: { preStop } })] }), 4);
    const config = fake.containers[0]!.config;
    expect(config.labels).toMatchObject({
      'io.kubernetes.pod.uid': 'uid-web',
      'io.kubernetes.container.name': 'app',
      'solo-kubelet.dev/owner': 'default',
    });
    expect(config.metadata).toMatchObject({ name: 'app', attempt: 4 });
    expect(config.logPath).toBe('app/4.log');
    expect(await one(runtime)).toMatchObject({
      name: 'app',
      restartCount: 4,
      terminationGracePeriodSeconds: 7,
      preStop,
      state: 'running',
      runtimeName: 'containerd',
    });
  });

  it('whose end left a message has it, from its file or its log', async () => {
    const { fake, start, runtime } = await machine();
    await start(pod('web', { containers: [container('app', { terminationMessagePolicy: 'FallbackToLogsOnError' })] }));
    fake.writeLog('app', 'cannot open the door\n');
    fake.exitContainer('app', { exitCode: 1 });
    expect(await one(runtime)).toMatchObject({ state: 'exited', exitCode: 1, message: expect.stringContaining('cannot open the door') });
    const { start: startOther, fake: other, runtime: its } = await machine();
    await startOther(pod('web'));
    await writeFile(
      other.containers[0]!.config.mounts.find(({ containerPath }) => containerPath === '/dev/termination-log')!.hostPath,
      'bye',
    );
    other.exitContainer('app', { exitCode: 0 });
    expect((await one(its))?.message).toBe('bye');
  });

  it('that cannot be started says why, in Kubernetes’ word for it', async () => {
    const { start } = await machine({ containers: () => ({ startError: 'exec: "nope": not found' }) });
    expect(await start(pod('web'))).toMatchObject({
      ok: false,
      reason: 'RunContainerError',
      message: expect.stringContaining('not found'),
    });
    const { start: again, fake } = await machine();
    fake.fault({ method: 'CreateContainer', type: 'error', code: 'UNKNOWN', message: 'no space left' });
    expect(await again(pod('web'))).toMatchObject({
      ok: false,
      reason: 'CreateContainerError',
      message: expect.stringContaining('no space left'),
    });
  });

  it('has a link to its log, which goes with the pod', async () => {
    const { start, runtime, containerLogsDir, fake } = await machine();
    await start(pod('web'));
    await eventually(async () => expect(await readdir(containerLogsDir)).toEqual([`web_default_app-${fake.containers[0]!.id}.log`]));
    await runtime.stopSandbox(fake.sandboxes[0]!.id, { signal });
    await runtime.removeSandbox(fake.sandboxes[0]!.id, { signal });
    await runtime.cleanPod(podUid('uid-web'), { signal });
    expect(await readdir(containerLogsDir)).toEqual([]);
  });
});

describe('images', () => {
  it.each([
    ['a name that is none', 'Not A Name', 'IfNotPresent', 'InvalidImageName'],
    ['one that is absent and may not be pulled', 'other:1', 'Never', 'ErrImageNeverPull'],
    ['one that no registry has', 'other:1', 'IfNotPresent', 'ErrImagePull'],
  ])('%s', async (_what, name, imagePullPolicy, reason) => {
    const { start, reports } = await machine();
    expect(
      await start(pod('web', { containers: [container('app', { image: name, imagePullPolicy: imagePullPolicy as 'Never' })] })),
    ).toMatchObject({ ok: false, reason });
    expect(reports).toContainEqual(expect.objectContaining({ type: 'imageFailed', reason }));
  });

  it.each([
    ['pull access denied', 'ErrImagePull', 'pull access denied'],
    [
      'RegistryUnavailable: it is down',
      'RegistryUnavailable',
      'image pull failed for other:1 because the registry is unavailable: it is down',
    ],
    [
      'SignatureValidationFailed: no key',
      'SignatureValidationFailed',
      'image pull failed for other:1 because the signature validation failed: no key',
    ],
  ])('that fail with "%s" are told of in upstream’s words, in status and event', async (details, reason, message) => {
    const { start, reports, fake } = await machine();
    fake.fault({ method: 'PullImage', type: 'error', code: 'UNKNOWN', message: details });
    expect(await start(pod('web', { containers: [container('app', { image: 'other:1' })] }))).toMatchObject({ reason, message });
    expect(reports).toContainEqual(
      expect.objectContaining({ type: 'imageFailed', reason, message: `Failed to pull image "other:1": ${details}` }),
    );
  });

  it('back off from 10 s, for the pod and the image, and can be tried at once by hand', async () => {
    let nowMs = 1_000_000;
    const { start, runtime, fake } = await machine({}, { now: () => nowMs });
    const it = pod('web', { containers: [container('app', { image: 'other:1' })] });
    const again = async () => {
      const sandbox = fake.sandboxes[0]!.id;
      return runtime.startContainer(
        { pod: it, container: it.spec.containers[0]!, restartCount: 0, podSandboxId: sandbox, sandboxAttempt: 0, podIps: [] },
        { signal, report: () => {} },
      );
    };
    expect(await start(it)).toMatchObject({ reason: 'ErrImagePull' });
    nowMs += 9_000;
    expect(await again()).toMatchObject({
      reason: 'ImagePullBackOff',
      retryAtMs: 1_010_000,
      message: expect.stringContaining('Back-off pulling image "other:1"'),
    });
    nowMs += 1_000;
    expect(await again()).toMatchObject({ reason: 'ErrImagePull' });
    nowMs += 19_000;
    expect(await again()).toMatchObject({ reason: 'ImagePullBackOff' });
    runtime.forgetBackoff('uid-web' as PodUid);
    fake.publishImage({ tags: ['other:1'] });
    expect(await again()).toMatchObject({ ok: true });
  });

  it('are pulled no faster than allowed: one too many waits for its turn', async () => {
    const registry = ['a', 'b', 'c'].map((name) => ({ tags: [`${name}:1`] }));
    const { start, fake } = await machine({ registry }, { now: () => 1_000_000, pulls: { perSecond: 20, burst: 2 } });
    const begunMs = performance.now();
    for (const name of ['a', 'b', 'c']) {
      expect(await start(pod(name, { containers: [container('app', { image: `${name}:1` })] }))).toMatchObject({ ok: true });
    }
    expect(performance.now() - begunMs).toBeGreaterThan(49);
    expect(fake.calls.filter(({ method }) => method === 'PullImage')).toHaveLength(3);
  });

  it('are pulled with the credentials that fit, and nobody hears of these', async () => {
    const auth = { username: 'me', password: 's3cret' };
    const credentials = {
      lookup: async (repository: string) =>
        repository === 'docker.io/library/private' ? [{ username: 'me', password: 'wrong' }, auth] : [],
    };
    const { start, reports } = await machine({ registry: [{ tags: ['private:1'], auth }] }, { credentials });
    expect(await start(pod('web', { containers: [container('app', { image: 'private:1' })] }))).toMatchObject({ ok: true });
    expect(JSON.stringify(reports)).not.toMatch(/s3cret|wrong/);
    expect(reports.map(({ type }) => type)).toEqual(['imagePulling', 'imagePulled', 'containerCreated', 'containerStarted']);
  });

  it.each([
    [['public:1'], []],
    [[], ['FailedToRetrieveImagePullSecret']],
  ])('tell of Secrets that are not there only when the pull fails (registry: %j)', async (tags, told) => {
    const credentials = { lookup: async () => [], missing: () => ['gone'] };
    const { start, reports } = await machine({ registry: tags.map((tag) => ({ tags: [tag] })) }, { credentials });
    const spec = { imagePullSecrets: [{ name: 'gone' }], containers: [container('app', { image: 'public:1' })] };
    expect(await start(pod('web', spec))).toMatchObject({ ok: tags.length > 0 });
    expect(reports.flatMap((report) => (report.type === 'notice' ? [report.reason] : []))).toEqual(told);
  });

  it.each([32, 1_000])('may be pulled %s at a time', async (maxParallel) => {
    const registry = Array.from({ length: 40 }, (_, i) => ({ tags: [`image${i}:1`], pullsForMs: 60_000 }));
    const { runtime, fake, o } = await machine({ registry }, { pulls: { maxParallel } });
    const giveUp = new AbortController();
    const pulls = registry.map(({ tags: [image] }, i) =>
      runtime.pullImages(pod(`pod${i}`, { containers: [container('app', { image: image ?? '' })] }), { ...o, signal: giveUp.signal }),
    );
    await fake.called('PullImage', Math.min(40, maxParallel));
    giveUp.abort();
    await Promise.allSettled(pulls);
    expect(fake.calls.filter(({ method }) => method === 'PullImage')).toHaveLength(Math.min(40, maxParallel));
  });

  it('are pulled side by side up to the limit, and a pull can be given up', async () => {
    const registry = ['a', 'b', 'c'].map((name) => ({ tags: [`${name}:1`], pullsForMs: 60_000 }));
    const { runtime, fake, reports, o } = await machine({ registry }, { pulls: { maxParallel: 2 } });
    const giveUp = new AbortController();
    const pulls = ['a', 'b', 'c'].map((name) =>
      runtime.pullImages(pod(name, { containers: [container('app', { image: `${name}:1` })] }), { ...o, signal: giveUp.signal }),
    );
    await fake.called('PullImage', 2);
    expect(reports.filter(({ type }) => type === 'imagePulling')).toHaveLength(2);
    giveUp.abort();
    expect((await Promise.allSettled(pulls)).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(fake.calls.filter(({ method }) => method === 'PullImage')).toHaveLength(2);
  });
});

describe('a lost reply', () => {
  it.each([
    ['RunPodSandbox', { type: 'errorAfterEffect', code: 'UNAVAILABLE' }],
    ['RunPodSandbox', { type: 'dropAfterEffect' }],
    ['CreateContainer', { type: 'errorAfterEffect', code: 'DEADLINE_EXCEEDED' }],
    ['CreateContainer', { type: 'dropAfterEffect' }],
  ] as const)('of %s is made up for by looking (%j)', async (method, effect) => {
    const { fake, start } = await machine();
    fake.fault({ method, ...effect });
    expect(await start(pod('web'))).toMatchObject({ ok: true });
    expect(fake.sandboxes).toHaveLength(1);
    expect(fake.containers).toHaveLength(1);
  });
});

describe('hooks', () => {
  const hook = async (handler: object, options: FakeCriOptions = {}) => {
    const { runtime, fake, start } = await machine(options);
    await start(pod('web'));
    const input = {
      pod: pod('web'),
      podUid: podUid('uid-web'),
      containerName: 'app',
      containerId: fake.containers[0]!.id,
      handler,
      podIps: ['127.0.0.1'],
    };
    return runtime.runHook(input, { signal });
  };
  it('of exec succeed with exit code 0; else the end of what they wrote is told beside the message', async () => {
    expect(await hook({ exec: { command: ['true'] } })).toEqual({ ok: true });
    const result = await hook({ exec: { command: ['false'] } }, { exec: () => ({ exitCode: 3, stderr: 'password=1' }) });
    expect(result).toEqual({ ok: false, reason: 'HookFailed', message: "command 'false' exited with 3", output: 'password=1' });
    const long = await hook(
      { exec: { command: ['false'] } },
      { exec: () => ({ exitCode: 1, stdout: 'é'.repeat(500), stderr: 'the end\n' }) },
    );
    expect(long).toMatchObject({ output: expect.stringMatching(/^é+the end$/) });
    expect(Buffer.byteLength((long as { output: string }).output)).toBeLessThanOrEqual(256);
  });
  it('of httpGet succeed with any answer, and tcpSocket with a connection', async () => {
    const server = createServer((_request, response) => response.writeHead(500).end()).listen(0, '127.0.0.1');
    cleanups.push(async () => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await hook({ httpGet: { port, path: '/x', scheme: 'HTTP' } })).toEqual({ ok: true });
    expect(await hook({ tcpSocket: { port } })).toEqual({ ok: true });
    server.close();
    expect(await hook({ tcpSocket: { port: 'nameless' } })).toMatchObject({ ok: false, message: "couldn't find port: nameless" });
  });
  it('of httpGet ask as Kubernetes does, and follow a redirect within the host', async () => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      asked.push([request.url, request.headers.host]);
      if (request.url === '/moved') response.writeHead(302, { location: '/here' });
      response.end();
    }).listen(0, '127.0.0.1');
    cleanups.push(async () => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const httpHeaders = [
      { name: 'Host', value: 'first.example' },
      { name: 'Host', value: 'second.example' },
    ];
    for (const path of ['shutdown', '/stop now/é', '/moved'])
      expect(await hook({ httpGet: { port, path, httpHeaders } })).toEqual({ ok: true });
    expect(asked).toEqual(['/shutdown', '/stop%20now/%C3%A9', '/moved', '/here'].map((path) => [path, 'first.example']));
    expect(await hook({ httpGet: { port, httpHeaders: [{ name: 'X', value: 'a\nb' }] } })).toMatchObject({
      ok: false,
      message: `Get "http://127.0.0.1:${port}": net/http: invalid header field value for "X"`,
    });
  });
  it('of httpGet by HTTPS ask a server without TLS again by HTTP, without credentials', async () => {
    const asked: unknown[] = [];
    const server = createServer(({ url, headers }, response) => {
      asked.push([url, headers.authorization, headers['x-a']]);
      response.end();
    }).listen(0, '127.0.0.1');
    cleanups.push(async () => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const httpHeaders = [
      { name: 'authorization', value: 'Bearer secret' },
      { name: 'X-A', value: '1' },
    ];
    const result = await hook({ httpGet: { port, path: '/down', scheme: 'HTTPS', httpHeaders } });
    expect(result).toEqual({ ok: true, fellBackToHttp: `127.0.0.1:${port}` });
    expect(asked).toEqual([['/down', undefined, '1']]);
    server.close();
    expect(await hook({ httpGet: { port, path: '/down', scheme: 'HTTPS' } })).toMatchObject({ ok: false });
    expect(asked).toHaveLength(1);
  });
  it('of sleep wait, until given up', async () => {
    expect(await hook({ sleep: { seconds: 0 } })).toEqual({ ok: true });
    const { runtime } = await machine();
    const giveUp = new AbortController();
    const input = {
      pod: undefined,
      podUid: podUid('x'),
      containerName: 'app',
      containerId: 'x',
      handler: { sleep: { seconds: 1000 } },
      podIps: [],
    };
    const sleeping = runtime.runHook(input, { signal: giveUp.signal });
    giveUp.abort();
    expect(await sleeping).toMatchObject({ ok: false });
  });
});

it('tells of changes by pod, from the runtime’s own events', async () => {
  const { fake, runtime, start } = await machine();
  await start(pod('web'));
  await runtime.list({ signal });
  const stop = new AbortController();
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const change of runtime.changes!({ signal: stop.signal })) seen.push(change);
  })();
  await eventually(() => expect(seen).toContainEqual({ type: 'resync', reason: 'started', events: true }));
  fake.exitContainer('app', { exitCode: 1 });
  await eventually(() => expect(seen).toContainEqual({ type: 'pod', podUid: 'uid-web' }));
  stop.abort();
  await reading;
});

it('begins no pod that needs a network while there is none, but those on the host’s', async () => {
  const { fake, start } = await machine();
  fake.conditions.networkReady = false;
  expect(await start(pod('web'))).toMatchObject({
    ok: false,
    reason: 'NetworkNotReady',
    message: expect.stringMatching(/^network is not ready: container runtime network not ready: NetworkReady=false reason:\S+ message:/),
  });
  expect(fake.calls.filter(({ method }) => method === 'RunPodSandbox')).toEqual([]);
  expect(await start(pod('host', { hostNetwork: true }))).toMatchObject({ ok: true });
  fake.conditions.networkReady = true;
  expect(await start(pod('web'))).toMatchObject({ ok: true });
});

it('fetches the images of containers and of image volumes ahead, each once', async () => {
  const { fake, runtime } = await machine();
  const volumeMounts = [{ name: 'data', mountPath: '/data' }];
  const containers = [container('app', { image: 'app:9', volumeMounts }), container('twin', { image: 'app:9', volumeMounts })];
  const volumes = [
    { name: 'data', image: { reference: 'data:1' } },
    { name: 'unused', image: { reference: 'unused:1' } },
  ];
  await runtime.pullImages(pod('web', { containers, volumes }), { signal, report: () => {} });
  const pulled = fake.calls.filter(({ method }) => method === 'PullImage').map(({ request }) => JSON.stringify(request));
  expect(pulled).toHaveLength(2);
  expect(pulled.join()).toMatch(/app:9.*data:1|data:1.*app:9/);
});

it('gives further networks to a pod through the hook, and takes them back', async () => {
  const calls: string[] = [];
  const networkHook = {
    wants: () => true,
    annotationsOf: async () => ({ networks: 'camera' }),
    attach: async ({ netnsPath, podName }: { netnsPath: string; podName: string }) => {
      calls.push(`attach ${podName} ${netnsPath !== ''}`);
      return [];
    },
    detach: async () => void calls.push('detach'),
  };
  const { start, runtime, fake } = await machine({}, { networkHook });
  expect(await start(pod('web'))).toMatchObject({ ok: true });
  await runtime.stopSandbox(fake.sandboxes[0]!.id, { signal });
  expect(calls).toEqual(['attach web true', 'detach']);
});

describe('further networks', () => {
  const hook = (changes: Partial<NetworkHook> = {}): NetworkHook => ({
    wants: ({ networks }) => networks !== undefined,
    attach: async () => {},
    detach: async () => {},
    annotationsOf: async ({ ips }) => ({ status: `eth0 ${ips[0]}` }),
    ...changes,
  });
  const asking = pod('web', {}, { annotations: { networks: 'camera' } });
  const sandboxOf = async (runtime: RuntimePort) => (await runtime.inspect(podUid('uid-web'), { signal }))?.sandboxes[0];

  it('that cannot be attached take the sandbox with them, and say why', async () => {
    const attach = () => Promise.reject(new Error('no network camera'));
    const { runtime, o, fake } = await machine({}, { networkHook: hook({ attach }) });
    expect(await runtime.createSandbox(asking, 0, o)).toEqual({
      ok: false,
      reason: 'FailedCreatePodSandBox',
      message: 'no network camera',
    });
    expect(fake.sandboxes).toEqual([]);
    expect(await runtime.createSandbox(pod('web'), 0, o)).toMatchObject({ ok: true });
  });

  it('show in the annotations once they are all there, and are missed until then', async () => {
    let annotations: Record<string, string> | undefined;
    const { runtime, o } = await machine({}, { networkHook: hook({ annotationsOf: async () => annotations }) });
    await runtime.createSandbox(asking, 0, o);
    const missing = await sandboxOf(runtime);
    expect(missing).toMatchObject({ state: 'ready', networksMissing: true });
    expect(await sandboxOf(runtime)).toBe(missing);
    annotations = { status: 'all there' };
    expect(await sandboxOf(runtime)).toMatchObject({ annotations });
    expect(await sandboxOf(runtime)).not.toHaveProperty('networksMissing');
  });

  it('are no matter of pods that ask for none or use the host’s network', async () => {
    const attach = vi.fn(async () => {});
    const { runtime, o } = await machine({}, { networkHook: hook({ attach }) });
    await runtime.createSandbox(pod('web', { hostNetwork: true }, { annotations: { networks: 'camera' } }), 0, o);
    expect(attach).not.toHaveBeenCalled();
    const sandbox = await sandboxOf(runtime);
    expect(sandbox?.networksMissing ?? sandbox?.annotations).toBeUndefined();
  });
});

it('counts images that containers have mounted, and those that volumes of wanted pods name, as used', async () => {
  const images = ['app:1', 'mounted:1', 'wanted:1', 'unused:1'].map((tag) => ({ tags: [tag] }));
  const { cri, start } = await machine({ images });
  const volumeOf = (reference: string) => ({ name: 'model', image: { reference, pullPolicy: 'IfNotPresent' as const } });
  const mounting = { ...container('app', { image: 'app:1' }), volumeMounts: [{ name: 'model', mountPath: '/model' }] };
  await start(pod('web', { containers: [mounting], volumes: [volumeOf('mounted:1')] }));
  const wantedPods = async () => [pod('later', { volumes: [volumeOf('wanted:1')] })];
  const used = await criImages({ cri, wantedPods }).listUsed({ signal });
  const { images: listed } = await cri.images.listImages({});
  expect(listed.filter(({ id }) => !used.has(id)).map(({ repoTags }) => repoTags[0])).toEqual([expect.stringContaining('unused:1')]);
});

it('tells the housekeepers of images in use and of running logs', async () => {
  const { cri, start, fake } = await machine({ images: [image, { tags: ['unused:1'] }] });
  await start(pod('web'));
  const used = await criImages({ cri }).listUsed({ signal });
  expect(used.size).toBe(1);
  expect(await criImages({ cri }).filesystem({ signal })).toMatchObject({ capacityBytes: expect.toSatisfy((bytes: number) => bytes > 0) });
  const running = await criLogs({ cri }).listRunning({ signal });
  expect(running).toEqual([{ containerId: fake.containers[0]!.id, logPath: expect.stringMatching(/app\/0\.log$/) }]);
  await criLogs({ cri }).reopenLog(fake.containers[0]!.id, { signal });
});
