import { expect, it } from 'vitest';
import { nginxLacks } from '../src/core/nginx/nginx-limits.js';
import { computeRouteTable, type RouteAction } from '../src/index.js';
import { computeWorld, gateway, httpRoute } from './gateway-objects.js';

const to = (name: string) => ({ name, port: 80 });
const header = (what: 'set' | 'add', name: string) => ({ [what]: [{ name, value: 'x' }] });

const verdictOf = (rule: object, proxy: 'haproxy' | 'nginx') => {
  const { gateways, table } = computeWorld({
    proxy,
    gateways: [gateway([{ name: 'http', port: 80, protocol: 'HTTP' }])],
    servers: { web: [8_000] },
    routes: [httpRoute({ rules: [{ backendRefs: [to('web')] }, { backendRefs: [to('web')], ...rule }] })],
  });
  const partial = gateways.routes[0]?.parents[0]?.conditions.find(({ type }) => type === 'PartiallyInvalid');
  return { rules: table.listeners[0]?.rules.length, partial };
};

it.each([
  [
    'the header Server of an answer',
    { filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: header('set', 'Server') }] },
    "a change of the answer's header Server",
  ],
])('%s is dropped and told where nginx serves, and served where haproxy does', (_, rule, message) => {
  expect(verdictOf(rule, 'nginx')).toEqual({
    rules: 1,
    partial: expect.objectContaining({
      status: 'True',
      reason: 'UnsupportedValue',
      message: `Dropped Rule: spec.rules[1]: ${message} is not supported by nginx`,
    }),
  });
  expect(verdictOf(rule, 'haproxy')).toEqual({ rules: 2, partial: undefined });
});

it('of Ingresses a path that is too long, and a server of HTTP/2 that is to be asked, are told', () => {
  const slices = [
    {
      metadata: { name: 'grpc-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'grpc' } },
      addressType: 'IPv4' as const,
      endpoints: [{ addresses: ['127.0.0.1'] }],
      ports: [{ port: 8_000, protocol: 'TCP' as const }],
    },
  ];
  const services = [
    { metadata: { name: 'grpc', namespace: 'shop' }, spec: { ports: [{ port: 80, appProtocol: 'kubernetes.io/h2c' }] } },
    { metadata: { name: 'web', namespace: 'shop' }, spec: { ports: [{ port: 80 }] } },
  ];
  const { problems } = computeRouteTable({
    ingresses: [
      {
        metadata: {
          name: 'web',
          namespace: 'shop',
          annotations: { 'nginx.ingress.kubernetes.io/auth-url': 'http://grpc.shop.svc.cluster.local/' },
        },
        spec: {
          rules: [
            {
              host: 'a.example',
              http: {
                paths: ['/', `/${'x'.repeat(2_000)}`].map((path) => ({
                  path,
                  pathType: 'Prefix' as const,
                  backend: { service: { name: 'web', port: { number: 80 } } },
                })),
              },
            },
          ],
        },
      },
    ],
    classes: [],
    services,
    slices,
    secrets: [],
    checkCertificate: () => undefined,
    proxy: 'nginx',
  });
  expect(problems.map(({ reason, message }) => `${reason} ${message}`)).toEqual([
    `IngressPath path /${'x'.repeat(39)}… is too long for nginx`,
    `IngressAnnotation annotation auth-url: "http://grpc.shop.svc.cluster.local/" is a server of HTTP/2, which nginx can't ask; every request is refused`,
  ]);
});

it('names with `_` of objects that nobody has checked are a reason: nginx takes another header for these', () => {
  const none = { set: [], add: [], remove: [] };
  const lacks = nginxLacks({
    matches: [
      {
        path: '/',
        headers: [
          { name: 'x_foo', value: '1' },
          { name: 'x-foo', value: '1' },
        ],
      },
    ],
    servers: new Map(),
    action: {
      backends: [
        {
          weight: 1,
          requestHeaders: {
            ...none,
            add: [
              { name: 'A_B', value: '1' },
              { name: 'A-B', value: '1' },
            ],
          },
        },
      ],
      ...{ requestHeaders: { ...none, set: [{ name: 'S_T', value: '1' }] }, responseHeaders: none },
    },
  });
  expect(lacks).toEqual([
    'a match of header x_foo, whose name has a `_`, is not supported by nginx',
    'an addition to header A_B, whose name has a `_`, is not supported by nginx',
  ]);
});

it('what nginx has no words for with servers of HTTP/2 is a reason, too', () => {
  const none = { set: [], add: [], remove: [] };
  const lacks = (more: Partial<RouteAction>): readonly string[] =>
    nginxLacks({
      matches: [{ path: '/', headers: [] }],
      servers: new Map([['grpc', { name: 'grpc', protocol: 'h2c', endpoints: [] }]]),
      action: { backends: [{ name: 'grpc', weight: 1 }], requestHeaders: none, responseHeaders: none, ...more },
    });
  expect(lacks({})).toEqual([]);
  expect(lacks({ rewrite: { path: { text: '/x' } } })).toEqual([
    'a URLRewrite of the path for a backend of HTTP/2 is not supported by nginx',
  ]);
  expect(lacks({ mirrors: [{ name: 'grpc', numerator: 1, denominator: 2 }] })).toEqual([
    'a RequestMirror to a backend of HTTP/2 is not supported by nginx',
  ]);
  const long = 'x'.repeat(41);
  expect(lacks({ requestHeaders: { ...none, remove: [long] } })).toEqual([
    `a change of header ${long}, which is that long, for a backend of HTTP/2 is not supported by nginx`,
  ]);
});
