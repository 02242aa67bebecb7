import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { ApiObject, Condition, Gateway, HTTPRoute } from '@solo-kubelet/object-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { type ApiNode, kubectlPrograms, openKubectl, startApiNode } from '../api/kubectl.js';
import { parsePrometheusText } from '../api/prometheus-text.js';
import { kubeletCli } from '../cli/command-line.js';
import { isRunning, type TestNode } from '../kubelet/node.js';
import { askProxy, openWebSocket, type ProxyReply, type ProxyRequest } from './ask-proxy.js';
import { lacksIngress } from './lacks-ingress.js';
import { tlsSecret } from './tls-secret.js';
import { server, service } from './web-server.js';

const fault = await lacksIngress();
if (fault !== undefined) console.log(`gateways.e2e.test.ts is skipped: ${fault}`);

const ABORTABLE = { signal: new AbortController().signal };
const [ingressHttp = 0, ingressHttps = 0, port = 0, tlsPort = 0] = await freePorts(4);
const FLAGS = [
  ...['--service-cluster-ip-range', '10.217.0.0/20', '--service-dns-address', 'off'],
  ...['--ingress-ports', `${ingressHttp},${ingressHttps}`, '--ingress-addresses', '127.0.0.1'],
];

const GROUP = 'gateway.networking.k8s.io';
const object = (kind: string, name: string, spec: object, namespace = 'default', version = 'v1'): object => ({
  apiVersion: `${GROUP}/${version}`,
  kind,
  metadata: { name, ...(kind !== 'GatewayClass' && { namespace }) },
  spec,
});
const to = (name: string, more: object = {}) => ({ name, port: 80, ...more });
const gateway = (more: readonly object[] = []): object =>
  object('Gateway', 'edge', {
    gatewayClassName: 'solo',
    listeners: [{ name: 'http', port, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }, ...more],
  });
const route = (name: string, spec: object, namespace = 'default'): object =>
  object('HTTPRoute', name, { parentRefs: [{ name: 'edge', namespace: 'default' }], ...spec }, namespace);

