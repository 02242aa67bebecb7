import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { type RemoteCommandResult, runRemoteCommand, type StreamEndpoint } from '@solo-kubelet/cri-client/streaming';
import { createKubeletMetrics, createNodeApi, type NodeApi } from '@solo-kubelet/node-api';
import type { Pod } from '@solo-kubelet/pod-spec';
import { imageNames } from '@solo-kubelet-tools/images';
import { startTestbed, type Testbed } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forwardPort } from '../../../../packages/kubelet-cli/src/streaming/port-forward.js';

const POD: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', uid: 'uid-web' },
  spec: { containers: [{ name: 'app', image: imageNames.http }] },
};

let bed: Testbed;
let api: NodeApi;
let endpoint: StreamEndpoint;

beforeAll(async () => {
  bed = await startTestbed();
  const labels = { 'io.kubernetes.pod.name': 'web', 'io.kubernetes.pod.namespace': 'default', 'io.kubernetes.pod.uid': 'uid-web' };
  const config = {
    metadata: { name: 'web', namespace: 'default', uid: 'uid-web', attempt: 0 },
    labels,
    linux: { cgroupParent: `${bed.cgroupRoot}/web`, securityContext: { namespaceOptions: {} } },
    logDirectory: `${bed.podLogsDirectory}/default_web_uid-web`,
  };
  const { podSandboxId } = await bed.cri.runtime.runPodSandbox({ config });
  const { containerId } = await bed.cri.runtime.createContainer({
    podSandboxId,
    sandboxConfig: config,
    config: {
      metadata: { name: 'app', attempt: 0 },
      image: { image: imageNames.http },
      labels: { ...labels, 'io.kubernetes.container.name': 'app' },
      logPath: 'app/0.log',
      linux: {},
    },
  });
  await bed.cri.runtime.startContainer({ containerId });
  const list = <T>(items: readonly T[]) => ({ list: () => items, watch: async function* () {} });
  api = await createNodeApi({
    view: {
      nodeName: 'node1',
      pods: list([POD]),
      events: list([]),
      manifests: list([]),
      node: async () => ({}),
      configuration: {},
      healthChecks: [],
      restartPod: () => false,
      podLogsDirectory: bed.podLogsDirectory,
    },
    cri: bed.cri,
    metrics: createKubeletMetrics({
      nodeName: 'node1',
      counts: () => ({ desiredPods: 1, runningPods: 1, containers: { created: 0, running: 1, exited: 0, unknown: 0 } }),
    }),
    address: '127.0.0.1',
    socket: { path: `${bed.directory}/api.sock` },
    certificate: { certDirectory: `${bed.directory}/pki` },
    anonymous: false,
    authorization: 'Roles',
    rootDirectory: bed.rootDirectory,
  });
  endpoint = { protocol: 'http:', connection: { socketPath: `${bed.directory}/api.sock` } };
});
afterAll(async () => {
  await api?.[Symbol.asyncDispose]();
  await bed?.[Symbol.asyncDispose]();
});

const collect = (): { readonly stream: Writable; readonly bytes: () => Buffer } => {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
};

const exec = async (
  command: readonly string[],
  { stdin, tty = false }: { readonly stdin?: Readable; readonly tty?: boolean } = {},
): Promise<{ readonly result: RemoteCommandResult; readonly stdout: Buffer; readonly stderr: Buffer }> => {
  const [stdout, stderr] = [collect(), collect()];
  const flags = ['output', tty ? 'tty' : 'error', ...(stdin ? ['input'] : [])];
  const query = new URLSearchParams();
  for (const flag of flags) query.set(flag, '1');
  for (const word of command) query.append('command', word);
  const result = await runRemoteCommand({
    endpoint,
    path: `/exec/default/web/app?${query}`,
    ...(stdin ? { stdin } : {}),
    stdout: stdout.stream,
    stderr: stderr.stream,
    tty,
    signal: AbortSignal.timeout(60_000),
  });
  return { result, stdout: stdout.bytes(), stderr: stderr.bytes() };
};

describe('exec through the node API', () => {
  it('keeps the outputs apart and tells the exit code', async () => {
    const { result, stdout, stderr } = await exec(['sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect([result, stdout.toString(), stderr.toString()]).toEqual([{ type: 'exited', code: 7 }, 'out\n', 'err\n']);
  });

  it('ends the input, so that a filter comes to its end', async () => {
    const { result, stdout } = await exec(['wc', '-c'], { stdin: Readable.from([Buffer.from('12345')]) });
    expect([result, stdout.toString().trim()]).toEqual([{ type: 'exited', code: 0 }, '5']);
  });

  it('carries 100 MB both ways, byte for byte', async () => {
    const block = randomBytes(1 << 20);
    const want = createHash('sha256');
    const stdin = Readable.from(
      (function* () {
        for (let index = 0; index < 100; index += 1) {
          want.update(block);
          yield block;
        }
      })(),
    );
    const { result, stdout } = await exec(['cat'], { stdin });
    expect(result).toEqual({ type: 'exited', code: 0 });
    expect(stdout.length).toBe(100 << 20);
    expect(createHash('sha256').update(stdout).digest('hex')).toBe(want.digest('hex'));
  });

  it('says in the runtime’s words why a command cannot run', async () => {
    const { result } = await exec(['/no/such/program']);
    expect(result).not.toEqual({ type: 'exited', code: 0 });
  });

  it('refuses an unknown container before the upgrade', async () => {
    const query = 'output=1&command=id';
    const attempt = runRemoteCommand({
      endpoint,
      path: `/exec/default/web/nothing?${query}`,
      stdout: collect().stream,
      tty: false,
      signal: AbortSignal.timeout(10_000),
    });
    await expect(attempt).rejects.toMatchObject({ code: 'STREAM_REFUSED', message: 'container not found ("nothing")' });
  });
});

describe('port-forward through the node API', () => {
  it('carries 1,000 connections, 50 at a time', async () => {
    await using forward = await forwardPort({
      open: async () => ({ endpoint, path: '/portForward/default/web' }),
      localAddress: '127.0.0.1',
      localPort: 0,
      remotePort: 8080,
      signal: AbortSignal.timeout(170_000),
    });
    const once = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const chunks: Buffer[] = [];
        const socket = connect({ host: '127.0.0.1', port: forward.localPort }, () => socket.write('GET /cgi-bin/healthz HTTP/1.0\r\n\r\n'));
        socket.on('data', (chunk) => chunks.push(chunk));
        socket.on('error', reject);
        socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
      });
    let ok = 0;
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, once));
      ok += answers.filter((answer) => answer.endsWith('ok\n')).length;
    }
    expect(ok).toBe(1_000);
  });
});
