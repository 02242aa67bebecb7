import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Ingress } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { nginxConfiguration } from '../src/core/nginx/nginx-files.js';
import type { RouteTable } from '../src/index.js';
import { nameServersIn } from '../src/nginx/render-nginx.js';
import { computeWorld, gateway, httpRoute } from './gateway-objects.js';
import { computeOf, installedProxies } from './started-proxy.js';

const PREFIX = 'nginx.ingress.kubernetes.io/';
const guarded = (annotations: Record<string, string>): Ingress => ({
  metadata: {
    name: 'web',
    namespace: 'shop',
    annotations: Object.fromEntries(Object.entries(annotations).map(([name, value]) => [PREFIX + name, value])),
  },
  spec: {
    rules: [
      {
        host: 'a.example',
        http: { paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { number: 80 } } } }] },
      },
    ],
  },
});
const ingressTable = (annotations: Record<string, string>) =>
  computeOf({ ingresses: [guarded(annotations)], servers: { web: [8_000] }, proxy: 'nginx' });
const ruleTable = (rule: object) =>
  computeWorld({
    proxy: 'nginx',
    gateways: [gateway([{ name: 'http', port: 20_081, protocol: 'HTTP' }])],
    servers: { web: [8_000] },
    routes: [httpRoute({ rules: [{ backendRefs: [{ name: 'web', port: 80 }], ...rule }] })],
  });
const modifier = (type: 'RequestHeaderModifier' | 'ResponseHeaderModifier', changes: object) => ({
  filters: [{ type, [`${type.charAt(0).toLowerCase()}${type.slice(1)}`]: changes }],
});
const url = 'http://auth.example/';
const long = 'x'.repeat(4_096);
const [half] = [long.slice(0, 2_000)];

/** What nginx says against a table. */
const complaint = async (table: RouteTable): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), 'ngx-'));
  try {
    await mkdir(join(directory, 'temporary'));
    const file = join(directory, 'nginx.conf');
    const configuration = nginxConfiguration(table, {
      ...{ directory, statusSocket: join(directory, 's'), generationDirectory: directory, generation: 1 },
      ...{ addresses: ['127.0.0.1'], resolvers: nameServersIn('nameserver fe80::1%eth0\nnameserver ::1\n'), certificates: [] },
      ...{ httpPort: 20_080, httpsPort: 20_443 },
    });
    await writeFile(file, configuration, 'latin1');
    return await promisify(execFile)('nginx', ['-t', '-q', '-e', 'stderr', '-p', `${directory}/`, '-c', file]).then(
      () => '',
      (error: { stderr: string }) => error.stderr,
    );
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

describe.skipIf(!installedProxies.includes('nginx'))('nginx takes', { timeout: 60_000 }, () => {
  it.each<[string, { readonly table: RouteTable; readonly problems: readonly object[] }]>([
    ['a server of auth-url that no name server knows', ingressTable({ 'auth-url': 'http://no.such.host.invalid/x' })],
    [
      'a sign-in page with as many variables that are none as it may have',
      ingressTable({ 'auth-url': url, 'auth-signin': `${url}${'/$a'.repeat(600)}` }),
    ],
    [
      'a sign-in page with as many variables as it may have',
      ingressTable({ 'auth-url': url, 'auth-signin': `${url}${'$scheme!'.repeat(240)}` }),
    ],
    ['a long value of a header that is set', ruleTable(modifier('RequestHeaderModifier', { set: [{ name: 'X-A', value: long }] }))],
    ['a long value of a header of the answer', ruleTable(modifier('ResponseHeaderModifier', { add: [{ name: 'X-A', value: long }] }))],
    [
      'a header that is set, and added to',
      ruleTable(modifier('RequestHeaderModifier', { set: [{ name: 'X-A', value: half }], add: [{ name: 'X-A', value: half }] })),
    ],
    ['a long value of a header that is compared', ruleTable({ matches: [{ headers: [{ name: 'x-a', value: long }] }] })],
  ])('%s', async (_, { table, problems }) => {
    expect(problems).toEqual([]);
    expect(await complaint(table)).toBe('');
  });

  it('an Ingress whose header is too long for a server of HTTP/2, and whoever asks is refused, which it hears', async () => {
    const name = `X-${'u'.repeat(80)}`;
    const { table, problems } = ingressTable({ 'auth-url': url, 'auth-response-headers': name, 'backend-protocol': 'GRPC' });
    expect(problems).toEqual([
      {
        ingress: 'shop/web',
        reason: 'IngressAnnotation',
        message: `annotation auth-response-headers: nginx can't give ${name}, which is that long, to a server of HTTP/2; every request to it is refused`,
      },
    ]);
    expect(await complaint(table)).toBe('');
  });
});

it('more headers of an answer than each path has room for are none, and nobody passes', () => {
  const names = Array.from({ length: 65 }, (_, i) => `X-${i}`).join();
  const { table, problems } = ingressTable({ 'auth-url': url, 'auth-response-headers': names });
  expect(problems).toMatchObject([{ message: 'annotation auth-response-headers: 65 names are more than 64; every request is refused' }]);
  expect(table.routes[0]?.auth?.url).toBe('http://127.0.0.1:1/');
});

it('name servers of one interface are left out: nginx has no word for them', () => {
  expect(nameServersIn('# x\nnameserver fe80::1%eth0\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver x\n')).toEqual([
    '192.0.2.1',
    '2001:db8::1',
  ]);
});
