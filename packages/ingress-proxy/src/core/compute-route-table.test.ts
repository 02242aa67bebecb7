import type { EndpointSlice, Ingress, IngressSpec, Secret, Service } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import { computeRouteTable, type RouteTableInput } from './compute-route-table.js';
import { matchRoute } from './match-route.js';

const service = (name: string, ports = [{ name: 'http', port: 80 }]): Service => ({
  metadata: { name, namespace: 'shop' },
  spec: { ports },
});
const slice = (name: string, addresses: readonly string[], part: Partial<EndpointSlice> = {}): EndpointSlice => ({
  metadata: { name: `${name}-1`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address] })),
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  ...part,
});
const ingress = (name: string, spec: IngressSpec, annotations: Record<string, string> = {}): Ingress => ({
  metadata: { name, namespace: 'shop', annotations },
  spec,
});
const to = (name: string, port: number | string = 80) => ({
  service: { name, port: typeof port === 'number' ? { number: port } : { name: port } },
});
const path = (text: string, pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific', name: string) => ({
  path: text,
  pathType,
  backend: to(name),
});
const compute = (ingresses: readonly Ingress[], part: Partial<RouteTableInput> = {}) =>
  computeRouteTable({
    ingresses,
    classes: [],
    services: ['a', 'b', 'c', 'd'].map((name) => service(name)),
    slices: ['a', 'b', 'c', 'd'].map((name, n) => slice(name, [`10.0.0.${n}`])),
    secrets: [],
    checkCertificate: () => undefined,
    ...part,
  });
const goesTo = (result: ReturnType<typeof compute>, host: string, requested: string): string => {
  const match = matchRoute(result.table, host, requested);
  return match.type === 'backend' ? (match.backend.split('_')[1] ?? '') : match.type;
};

describe("the conformance features' table of paths", () => {
  const one = (text: string, pathType: 'Exact' | 'Prefix') =>
    compute([ingress('web', { rules: [{ http: { paths: [path(text, pathType, 'a')] } }] })]);
  it.each([
    ['Exact', '/foo', { '/foo': 'a', '/foo/': 'notFound', '/FOO': 'notFound', '/bar': 'notFound', '/foo/x': 'notFound' }],
    ['Exact', '/foo/', { '/foo/': 'a', '/foo': 'notFound' }],
    ['Prefix', '/foo', { '/foo': 'a', '/foo/': 'a', '/foo/x': 'a', '/FOO': 'notFound', '/foobar': 'notFound', '/': 'notFound' }],
    ['Prefix', '/foo/', { '/foo': 'a', '/foo/': 'a', '/foo/x': 'a', '/foobar': 'notFound' }],
    ['Prefix', '/', { '/': 'a', '/anything/at/all': 'a' }],
    ['Prefix', '/caf%C3%A9', { '/café': 'a', '/caf%c3%a9/x': 'a' }],
  ] as const)('%s %s', (pathType, text, expected) => {
    const result = one(text, pathType);
    expect(Object.fromEntries(Object.keys(expected).map((each) => [each, goesTo(result, 'any.example', each)]))).toEqual(expected);
  });

  it('the longest path wins, and Exact before Prefix', () => {
    const paths = [
      path('/aaa', 'Prefix', 'a'),
      path('/aaa/bbb', 'Prefix', 'b'),
      path('/aaa/bbb', 'Exact', 'c'),
      path('/foo/', 'Prefix', 'a'),
      path('/foo', 'Exact', 'd'),
    ];
    const result = compute([ingress('web', { rules: [{ http: { paths } }] })]);
    expect(['/aaa/bbb/ccc', '/aaa/bbb', '/aaa/ccc', '/aaaccc', '/foo', '/foo/'].map((each) => goesTo(result, 'x', each))).toEqual([
      'b',
      'c',
      'a',
      'notFound',
      'd',
      'a',
    ]);
  });
});