describe.skipIf(fault !== undefined)('a kubelet with Gateways', () => {
  let api: ApiNode;
  let node: TestNode;
  beforeAll(async () => {
    api = await startApiNode(FLAGS);
    ({ node } = api);
  }, 300_000);
  afterAll(() => api[Symbol.asyncDispose]());

  const ask = (host: string, more: Partial<ProxyRequest> = {}): Promise<ProxyReply> => askProxy({ port, host, ...more });
  const nameOf = ({ body }: ProxyReply): unknown => (JSON.parse(body) as { readonly name: unknown }).name;
  const find = async <T extends ApiObject>(kind: T['kind'], name: string): Promise<T | undefined> =>
    (await node.api.listObjects(ABORTABLE)).find((each) => each.kind === kind && each.metadata.name === name) as T | undefined;
  const shows = (conditions: readonly Condition[] | undefined, expected: string): boolean =>
    conditions?.some(({ type, status, reason }) => `${type}=${status} ${reason}` === expected) === true;
  const untilGateway = (expected: string, listener?: string): Promise<unknown> =>
    waitFor(
      async () => {
        const status = (await find<Gateway & ApiObject>('Gateway', 'edge'))?.status;
        const conditions =
          listener === undefined ? status?.conditions : status?.listeners?.find(({ name }) => name === listener)?.conditions;
        return shows(conditions, expected) || undefined;
      },
      { what: `Gateway edge ${listener ?? ''} to have ${expected}`, timeoutMs: 90_000 },
    ).catch((cause: unknown) => {
      throw new Error(`it has not:\n${node.kubelet().log().slice(-4_000)}`, { cause });
    });
  const untilRoute = (name: string, expected: string): Promise<unknown> =>
    waitFor(
      async () =>
        shows(
          (await find<HTTPRoute & ApiObject>('HTTPRoute', name))?.status?.parents.flatMap(({ conditions = [] }) => conditions),
          expected,
        ) || undefined,
      { what: `HTTPRoute ${name} to have ${expected}`, timeoutMs: 90_000 },
    );
  const untilAnswered = (host: string, name: string, more: Partial<ProxyRequest> = {}): Promise<unknown> =>
    waitFor(
      async () => {
        const reply = await ask(host, more).catch(() => undefined);
        return (reply?.status === 200 && nameOf(reply) === name) || undefined;
      },
      { what: `${name} to answer for ${host}`, timeoutMs: 90_000 },
    );

  it('requests go where hosts, paths, headers and weights say', async () => {
    for (const name of ['web', 'api']) {
      await node.drop(`${name}.yaml`, server(`${name}-a`, name));
      await node.drop(`${name}-service.yaml`, service(name));
    }
    await node.drop('class.yaml', object('GatewayClass', 'solo', { controllerName: 'solo-kubelet.dev/gateway' }));
    await node.drop('gateway.yaml', gateway());
    await node.drop(
      'route.yaml',
      route('shop', {
        hostnames: ['shop.example'],
        rules: [
          { backendRefs: [to('web')] },
          {
            matches: [{ path: { value: '/api' }, headers: [{ name: 'X-Env', value: 'test' }] }],
            backendRefs: [to('api'), to('web', { weight: 0 })],
          },
          {
            matches: [{ path: { value: '/old' } }],
            filters: [{ type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' } } }],
          },
        ],
      }),
    );
    for (const name of ['web-a', 'api-a']) await node.pod(name, isRunning);
    await untilGateway('Programmed=True Programmed');
    await untilRoute('shop', 'Accepted=True Accepted');
    await untilAnswered('shop.example', 'web-a');
    await untilAnswered('shop.example', 'api-a', { path: '/api/x', headers: { 'x-env': 'test' } });
    expect(nameOf(await ask('shop.example', { path: '/api/x' }))).toBe('web-a');
    expect((await ask('other.example')).status).toBe(404);
    expect(await ask('shop.example', { path: '/old/x' })).toMatchObject({
      status: 302,
      headers: { location: `http://shop.example:${port}/new/x` },
    });
    using socket = await openWebSocket({ port, host: 'shop.example', path: '/spindle' });
    socket.write('hello');
    await waitFor(async () => socket.said().includes('hello') || undefined, { what: 'an echo', timeoutMs: 30_000 });
    const { status } = (await find<Gateway & ApiObject>('Gateway', 'edge')) ?? {};
    expect(status).toMatchObject({
      addresses: [{ type: 'IPAddress', value: '127.0.0.1' }],
      listeners: [{ name: 'http', attachedRoutes: 1 }],
    });
  });

  it('get, describe and kubectl show them', async () => {
    const cli = async (...argv: readonly string[]): Promise<string> =>
      (await kubeletCli([...argv, '--socket', join(node.bed.directory, 'kubelet.sock')])).stdout;
    expect(await cli('get', 'gateway')).toMatch(/^NAME +CLASS +ADDRESS +PROGRAMMED +AGE\nedge +solo +127\.0\.0\.1 +True +[\dms]+\n$/);
    expect(await cli('get', 'httproutes')).toMatch(/^NAME +HOSTNAMES +AGE\nshop +\["shop\.example"\] +[\dms]+\n$/);
    expect(await cli('describe', 'httproute', 'shop')).toContain('shop.example');
    for (const program of kubectlPrograms) {
      const kubectl = await openKubectl(program, api.kubeconfig, node.bed.directory);
      expect((await kubectl.run('get', 'gtw', 'edge')).stdout).toMatch(/edge +solo +127\.0\.0\.1 +True/);
      expect((await kubectl.run('get', 'gatewayclass,gateways,httproutes,referencegrants', '-A', '-o', 'name')).stdout).toBe(
        `gatewayclass.${GROUP}/solo\ngateway.${GROUP}/edge\nhttproute.${GROUP}/shop\n`,
      );
      expect((await kubectl.run('describe', 'httproute', 'shop')).stdout).toMatch(/Controller Name: +solo-kubelet\.dev\/gateway/);
      expect((await kubectl.run('explain', 'httproute.spec.rules.backendRefs.weight')).stdout).toContain('share');
      await kubectl.run('annotate', 'httproute', 'shop', 'note=kept');
      const wait = ['wait', '--for=condition=Programmed', 'gateway/edge', '--timeout=60s'];
      expect((await kubectl.run(...wait)).stdout).toContain('condition met');
    }
  });

  it('metrics tell of rules, and of the proxy and its ports', async () => {
    const text = await new Promise<string>((resolve, reject) => {
      get({ socketPath: join(node.bed.directory, 'kubelet.sock'), path: '/metrics' }, (answer: IncomingMessage) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          body += part;
        });
        answer.on('end', () => resolve(body));
      }).on('error', reject);
    });
    const families = parsePrometheusText(text);
    const metric = (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
      [...families.values()]
        .flatMap(({ samples }) => samples)
        .find((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))?.value;
    expect(metric('kubeproxy_sync_proxy_rules_duration_seconds_count')).toBeGreaterThan(0);
    expect(metric('kubeproxy_sync_proxy_rules_last_timestamp_seconds')).toBeGreaterThan(1_000_000_000);
    expect(metric('solo_kubelet_service_network_services')).toBe(2);
    expect(metric('solo_kubelet_service_network_rules', { ip_family: 'IPv4' })).toBeGreaterThan(0);
    expect(metric('solo_kubelet_ingress_proxy_updates_total', { result: 'started' })).toBe(1);
    expect(metric('solo_kubelet_ingress_proxy_listening', { port: String(port) })).toBe(1);
  });

  it('TLS has the certificate of a Secret, of another namespace only with a ReferenceGrant', async () => {
    await node.drop('secret.yaml', await tlsSecret('shop-tls', 'vault', ['*.shop.example']));
    const tls = { certificateRefs: [{ name: 'shop-tls', namespace: 'vault' }] };
    await node.drop('gateway.yaml', gateway([{ name: 'https', port: tlsPort, protocol: 'HTTPS', hostname: '*.shop.example', tls }]));
    await untilGateway('ResolvedRefs=False RefNotPermitted', 'https');
    await untilGateway('Programmed=False Invalid', 'https');
    await expect(ask('a.shop.example', { port: tlsPort, tls: true })).rejects.toThrow('ECONNREFUSED');
    const from = [{ group: GROUP, kind: 'Gateway', namespace: 'default' }];
    await node.drop('grant.yaml', object('ReferenceGrant', 'tls', { from, to: [{ group: '', kind: 'Secret' }] }, 'vault', 'v1beta1'));
    await untilGateway('Programmed=True Programmed', 'https');
    await node.drop('deep.yaml', route('deep', { hostnames: ['*.shop.example'], rules: [{ backendRefs: [to('api')] }] }));
    await untilAnswered('a.shop.example', 'api-a', { port: tlsPort, tls: true });
    expect(await ask('a.shop.example', { port: tlsPort, tls: true })).toMatchObject({ certificate: 'DNS:*.shop.example' });
    await node.remove('deep.yaml');
  });

  it('what cannot be done is told in the status and by events, and the rest works', async () => {
    await node.drop(
      'odd.yaml',
      route('odd', {
        hostnames: ['odd.example'],
        rules: [
          { backendRefs: [to('nobody')] },
          { matches: [{ path: { value: '/fine' } }], backendRefs: [to('web')] },
          { matches: [{ path: { type: 'RegularExpression', value: '/v[0-9]+' } }], backendRefs: [to('web')] },
        ],
      }),
    );
    await untilRoute('odd', 'PartiallyInvalid=True UnsupportedValue');
    await untilRoute('odd', 'ResolvedRefs=False BackendNotFound');
    await untilAnswered('odd.example', 'web-a', { path: '/fine' });
    expect((await ask('odd.example')).status).toBe(500);
    await waitFor(
      async () =>
        (await node.api.listEvents(ABORTABLE)).find(
          ({ involvedObject, reason, message }) =>
            involvedObject?.kind === 'HTTPRoute' && reason === 'BackendNotFound' && message === 'service "default/nobody" not found',
        ),
      { what: 'the event', timeoutMs: 60_000 },
    );
    await node.drop('wrong.yaml', route('wrong', { rules: [{ filters: [{ type: 'URLRewrite' }] }] }));
    await waitFor(
      async () => node.kubelet().log().includes('filter.urlRewrite must be specified for URLRewrite filter.type') || undefined,
      { what: 'the refusal', timeoutMs: 60_000 },
    );
    await node.remove('wrong.yaml');
  });

  it('a kubelet that is killed takes it over, and without Gateways nothing listens', async () => {
    const before = (await find<Gateway & ApiObject>('Gateway', 'edge'))?.status?.conditions?.length;
    await node.restartKubelet('SIGKILL', async () => {
      for (let i = 0; i < 20; i++) expect((await ask('shop.example')).status).toBe(200);
    });
    await untilGateway('Programmed=True Programmed');
    expect((await find<Gateway & ApiObject>('Gateway', 'edge'))?.status?.conditions?.length).toBe(before);
    await node.remove('gateway.yaml');
    await waitFor(
      () =>
        ask('shop.example').then(
          () => undefined,
          () => true as const,
        ),
      { what: 'the port to be free', timeoutMs: 90_000 },
    );
    await waitFor(async () => (await find<HTTPRoute & ApiObject>('HTTPRoute', 'shop'))?.status?.parents.length === 0 || undefined, {
      what: 'a route without parents',
      timeoutMs: 60_000,
    });
  });
});
