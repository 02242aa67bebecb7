import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCniInvoker, parseNetworkConfigList } from '@solo-kubelet/cni-invoker';
import { type CriClient, createCriClient } from '@solo-kubelet/cri-client';
import { createFakeCri, type FakeCri } from '@solo-kubelet/cri-client/testing';
import { createKubeletMetrics, createNodeApi, type NodeApi, type NodeView } from '@solo-kubelet/node-api';
import { type AnyProbeHandler, execHandler, httpGetHandler, tcpSocketHandler } from '@solo-kubelet/probe-engine';
import { grpcHandler } from '@solo-kubelet/probe-engine/grpc';
import { createPluginHost } from '@solo-kubelet/probe-engine/plugin';
import { probeTarget } from '@solo-kubelet/probe-engine/testing';
import { credentialPlugins } from '@solo-kubelet/reconciler/cri';
import { joinSignals, timeoutSignal } from '@solo-kubelet/timers';
import { firstValueFrom, from } from 'rxjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { growthOf, liveBytes, repeat } from './live-heap.js';

/** Calls of each kind, unless `HEAP_CALLS` says how many: `HEAP_CALLS=5000` takes about half an hour. */
const calls = (count: number): number => Number(process.env['HEAP_CALLS'] ?? count);
/** Scrapes of the simulated time: 8,640 are 24 hours, one each 10 s. */
const SCRAPES = Number(process.env['HEAP_SCRAPES'] ?? 240);
/** Most that one turn may leave behind, bytes. A listener that stays at a signal keeps some 6,000, an open stream 19,000. */
const MOST_BYTES = 1_500;

let directory: string;
let fake: FakeCri;
let cri: CriClient;
let api: NodeApi;
const servers: Server[] = [];

const PODS = 10;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'live-heap-'));
  fake = await createFakeCri({ images: [{ tags: ['app:1'] }] });
  cri = createCriClient({ endpoint: fake.endpoint });
  for (let index = 0; index < PODS; index += 1) await runPod(`web-${index}`);
  const none = { list: () => [], watch: async function* () {} };
  const view: NodeView = {
    nodeName: 'node1',
    pods: none,
    events: none,
    manifests: none,
    node: async () => ({ kind: 'Node', apiVersion: 'v1', metadata: { name: 'node1' } }),
    configuration: {},
    healthChecks: [],
    restartPod: () => false,
    podLogsDirectory: join(directory, 'logs'),
  };
  api = await createNodeApi({
    view,
    cri,
    metrics: createKubeletMetrics({
      nodeName: 'node1',
      counts: () => ({ desiredPods: PODS, runningPods: PODS, containers: { created: 0, running: PODS, exited: 0, unknown: 0 } }),
    }),
    address: '127.0.0.1',
    certificate: { certDirectory: join(directory, 'pki'), hostname: 'node1' },
    anonymous: false,
    authorization: 'Roles',
    rootDirectory: directory,
    socket: { path: join(directory, 'api.sock') },
  });
});
afterAll(async () => {
  for (const server of servers) server.close();
  await api[Symbol.asyncDispose]();
  await cri.close();
  await fake.close();
  await rm(directory, { recursive: true });
});

const runPod = async (name: string): Promise<void> => {
  const labels = { 'io.kubernetes.pod.name': name, 'io.kubernetes.pod.namespace': 'default', 'io.kubernetes.pod.uid': name };
  const sandboxConfig = {
    metadata: { name, namespace: 'default', uid: name, attempt: 0 },
    labels,
    logDirectory: join(directory, 'logs', name),
  };
  const { podSandboxId } = await cri.runtime.runPodSandbox({ config: sandboxConfig });
  const { containerId } = await cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig,
    config: {
      metadata: { name: 'app', attempt: 0 },
      image: { image: 'app:1' },
      labels: { ...labels, 'io.kubernetes.container.name': 'app' },
      logPath: 'app/0.log',
    },
  });
  await cri.runtime.startContainer({ containerId });
};

const get = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request({ socketPath: join(directory, 'api.sock'), path, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    })
      .once('error', reject)
      .end();
  });
const forget = (): void => fake.clearCalls();

const listen = async (server: Server): Promise<number> => {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};