it('an exact host goes before a wildcard of one label, that before any host', () => {
  const rule = (host: string | undefined, name: string, text = '/') => ({
    ...(host === undefined ? {} : { host }),
    http: { paths: [path(text, 'Prefix' as const, name)] },
  });
  const result = compute([ingress('web', { rules: [rule(undefined, 'c'), rule('*.foo.com', 'b'), rule('www.foo.com', 'a', '/only')] })]);
  const hosts = {
    'www.foo.com': 'b',
    'WWW.foo.com:8080': 'b',
    'x.foo.com': 'b',
    'foo.com': 'c',
    'a.b.foo.com': 'c',
    'other.example': 'c',
    '': 'c',
  };
  expect(Object.fromEntries(Object.keys(hosts).map((host) => [host, goesTo(result, host, '/')]))).toEqual(hosts);
  expect(goesTo(result, 'www.foo.com', '/only/x')).toBe('a');
});

it('what fits no rule goes to the default backend of the host, else of all', () => {
  const result = compute([
    ingress('web', { defaultBackend: to('b'), rules: [{ host: 'foo.com', http: { paths: [path('/a', 'Prefix', 'a')] } }] }),
    ingress('rest', { defaultBackend: to('c') }),
  ]);
  expect([goesTo(result, 'foo.com', '/a'), goesTo(result, 'foo.com', '/x'), goesTo(result, 'bar.com', '/x')]).toEqual(['a', 'b', 'c']);
});

it.each(['/a/../b', '/%2e%2E/b', '/a/./b', '/a%2f..%2fb', '/a%00'])('%s is refused, since servers read it differently', (requested) => {
  expect(goesTo(compute([ingress('web', { rules: [{ http: { paths: [path('/', 'Prefix', 'a')] } }] })]), 'x', requested)).toBe('refused');
});

it('of two Ingresses that ask for one path the first has it, and the second hears so', () => {
  const rules = (name: string) => [{ host: 'foo.com', http: { paths: [path('/a', 'Prefix' as const, name)] } }];
  const result = compute([ingress('first', { rules: rules('a') }), ingress('second', { rules: rules('b') })]);
  expect(goesTo(result, 'foo.com', '/a')).toBe('a');
  expect(result.problems).toEqual([
    { ingress: 'shop/second', reason: 'IngressConflict', message: 'foo.com/a is of Ingress shop/first already' },
  ]);
});

it('is for Ingresses without a class, and of classes that are its own', () => {
  const spec = { defaultBackend: to('a') };
  const all = [
    ingress('none', spec),
    ingress('own', { ...spec, ingressClassName: 'solo' }),
    ingress('other', { ...spec, ingressClassName: 'nginx' }),
    ingress('unknown', { ...spec, ingressClassName: 'nobody' }),
    ingress('old', spec, { 'kubernetes.io/ingress.class': 'nginx' }),
  ];
  const classes = [
    { metadata: { name: 'solo' }, spec: { controller: 'solo-kubelet.dev/ingress' } },
    { metadata: { name: 'nginx' }, spec: { controller: 'k8s.io/ingress-nginx' } },
  ];
  expect(compute(all, { classes }).ingresses).toEqual(['shop/none', 'shop/own']);
});

