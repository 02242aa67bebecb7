import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeServices } from '@solo-kubelet/kubelet/networks';
import type { Ingress } from '@solo-kubelet/object-spec';
import { waitFor } from '@solo-kubelet-tools/testbed';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../api/free-port.js';
import { kubeletCli } from '../cli/command-line.js';
import { isRunning, startNode, type TestNode } from '../kubelet/node.js';
import { askProxy, openWebSocket, type ProxyReply, type ProxyRequest } from './ask-proxy.js';
import { lacksIngress } from './lacks-ingress.js';
import { tlsSecret } from './tls-secret.js';
import { server, service } from './web-server.js';

const PROXIES = ['haproxy', 'nginx'] as const;
const faults = await Promise.all(PROXIES.map(lacksIngress));
for (const fault of faults) if (fault !== undefined) console.log(`ingress.e2e.test.ts is skipped for a proxy: ${fault}`);

const ABORTABLE = { signal: new AbortController().signal };
const [httpPort = 0, httpsPort = 0] = await freePorts(2);
const FLAGS = [
  ...['--service-cluster-ip-range', '10.219.0.0/20', '--service-dns-address', 'off'],
  ...['--ingress-ports', `${httpPort},${httpsPort}`, '--ingress-addresses', '127.0.0.1'],
];

const to = (name: string) => ({ service: { name, port: { name: 'http' } } });
const path = (text: string, name: string, pathType = 'Prefix') => ({ path: text, pathType, backend: to(name) });
const ingress = (name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): object => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: { name, annotations },
  spec,
});