/** Says by gRPC that it does not know the method: the way through channel and call is the same. */
const healthService = (): Server =>
  createHttp2Server().on('stream', (stream) => {
    stream.on('error', () => {}).resume();
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
  });

const program = async (name: string, script: string): Promise<void> => {
  await mkdir(join(directory, 'bin'), { recursive: true });
  await writeFile(join(directory, 'bin', name), `#!/bin/sh\n${script}\n`);
  await chmod(join(directory, 'bin', name), 0o755);
};

describe('what is left in the heap', { timeout: calls(0) > 0 ? 3_600_000 : 300_000 }, () => {
  it('by calls of the runtime under signals that live on', async () => {
    const { signal } = new AbortController();
    const call = async (): Promise<void> => {
      using joined = joinSignals([signal, new AbortController().signal, timeoutSignal(60_000)]);
      await cri.runtime.version({}, { signal: joined.signal });
    };
    expect(await growthOf(call, { count: calls(1_000), atOnce: 50, forget, enough: MOST_BYTES })).toBeLessThan(MOST_BYTES);
  });

  // Node's servers refuse a client that takes more than 1,000 streams back at once: of what is given up there is never more.
  it('by calls that are given up, in the turn they were made in or when they have arrived', async () => {
    fake.fault({ method: 'Version', type: 'hang', times: Number.POSITIVE_INFINITY });
    await using cri = createCriClient({ endpoint: fake.endpoint });
    const call = async (): Promise<void> => {
      const [early, late] = [new AbortController(), new AbortController()];
      // Settled from the start: the first is rejected while the second call is still on its way.
      const calls = Promise.allSettled([early, late].map(({ signal }) => cri.runtime.version({}, { signal })));
      early.abort('enough');
      await cri.runtime.status({});
      late.abort('enough');
      await calls;
    };
    const growth = await growthOf(call, { count: 300, atOnce: 50, forget, enough: 2 * MOST_BYTES });
    fake.clearFaults();
    expect(growth).toBeLessThan(2 * MOST_BYTES);
  });

  it('by requests that call the runtime', async () => {
    expect(await get('/runningpods/')).toBe(200);
    expect(await growthOf(() => get('/runningpods/'), { count: calls(500), atOnce: 20, forget, enough: MOST_BYTES })).toBeLessThan(
      MOST_BYTES,
    );
  });

  it('by changes that were followed as an Observable', async () => {
    await using cri = createCriClient({ endpoint: fake.endpoint });
    const follow = async (): Promise<void> => {
      const { type } = await firstValueFrom(from(cri.changes()));
      expect(type).toBe('resync');
      const ending = new AbortController();
      const following = from(cri.changes({ signal: ending.signal })).subscribe();
      await cri.runtime.version({});
      ending.abort();
      following.unsubscribe();
    };
    const ended = async (): Promise<void> => {
      forget();
      await expect.poll(() => fake.subscribers, { timeout: 20_000 }).toEqual({ containerd: 0, cri: 0 });
    };
    expect(await growthOf(follow, { count: 100, atOnce: 10, forget: ended, enough: 4 * MOST_BYTES })).toBeLessThan(4 * MOST_BYTES);
  });

  const probes: readonly (readonly [kind: string, handler: () => AnyProbeHandler, action: () => Promise<unknown>])[] = [
    [
      'exec',
      () =>
        execHandler(async (_, command, timeoutMs, signal) => {
          const [{ id: containerId = '' } = {}] = (await cri.runtime.listContainers({}, { signal })).containers;
          const timeout = BigInt(Math.ceil(timeoutMs / 1_000));
          return { type: 'exited', ...(await cri.runtime.execSync({ containerId, cmd: [...command], timeout }, { signal })) };
        }),
      async () => ({ command: ['true'] }),
    ],
    ['httpGet', httpGetHandler, async () => ({ path: '/', port: await listen(createHttpServer((_, response) => response.end('ok'))) })],
    [
      'tcpSocket',
      tcpSocketHandler,
      async () => ({
        port: await listen(
          createServer((socket) =>
            socket
              .on('error', () => {})
              .resume()
              .end(),
          ),
        ),
      }),
    ],
    ['grpc', grpcHandler, async () => ({ port: await listen(healthService()) })],
  ];

  it.each(probes)('by probes of the kind %s', async (_, handlerOf, actionOf) => {
    const [handler, action] = [handlerOf(), await actionOf()];
    const kubelet = new AbortController();
    const attempt = async (): Promise<void> => {
      using joined = joinSignals([kubelet.signal, timeoutSignal(5_000)]);
      const { result } = await firstValueFrom(from(handler.probe(action as never, probeTarget(), { signal: joined.signal })));
      expect(result).not.toBe('unknown');
    };
    expect(await growthOf(attempt, { count: calls(300), atOnce: 20, forget, enough: MOST_BYTES })).toBeLessThan(MOST_BYTES);
  });

  it('by probes of a plugin', async () => {
    const file = join(directory, 'plugin.mjs');
    await writeFile(
      file,
      "export default { field: 'always', validate: (a) => a, probe: async () => ({ result: 'success', output: '' }) };",
    );
    await using plugins = await createPluginHost({ packages: [file], resolveFrom: directory });
    const kubelet = new AbortController();
    const attempt = async (): Promise<void> => {
      using joined = joinSignals([kubelet.signal, timeoutSignal(5_000)]);
      const { result } = await firstValueFrom(from(plugins.handlers[0]!.probe({}, probeTarget(), { signal: joined.signal })));
      expect(result).toBe('success');
    };
    expect(await growthOf(attempt, { count: calls(400), atOnce: 20, enough: MOST_BYTES })).toBeLessThan(MOST_BYTES);
  });

  it('by runs of a CNI plugin', async () => {
    await program('silent', 'cat > /dev/null');
    const cni = createCniInvoker({ pluginDirs: [join(directory, 'bin')], cacheDir: join(directory, 'cache') });
    const list = parseNetworkConfigList(JSON.stringify({ cniVersion: '1.1.0', name: 'net', plugins: [{ type: 'silent' }] }));
    const { signal } = new AbortController();
    const run = () => cni.status(list, { signal });
    expect(await growthOf(run, { count: calls(60), atOnce: 4, enough: 2 * MOST_BYTES })).toBeLessThan(2 * MOST_BYTES);
  });

  it('by runs of a credential plugin', async () => {
    const answer = {
      kind: 'CredentialProviderResponse',
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      cacheKeyType: 'Image',
      auth: {},
    };
    await program('credentials', `cat > /dev/null; echo '${JSON.stringify(answer)}'`);
    const apiVersion = 'credentialprovider.kubelet.k8s.io/v1';
    const credentials = credentialPlugins({
      binDir: join(directory, 'bin'),
      env: process.env,
      providers: [{ name: 'credentials', matchImages: ['registry.example'], defaultCacheDurationMs: 0, apiVersion }],
      onFailure: ({ message }) => expect.fail(message),
    });
    const { signal } = new AbortController();
    const run = () => credentials.lookup('registry.example/app', { signal });
    expect(await growthOf(run, { count: calls(60), atOnce: 4, enough: 2 * MOST_BYTES })).toBeLessThan(2 * MOST_BYTES);
  });
});

const SCRAPED = ['/metrics', '/metrics/resource', '/metrics/cadvisor', '/stats/summary', '/pods', '/runningpods/'];

it(`has a flat heap while it is scraped ${SCRAPES} times, each 10 s of simulated time`, {
  timeout: Math.max(300_000, SCRAPES * 200),
}, async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  let turn = 0;
  const scrape = async (): Promise<void> => {
    vi.setSystemTime(Date.now() + 10_000);
    expect(await get(SCRAPED[turn++ % SCRAPED.length] ?? '')).toBe(200);
  };
  const seen: number[] = [];
  for (let quarter = 0; quarter < 4; quarter += 1) {
    await repeat(SCRAPES / 4, 1, scrape);
    forget();
    seen.push(await liveBytes());
  }
  vi.useRealTimers();
  // The first quarter fills caches and has code compiled; what every scrape leaves behind is in each of the others.
  const growths = seen.slice(1).map((bytes, index) => bytes - (seen[index] ?? 0));
  expect(Math.min(...growths)).toBeLessThan(Math.min(1_000_000, 500 * SCRAPES + 200_000) / growths.length);
});