describe('servers', () => {
  const backends = (part: Partial<RouteTableInput>, backend = to('a'), annotations = {}) => [
    ...compute([ingress('web', { defaultBackend: backend }, annotations)], part).table.backends.values(),
  ];

  it('are the ready endpoints behind the port', () => {
    const endpoints = [
      { addresses: ['10.0.0.2'] },
      { addresses: ['10.0.0.1'], conditions: { ready: true } },
      { addresses: ['10.0.0.3'], conditions: { ready: false, serving: true, terminating: true } },
    ];
    expect(backends({ slices: [slice('a', [], { endpoints }), slice('b', ['10.9.9.9'])] })[0]?.endpoints).toEqual([
      { address: '10.0.0.1', port: 8080 },
      { address: '10.0.0.2', port: 8080 },
    ]);
    expect(backends({ slices: [slice('a', [], { endpoints: endpoints.slice(2) })] })[0]?.endpoints).toEqual([
      { address: '10.0.0.3', port: 8080 },
    ]);
  });

  it('are those of TCP, though the number is there for HTTP/3, too', () => {
    const ports = [
      { name: 'quic', port: 80, protocol: 'UDP' as const },
      { name: 'http', port: 80, protocol: 'TCP' as const },
    ];
    const services = [{ metadata: { name: 'a', namespace: 'shop' }, spec: { ports } }];
    const numbered = [
      { name: 'quic', port: 8443, protocol: 'UDP' as const },
      { name: 'http', port: 8080, protocol: 'TCP' as const },
    ];
    const [backend] = backends({ services, slices: [slice('a', ['10.0.0.1'], { ports: numbered })] });
    expect(backend?.endpoints).toEqual([{ address: '10.0.0.1', port: 8080 }]);
  });

  it('are one by hand that is ending and says nothing of serving, where nobody else is', () => {
    const endpoints = [{ addresses: ['10.0.0.3'], conditions: { ready: false, terminating: true } }];
    expect(backends({ slices: [slice('a', [], { endpoints })] })[0]?.endpoints).toEqual([{ address: '10.0.0.3', port: 8080 }]);
  });

  it('speak what the port or an annotation says', () => {
    const grpc = {
      services: [{ metadata: { name: 'a', namespace: 'shop' }, spec: { ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] } }],
    };
    expect(backends(grpc)[0]?.protocol).toBe('h2c');
    expect(backends({}, to('a'), { 'nginx.ingress.kubernetes.io/backend-protocol': 'HTTPS' })[0]).toMatchObject({
      name: 'shop_a_80_https',
      protocol: 'https',
    });
  });

  it.each([
    ['nobody', to('nobody'), 'service "shop/nobody" not found', 1],
    ['no such port', to('a', 'metrics'), 'service "shop/a" has no port "metrics"', 1],
    ['a strange name', to('a\n    bind :1'), 'service "a\\n    bind :1" is no name of a Service', 0],
    ['no Service', { resource: { kind: 'Bucket', name: 'x' } }, 'a backend that is no Service is not supported', 0],
  ])('%s: the Ingress hears so', (_, backend, message, known) => {
    const result = compute([ingress('web', { defaultBackend: backend })]);
    expect(result.problems).toEqual([{ ingress: 'shop/web', reason: 'IngressBackend', message }]);
    expect(result.table.backends.size).toBe(known);
  });
});

