import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import type { NodeApiObject, NodeClient } from '../src/client/node-client.js';
import { describeIngress } from '../src/commands/describe-ingress.js';
import { traceNet } from '../src/commands/net-trace.js';
import { testPolicy } from '../src/commands/policy.js';
import { fakeIo } from './fake-io.js';

const pod = (name: string, ip: string): Pod => ({
  metadata: { name: `${name}-node1`, namespace: 'shop', uid: name, labels: { app: name } },
  spec: { containers: [{ name: 'app', image: 'x', ports: [{ name: 'http', containerPort: 8_080 }] }] },
  status: { phase: 'Running', podIPs: [{ ip }], hostIPs: [{ ip: '192.0.2.1' }], conditions: [{ type: 'Ready', status: 'True' }] },
});
const object = (kind: string, name: string, rest: object): NodeApiObject =>
  ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, ...rest }) as NodeApiObject;
const OBJECTS: readonly NodeApiObject[] = [
  object('Service', 'web', { spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ port: 80, protocol: 'TCP' }] } }),
  {
    ...object('EndpointSlice', 'web-1', {
      addressType: 'IPv4',
      ports: [{ port: 8_080, protocol: 'TCP' }],
      endpoints: [{ addresses: ['10.1.0.3'], conditions: { ready: true } }],
    }),
    metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
  },
  object('NetworkPolicy', 'closed', {
    spec: {
      podSelector: { matchLabels: { app: 'web' } },
      policyTypes: ['Ingress'],
      ingress: [{ from: [{ podSelector: { matchLabels: { app: 'friend' } } }], ports: [{ port: 'http' }] }],
    },
  }),
];
const PODS = [pod('web', '10.1.0.3'), pod('friend', '10.1.0.4'), pod('stranger', '10.1.0.5')];

const asked = async <O>(
  verb: (options: O, context: Parameters<typeof testPolicy>[1]) => Promise<number>,
  options: O,
  objects: readonly NodeApiObject[] = OBJECTS,
) => {
  const io = fakeIo();
  const client = {
    listPods: async () => PODS,
    listObjects: async () => objects,
    getConfiguration: async () => ({ clusterDomain: '' }),
  } as unknown as NodeClient;
  const status = await verb(options, { client, io, signal: io.interrupted, now: () => 0 });
  return `${status} ${io.output()}`;
};

describe('policy test', () => {
  it('names the rule that lets a connection pass', async () =>
    expect(await asked(testPolicy, { from: 'friend', to: 'web', port: 'http', namespace: 'shop' })).toBe(
      `0 allowed: friend -> web 8080/TCP
  egress of the source: no policy selects it
  ingress of the destination: allowed by shop/closed spec.ingress[0]
`,
    ));
  it('names the policies that isolate where no rule lets it pass', async () =>
    expect(await asked(testPolicy, { from: 'stranger', to: 'shop/web', port: '8080', namespace: 'shop' })).toBe(
      `1 denied: stranger -> shop/web 8080/TCP
  egress of the source: no policy selects it
  ingress of the destination: isolated by shop/closed, and no rule allows this
`,
    ));
  it('names a policy that has more rules than there is room for', async () => {
    const ports = Array.from({ length: 200_001 }, (_, i) => ({ port: 1 + (i % 65_535) }));
    const large = object('NetworkPolicy', 'large', { spec: { podSelector: {}, ingress: [{ ports }] } });
    expect(await asked(testPolicy, { from: 'stranger', to: 'web', port: '80', namespace: 'shop' }, [...OBJECTS, large])).toBe(
      `1 denied: stranger -> web 80/TCP
  egress of the source: no policy selects it
  ingress of the destination: isolated by shop/closed, shop/large, and no rule allows this; shop/large: there are more rules than there is room for, and they do not count
`,
    );
  });
  it.each([
    ['node', 'web', 'http', '0 allowed: node -> web 8080/TCP\n  from the node: no policy counts\n'],
    ['web', 'web', '1', '0 allowed: web -> web 1/TCP\n  same pod: no policy counts\n'],
    ['10.1.0.4', '10.1.0.3', '8080', expect.stringContaining('0 allowed')],
    ['198.51.100.7', 'web', '8080/UDP', expect.stringContaining('1 denied')],
    ['198.51.100.7', '198.51.100.8', '80', expect.stringContaining('neither end is a Pod of this node')],
  ])('from %s to %s at %s', async (from, to, port, expected) =>
    expect(await asked(testPolicy, { from, to, port, namespace: 'shop' })).toEqual(expected),
  );
  it.each([
    [{ from: 'friend', to: 'web', port: 'https' }, 'is no port'],
    [{ from: 'friend', to: 'web', port: '80/ICMP' }, 'is no port'],
    [{ from: 'friend', to: 'gone', port: '80' }, 'gone'],
  ])('%j is refused', async (options, message) => expect(asked(testPolicy, { ...options, namespace: 'shop' })).rejects.toThrow(message));
});

describe('net trace', () => {
  it('tells each hop of a connection that is made', async () =>
    expect(await asked(traceNet, { from: 'friend', to: 'web:80', namespace: 'shop' })).toBe(
      `0 reaches: friend -> web:80/TCP
  name: asks for web.shop.svc.cluster.local: 10.96.0.7
  Service shop/web port 80, by its clusterIP
  endpoints: 10.1.0.3:8080
  policies, 10.1.0.3:8080: egress of the source: no policy selects it
  policies, 10.1.0.3:8080: ingress of the destination: allowed by shop/closed spec.ingress[0]
  10.1.0.3:8080 is Pod shop/web-node1
`,
    ));
  it('ends with why one is not made', async () => {
    const text = await asked(traceNet, { from: 'shop/stranger', to: 'web:80/tcp', namespace: 'default' });
    expect(text).toMatch(/^1 fails: /);
    expect(text).toContain('  ! NetworkPolicies keep it from 10.1.0.3:8080\n');
    expect(await asked(traceNet, { from: 'friend', to: 'web:81', namespace: 'shop' })).toContain('! Service shop/web has no port 81/TCP');
    expect(await asked(traceNet, { from: 'friend', to: 'kubernetes.io:443', namespace: 'shop' })).toMatch(/^0 leaves this node: /);
  });
  it.each(['web', 'web:', 'web:0', 'web:80/ICMP'])('%s is no destination', async (to) =>
    expect(asked(traceNet, { from: 'friend', to, namespace: 'shop' })).rejects.toThrow('is no destination'),
  );
});

it('describes where the requests of an Ingress go', () => {
  const backend = (name: string) => ({ service: { name, port: { name: 'http' } } });
  const spec = {
    defaultBackend: { service: { name: 'rest', port: { number: 80 } } },
    tls: [{ hosts: ['shop.example'], secretName: 'shop-tls' }, { hosts: ['b.example'] }],
    rules: [
      {
        host: 'shop.example',
        http: {
          paths: [
            { path: '/', pathType: 'Prefix', backend: backend('web') },
            { path: '/cart', pathType: 'Exact', backend: backend('cart') },
          ],
        },
      },
    ],
  };
  expect(describeIngress(object('Ingress', 'shop', { spec }))).toBe(`Default backend:      rest:80
TLS:
  shop-tls for shop.example
  the node's own certificate for b.example
Rules:
  Host           Path    Type     Backend
  shop.example   /       Prefix   web:http
                 /cart   Exact    cart:http
`);
  expect(describeIngress(object('Service', 'shop', { spec }))).toBe('');
});
