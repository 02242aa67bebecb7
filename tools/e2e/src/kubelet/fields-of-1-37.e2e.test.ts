import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { grpcServer } from '../lifecycle/real-servers.js';
import { podManifest, SLEEP, script } from './manifests.js';
import { isRunning, startNode, type TestNode } from './node.js';

const GATES = [
  'AtomicWriteVolumeUserFields',
  'DefaultPodSysctls',
  'EmptyDirVolumeMode',
  'GRPCContainerProbeTLS',
  'H2CContainerProbe',
  'InPlacePodVerticalScalingMemoryBackedVolumes',
  'VolumeBindMountOptions',
];

let node: TestNode;
const h2c = createServer((request, response) => {
  response.writeHead(request.httpVersion === '2.0' ? 200 : 500);
  response.end();
});
beforeAll(async () => {
  await new Promise<void>((resolve) => h2c.listen(0, '127.0.0.1', resolve));
  node = await startNode({
    config: { featureGates: Object.fromEntries(GATES.map((gate) => [gate, true])), defaultPodSysctls: { 'kernel.msgmax': '4711' } },
  });
});
afterAll(async () => {
  h2c.close();
  const { bed } = node;
  await node[Symbol.asyncDispose]();
  expect(await bed.leaks()).toEqual([]);
});

const withVolume = (name: string, source: object, more: object = {}, container: object = {}, metadata: object = {}) =>
  podManifest(
    name,
    {
      ...more,
      volumes: [{ name: 'v', ...source }],
      containers: [script('app', SLEEP, { volumeMounts: [{ name: 'v', mountPath: '/v' }], ...container })],
    },
    metadata,
  );
const seen = async (name: string, command: string): Promise<string> => {
  await node.pod(name, isRunning);
  return (await node.exec(name, command)).trim();
};

describe('fields of Kubernetes 1.37 in real containers', () => {
  it('an emptyDir has its mode, on disk and in memory', async () => {
    await node.drop('disk.yaml', withVolume('disk', { emptyDir: { mode: 0o1750 } }));
    await node.drop('memory.yaml', withVolume('memory', { emptyDir: { mode: 0o711, medium: 'Memory' } }));
    expect(await seen('disk', 'stat -c %a /v')).toBe('1750');
    expect(await seen('memory', 'stat -c %a /v')).toBe('711');
  });

  it('files have the owners that they are given', async () => {
    const items = [
      { path: 'a', fieldRef: { fieldPath: 'metadata.name' } },
      { path: 'b', fieldRef: { fieldPath: 'metadata.uid' }, user: 1002 },
    ];
    await node.drop('owned.yaml', withVolume('owned', { downwardAPI: { defaultUser: 1001, items } }));
    expect(await seen('owned', 'stat -L -c %u /v/a /v/b')).toBe('1001\n1002');
  });

  it('every pod has the sysctls of the node, but one in the namespace of the host', async () => {
    await node.drop('own.yaml', podManifest('own', { containers: [script('app', SLEEP)] }));
    await node.drop('host.yaml', podManifest('host', { hostIPC: true, containers: [script('app', SLEEP)] }));
    expect(await seen('own', 'cat /proc/sys/kernel/msgmax')).toBe('4711');
    expect(await seen('host', 'cat /proc/sys/kernel/msgmax')).not.toBe('4711');
  });

  it('a volume in memory follows a resize of its pod, with its files', async () => {
    const uid = '7d7c5a10-0000-4000-8000-000000000137';
    const sized = (memory: string) =>
      withVolume('sized', { emptyDir: { medium: 'Memory' } }, {}, { resources: { limits: { cpu: '100m', memory } } }, { uid });
    const kibibytes = async () => Number((await node.exec('sized', "df -k /v | tail -1 | awk '{print $2}'")).trim());
    await node.drop('sized.yaml', sized('32Mi'));
    await node.pod('sized', isRunning);
    expect(await kibibytes()).toBe(32 * 1024);
    await node.exec('sized', 'echo kept > /v/file');
    await node.drop('sized.yaml', sized('64Mi'));
    await waitFor(async () => (await kibibytes()) === 64 * 1024, { what: 'a larger volume', timeoutMs: 60_000 });
    expect(await node.exec('sized', 'cat /v/file')).toBe('kept\n');
  });

  it('a probe by h2c makes a container ready, and one by HTTP/1.1 of the same server does not', async () => {
    const { port } = h2c.address() as AddressInfo;
    const probed = (name: string, protocol: string) =>
      podManifest(name, {
        containers: [script('app', SLEEP, { readinessProbe: { periodSeconds: 1, httpGet: { host: '127.0.0.1', port, protocol } } })],
      });
    await node.drop('two.yaml', probed('two', 'HTTP2'));
    await node.drop('one.yaml', probed('one', 'HTTP1'));
    const ready = (name: string) => node.pod(name, ({ status }) => status?.containerStatuses?.[0]?.ready === true);
    await ready('two');
    await node.event('one', 'Unhealthy');
    const one = await node.pod('one', ({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined);
    expect(one.status?.containerStatuses?.[0]?.ready).toBe(false);
  });

  it('a gRPC probe by TLS makes a container ready whose certificate nobody signed, and one in plain text does not', async () => {
    const [key, cert] = [join(node.bed.directory, 'grpc.key'), join(node.bed.directory, 'grpc.pem')];
    const options = ['-subj', '/CN=health', '-days', '2', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...options], { stdio: 'ignore' });
    const { container, volumes } = await grpcServer(node, 'app', { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') });
    const probed = (name: string, grpc: object) =>
      podManifest(name, {
        volumes,
        containers: [{ ...container, readinessProbe: { grpc: { port: 5002, ...grpc }, periodSeconds: 1, timeoutSeconds: 5 } }],
      });
    await node.drop('tls.yaml', probed('tls', { mode: 'TLS' }));
    await node.drop('plain.yaml', probed('plain', { mode: 'Plaintext' }));
    await node.pod('tls', ({ status }) => status?.containerStatuses?.[0]?.ready === true);
    await node.event('plain', 'Unhealthy');
    const plain = await node.pod('plain', ({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined);
    expect(plain.status?.containerStatuses?.[0]?.ready).toBe(false);
  });

  it('options of mounts keep a container from this runtime, which does not say that it knows them', async () => {
    const { features } = await node.bed.cri.runtime.status({});
    expect(features?.mountOptions ?? false).toBe(false);
    const container = { volumeMounts: [{ name: 'v', mountPath: '/v', bindMountOptions: ['noexec'] }] };
    await node.drop('mounted.yaml', withVolume('mounted', { emptyDir: {} }, {}, container));
    const waits = await node.pod(
      'mounted',
      ({ status }) => status?.containerStatuses?.[0]?.state?.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(waits.status?.containerStatuses?.[0]?.state?.waiting?.message).toContain('which the container runtime does not support');
    expect((await node.running()).has('mounted/app')).toBe(false);
  });
});