describe('certificates', () => {
  const secret: Secret = {
    metadata: { name: 'cert', namespace: 'shop' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': btoa('CRT'), 'tls.key': btoa('KEY') },
  };
  const tls = (secretName: string, hosts?: readonly string[]) =>
    ingress('web', {
      tls: [{ secretName, ...(hosts === undefined ? {} : { hosts }) }],
      rules: [{ host: 'foo.com', http: { paths: [path('/', 'Prefix', 'a')] } }],
    });

  it('come from Secrets, for the hosts that are named or those of the rules', () => {
    expect(compute([tls('cert')], { secrets: [secret] }).table.certificates).toEqual([
      { hosts: ['foo.com'], pem: { certificate: 'CRT', key: 'KEY' } },
    ]);
  });

  it.each([
    ['is missing', [], 'secret "shop/cert" not found'],
    ['is of another kind', [{ ...secret, data: { password: 'eA==' } }], 'secret "shop/cert" has no tls.crt and tls.key'],
    ['makes no sense', [{ ...secret, data: { 'tls.crt': btoa('bad'), 'tls.key': btoa('KEY') } }], 'secret "shop/cert": no certificate'],
  ])('the node makes one while the Secret %s', (_, secrets, message) => {
    const result = compute([tls('cert', ['foo.com'])], {
      secrets,
      checkCertificate: (text) => (text === 'bad' ? 'no certificate' : undefined),
    });
    expect(result.table.certificates).toEqual([{ hosts: ['foo.com'] }]);
    expect(result.problems).toEqual([
      { ingress: 'shop/web', reason: 'IngressCertificate', message: `${message}; a certificate of the node's own stands in` },
    ]);
  });
});

describe('auth-url', () => {
  const withAuth = (annotations: Record<string, string>, part: Partial<RouteTableInput> = {}) =>
    compute([ingress('web', { rules: [{ host: 'foo.com', http: { paths: [path('/', 'Prefix', 'a')] } }] }, annotations)], part);

  it('is understood in the words of both controllers', () => {
    for (const prefix of ['nginx.ingress.kubernetes.io', 'haproxy-ingress.github.io']) {
      const { table, problems } = withAuth(
        {
          [`${prefix}/auth-url`]: 'https://sso.example/oauth2/auth',
          [`${prefix}/auth-signin`]: 'https://$host/oauth2/start?rd=$escaped_request_uri',
          [`${prefix}/auth-response-headers`]: 'X-Auth-Request-User, X-Auth-Request-Email',
        },
        { caBundle: '/etc/ca.pem' },
      );
      expect(problems).toEqual([]);
      expect(table.routes[0]?.auth).toEqual({
        url: 'https://sso.example/oauth2/auth',
        signin: 'https://$host/oauth2/start?rd=$escaped_request_uri',
        responseHeaders: ['X-Auth-Request-User', 'X-Auth-Request-Email'],
      });
    }
  });

  it('finds a server of the cluster, and one of the table, without DNS', () => {
    const key = 'nginx.ingress.kubernetes.io/auth-url';
    expect(withAuth({ [key]: 'http://b.shop.svc.cluster.local/oauth2/auth' }).table.routes[0]?.auth?.backend).toBe('shop_b_80');
    expect(withAuth({ [key]: 'https://foo.com/oauth2/auth' }).table.routes[0]?.auth?.backend).toBe('shop_a_80');
    // Another server has that port.
    expect(withAuth({ [key]: 'http://foo.com:4180/oauth2/auth' }).table.routes[0]?.auth).not.toHaveProperty('backend');
    expect(withAuth({ [key]: 'https://elsewhere.example/' }).table.routes[0]?.auth).not.toHaveProperty('backend');
  });

  it.each(['javascript:alert(1)', 'http://x/\nlua-load /tmp/x', 'sso.example'])('%j closes what it cannot open', (url) => {
    const { table, problems } = withAuth({ 'nginx.ingress.kubernetes.io/auth-url': url });
    expect(table.routes[0]?.auth?.url).toBe('http://127.0.0.1:1/');
    expect(problems[0]?.message).toContain('every request is refused');
  });
});

it.each(['haproxy', 'nginx'] as const)('nobody passes where %s can not tell who answers, and the Ingress hears so', (proxy) => {
  const message = (url: string, caBundle?: string) => {
    const annotations = { 'nginx.ingress.kubernetes.io/auth-url': url };
    const { table, problems } = compute([ingress('web', { defaultBackend: to('a') }, annotations)], {
      proxy,
      ...(caBundle !== undefined && { caBundle }),
    });
    return { url: table.fallbacks.get('')?.auth?.url, problems: problems.map((each) => each.message) };
  };
  expect(message('https://sso.example/', '/etc/ca.pem')).toEqual({ url: 'https://sso.example/', problems: [] });
  expect(message('http://192.0.2.1/')).toEqual({ url: 'http://192.0.2.1/', problems: [] });
  expect(message('https://sso.example/')).toEqual({
    url: 'http://127.0.0.1:1/',
    problems: [
      'annotation auth-url: "https://sso.example/" is of https, and this machine has no bundle of certificates that vouch for servers (package ca-certificates); every request is refused',
    ],
  });
  for (const url of ['https://192.0.2.1/', 'https://[2001:db8::1]/', 'https://0x7f.1/'])
    expect(message(url, '/etc/ca.pem')).toEqual({
      url: 'http://127.0.0.1:1/',
      problems: [
        `annotation auth-url: ${JSON.stringify(url)} has an address where the name is to be that the proxy looks for in the certificate; every request is refused`,
      ],
    });
});

it('no Ingress stands in for the server that a typing error leaves', () => {
  const own = { rules: [{ host: '127.0.0.1', http: { paths: [path('/', 'Prefix', 'b')] } }], defaultBackend: to('b') };
  const guarded = ingress('web', { defaultBackend: to('a') }, { 'nginx.ingress.kubernetes.io/auth-url': 'sso.example' });
  const { table } = compute([ingress('own', own), guarded]);
  expect(table.fallbacks.get('')?.auth).toEqual({ url: 'http://127.0.0.1:1/', responseHeaders: [] });
});

it('annotations that mean nothing here are named', () => {
  const result = compute([
    ingress('web', { defaultBackend: to('a') }, { 'nginx.ingress.kubernetes.io/rewrite-target': '/', 'example.com/x': 'y' }),
  ]);
  expect(result.problems).toEqual([
    {
      ingress: 'shop/web',
      reason: 'IngressAnnotation',
      message: 'annotation nginx.ingress.kubernetes.io/rewrite-target has no meaning here',
    },
  ]);
});