describe.each(PROXIES.filter((_, i) => faults[i] === undefined))('a kubelet with Ingresses by %s', (proxy) => {
  let node: TestNode;
  const flags = [...FLAGS, '--ingress-proxy', proxy];
  const proxyDirectory = (): string => join(node.bed.rootDirectory, 'ingress');
  beforeAll(async () => {
    node = await startNode({ flags });
  }, 300_000);
  afterAll(async () => {
    const { bed } = node;
    // Rules and proxy outlive a kubelet.
    await node.kubelet().end();
    await removeServices({ rootDirectory: bed.rootDirectory, ...ABORTABLE });
    await node[Symbol.asyncDispose]();
    expect(await bed.leaks()).toEqual([]);
  });

  const ask = (host: string, more: Partial<ProxyRequest> = {}): Promise<ProxyReply> => askProxy({ port: httpPort, host, ...more });
  const nameOf = ({ body }: ProxyReply): unknown => (JSON.parse(body) as { readonly name: unknown }).name;
  const ingresses = async (): Promise<readonly Ingress[]> =>
    (await node.api.listObjects(ABORTABLE)).filter(({ kind }) => kind === 'Ingress') as never;
  const statusOf = async (name: string): Promise<unknown> => (await ingresses()).find(({ metadata }) => metadata.name === name)?.status;
  const untilServed = (name: string): Promise<unknown> =>
    waitFor(async () => (JSON.stringify(await statusOf(name)) === '{"loadBalancer":{"ingress":[{"ip":"127.0.0.1"}]}}' ? true : undefined), {
      what: `Ingress ${name} to be served`,
      timeoutMs: 90_000,
    }).catch((cause: unknown) => {
      throw new Error(`it is not:\n${node.kubelet().log().slice(-4_000)}`, { cause });
    });
  const eventOf = (name: string, reason: string, text: string) =>
    waitFor(
      async () =>
        (await node.api.listEvents(ABORTABLE)).find(
          (event) =>
            event.involvedObject?.kind === 'Ingress' &&
            event.involvedObject.name === name &&
            event.reason === reason &&
            event.message?.includes(text),
        ),
      { what: `event ${reason} of ${name}`, timeoutMs: 60_000 },
    );
  /** Several times in a row: for a moment after it was told of a change, nginx' workers of before take connections as well. */
  const untilAnswered = (host: string, name: string, more: Partial<ProxyRequest> = {}, times = 5): Promise<unknown> => {
    let inARow = 0;
    return waitFor(
      async () => {
        const reply = await ask(host, more).catch(() => undefined);
        inARow = reply?.status === 200 && nameOf(reply) === name ? inARow + 1 : 0;
        return inARow >= times ? true : undefined;
      },
      { what: `${name} to answer for ${host}`, timeoutMs: 90_000, intervalMs: 100 },
    );
  };

  it('requests go where hosts and paths say, and the Ingress has the address and its events', async () => {
    await node.drop('web-a.yaml', server('web-a', 'web'));
    await node.drop('sso.yaml', server('sso', 'sso'));
    for (const name of ['web', 'sso']) await node.drop(`${name}-service.yaml`, service(name));
    await node.drop(
      'ingress.yaml',
      ingress('shop', { rules: [{ host: 'shop.example', http: { paths: [path('/', 'web'), path('/only', 'sso', 'Exact')] } }] }),
    );
    await node.pod('web-a', isRunning);
    await node.pod('sso', isRunning);
    await untilServed('shop');
    await untilAnswered('shop.example', 'web-a');
    await untilAnswered('shop.example', 'sso', { path: '/only' });
    expect(nameOf(await ask('shop.example', { path: '/only/more' }))).toBe('web-a');
    expect((await ask('other.example')).status).toBe(404);
    await eventOf('shop', 'Sync', `Served at 127.0.0.1, port ${httpPort}`);
  });

  it('get and describe show it, and how old it and its Services are', async () => {
    const cli = async (...argv: readonly string[]): Promise<string> =>
      (await kubeletCli([...argv, '--socket', join(node.bed.directory, 'kubelet.sock')])).stdout;
    expect(await cli('get', 'ingress')).toMatch(
      /^NAME +CLASS +HOSTS +ADDRESS +PORTS +AGE\nshop +\S+ +shop\.example +127\.0\.0\.1 +80 +[\dms]+\n$/,
    );
    for (const kind of ['services', 'endpointslices']) {
      const table = await cli('get', kind);
      expect(table).toMatch(/^web\S* +.* +[\dms]+$/m);
      expect(table).not.toContain('<unknown>');
    }
    const described = await cli('describe', 'ingress', 'shop');
    expect(described).toMatch(/Rules:\n +Host +Path +Type +Backend\n +shop\.example +\/ +Prefix +web:http\n +\/only +Exact +sso:http\n/);
    expect(described).toMatch(/Events:[\s\S]*Sync +.*Served at 127\.0\.0\.1/);
  });

  it('one of another class, or of none that there is, is left alone', async () => {
    const spec = { ingressClassName: 'nginx', defaultBackend: to('web') };
    await node.drop('others.yaml', ingress('others', spec));
    await waitFor(async () => (await statusOf('others')) !== undefined || undefined, { what: 'the other Ingress', timeoutMs: 60_000 });
    expect((await ask('anything.example')).status).toBe(404);
    expect(await statusOf('others')).toEqual({ loadBalancer: {} });
    // With a class that is this proxy's it is ours.
    await node.drop('class.yaml', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name: 'nginx' },
      spec: { controller: 'solo-kubelet.dev/ingress' },
    });
    await untilServed('others');
    await untilAnswered('anything.example', 'web-a');
    await node.remove('others.yaml');
    await node.remove('class.yaml');
  });

  it('TLS has the certificate of the Secret; where that is missing the Ingress hears so, and the CA of the node signs one', async () => {
    const tls = [
      { hosts: ['shop.example'], secretName: 'shop-tls' },
      { hosts: ['late.example'], secretName: 'late-tls' },
    ];
    const rules = ['shop.example', 'late.example'].map((host) => ({ host, http: { paths: [path('/', 'web')] } }));
    await node.drop('secret.yaml', await tlsSecret('shop-tls', 'default', ['shop.example', 'of-the-secret.example']));
    await node.drop('secure.yaml', ingress('secure', { tls, rules }, { 'nginx.ingress.kubernetes.io/ssl-redirect': 'true' }));
    await eventOf('secure', 'IngressCertificate', 'secret "default/late-tls" not found');
    await untilAnswered('shop.example', 'web-a', { port: httpsPort, tls: true });
    const shown = await ask('shop.example', { port: httpsPort, tls: true });
    expect(shown.certificate).toBe('DNS:shop.example, DNS:of-the-secret.example');
    const ca = await readFile(join(node.bed.rootDirectory, 'api', 'ca.crt'), 'utf8');
    expect(await ask('late.example', { port: httpsPort, tls: ca })).toMatchObject({ status: 200, certificate: 'DNS:late.example' });
    // Until then nginx' old workers answer, too, on the port that they have.
    await eventOf('secure', 'Sync', `ports ${httpPort}, ${httpsPort}`);
    expect(await ask('late.example', { path: '/a?b' })).toMatchObject({ status: 308, headers: { location: 'https://late.example/a?b' } });
    await node.remove('secure.yaml');
  });

  it('another server is asked for leave first', async () => {
    const annotations = {
      'nginx.ingress.kubernetes.io/auth-url': 'http://sso.default.svc.cluster.local/verify',
      'nginx.ingress.kubernetes.io/auth-signin': 'https://$host/oauth2/start?rd=$escaped_request_uri',
      'nginx.ingress.kubernetes.io/auth-response-headers': 'X-Auth-Request-User',
    };
    await node.drop('cnc.yaml', ingress('cnc', { rules: [{ host: 'cnc.example', http: { paths: [path('/', 'web')] } }] }, annotations));
    const headers = { cookie: 'session=good', 'x-auth-request-user': 'mallory' };
    await untilAnswered('cnc.example', 'web-a', { headers });
    expect(JSON.parse((await ask('cnc.example', { headers })).body)).toMatchObject({ headers: { 'x-auth-request-user': 'ada' } });
    const sent = await ask('cnc.example', { path: '/job' });
    expect(sent.status).toBe(302);
    // A slash is the same in a query whether it is escaped or not.
    expect(sent.headers.location?.replaceAll('%2F', '/')).toBe('https://cnc.example/oauth2/start?rd=/job');
  });

  it('changes of servers and routes, and kubelets that end in any way, fail no request and close no WebSocket', async () => {
    using socket = await openWebSocket({ port: httpPort, host: 'shop.example', path: '/spindle' });
    let done = false;
    let answered = 0;
    const failures: unknown[] = [];
    const client = async (): Promise<void> => {
      while (!done) {
        const status = await ask('shop.example').then(
          (reply) => reply.status,
          (error: unknown) => error,
        );
        if (status !== 200) failures.push(status);
        answered += 1;
      }
    };
    const clients = [client(), client()];
    await node.drop('web-b.yaml', server('web-b', 'web'));
    await node.pod('web-b', isRunning);
    await untilAnswered('shop.example', 'web-b', {}, 1);
    await node.drop('more.yaml', ingress('more', { rules: [{ host: 'more.example', http: { paths: [path('/', 'web')] } }] }));
    await untilServed('more');
    await node.restartKubelet('SIGKILL', async () => {
      for (let i = 0; i < 20; i++) expect((await ask('more.example')).status).toBe(200);
    });
    await untilServed('more');
    await node.restartKubelet('SIGTERM');
    await untilServed('more');
    await node.remove('more.yaml');
    await waitFor(async () => ((await ask('more.example')).status === 404 ? true : undefined), {
      what: 'the route to go',
      timeoutMs: 90_000,
    });
    done = true;
    await Promise.all(clients);
    expect(failures).toEqual([]);
    expect(answered).toBeGreaterThan(50);
    expect(socket.isClosed()).toBe(false);
    socket.write('still there');
    await waitFor(async () => socket.said().includes('still there') || undefined, { what: 'an echo', timeoutMs: 30_000 });
  });

  it('without an Ingress nothing listens, and where they are off one says how to turn them on', async () => {
    await node.remove('ingress.yaml');
    await node.remove('cnc.yaml');
    await waitFor(
      () =>
        ask('shop.example').then(
          () => undefined,
          () => true as const,
        ),
      { what: 'the port to be free', timeoutMs: 90_000 },
    );
    await node.drop('again.yaml', ingress('again', { defaultBackend: to('web') }));
    await untilServed('again');
    flags.push('--ingress-proxy', 'off');
    await node.restartKubelet();
    await waitFor(async () => (node.kubelet().log().includes('the kubelet flag --ingress-proxy is off') ? true : undefined), {
      what: 'the refusal',
      timeoutMs: 60_000,
    });
    await expect(ask('shop.example')).rejects.toThrow('ECONNREFUSED');
    await expect(readdir(proxyDirectory())).rejects.toThrow('ENOENT');
  });
});
