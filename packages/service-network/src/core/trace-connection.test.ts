import type { EndpointSlice, Service } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import type { EndpointPod } from './endpoint-pod.js';
import { readPolicies } from './network-policy.js';
import { type TraceInput, traceConnection } from './trace-connection.js';

const pod = (name: string, ip: string): EndpointPod => ({
  namespace: 'shop',
  name,
  uid: name,
  labels: { app: name },
  ips: [ip],
  hostNetwork: false,
  hostname: '',
  subdomain: '',
  ready: true,
  terminating: false,
  ports: [{ name: 'http', protocol: 'TCP', port: 8_080 }],
  hostPorts: [],
});
const client = pod('client', '10.1.0.2');
const web = pod('web', '10.1.0.3');
const db = pod('db', '10.1.0.4');

const service: Service = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'], ports: [{ name: 'http', port: 80, nodePort: 30_080, protocol: 'TCP' }] },
};
const slice = (endpoints: readonly { readonly ip: string; readonly ready?: boolean }[]): EndpointSlice => ({
  metadata: { name: 'web-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'web' } },
  addressType: 'IPv4',
  ports: [{ name: 'http', port: 8_080, protocol: 'TCP' }],
  endpoints: endpoints.map(({ ip, ready = true }) => ({ addresses: [ip], conditions: { ready, serving: ready, terminating: false } })),
});
const external: Service = { metadata: { name: 'far', namespace: 'shop' }, spec: { type: 'ExternalName', externalName: 'far.example' } };

const trace = (change: Partial<TraceInput>) =>
  traceConnection({
    from: client,
    host: 'web',
    port: 80,
    protocol: 'TCP',
    services: [service, external],
    slices: [slice([{ ip: '10.1.0.3' }])],
    pods: [client, web, db],
    policies: readPolicies({ policies: [], namespaces: new Map() }),
    nodeAddresses: ['192.0.2.1'],
    clusterDomain: 'cluster.local',
    ...change,
  });
const typesOf = (change: Partial<TraceInput>): string => {
  const { hops, outcome } = trace(change);
  return [...hops.map(({ type }) => type), outcome].join(' ');
};

describe('traceConnection', () => {
  it('goes by name, Service, endpoint and policies to the Pod', () => {
    const { hops, outcome, reasons } = trace({});
    expect({ outcome, reasons }).toEqual({ outcome: 'reaches', reasons: [] });
    expect(hops).toEqual([
      { type: 'name', tried: ['web.shop.svc.cluster.local'], addresses: ['10.96.0.7'] },
      { type: 'service', service: 'shop/web', port: 80, via: 'clusterIP' },
      { type: 'endpoints', used: ['10.1.0.3:8080'], notReady: [] },
      { type: 'policy', to: '10.1.0.3:8080', decision: expect.objectContaining({ allowed: true }) },
      { type: 'pod', to: '10.1.0.3:8080', pod: 'shop/web', listed: true },
    ]);
  });

  it.each<[string, Partial<TraceInput>, string]>([
    [
      'a name of another namespace',
      { host: 'web.shop', from: { ...client, namespace: 'other' } },
      'name service endpoints policy pod reaches',
    ],
    ['a complete name', { host: 'web.shop.svc.cluster.local.' }, 'name service endpoints policy pod reaches'],
    ['a node port', { host: '192.0.2.1', port: 30_080 }, 'service endpoints policy pod reaches'],
    ['a Pod by its address', { host: '10.1.0.4', port: 5_432 }, 'policy pod reaches'],
    ['an address of nobody here', { host: '198.51.100.1', port: 443 }, 'policy outside reaches'],
    ['a name of nobody here', { host: 'kubernetes.io' }, 'name forwarded unknown'],
    ['an ExternalName', { host: 'far' }, 'name forwarded unknown'],
    ['a Service that is not there', { host: 'wbe' }, 'name fails'],
    ['a name of the cluster that is not there', { host: 'wbe.shop.svc.cluster.local' }, 'name fails'],
    ['the name in another namespace', { from: { ...client, namespace: 'other' } }, 'name fails'],
    ['a port that the Service lacks', { port: 81 }, 'name fails'],
    ['no endpoints', { slices: [] }, 'name service endpoints fails'],
  ])('%s', (_, change, expected) => expect(typesOf(change)).toBe(expected));

  it('tells why there are no endpoints', () => {
    expect(trace({ slices: [] }).reasons[0]).toContain('no Pod fits its selector');
    expect(trace({ slices: [slice([{ ip: '10.1.0.3', ready: false }])] }).reasons[0]).toContain('none of its 1 Pods is ready');
    expect(trace({ port: 81 }).reasons[0]).toContain('has no port 81/TCP');
  });

  it('a policy that lets some of the endpoints be reached makes it work at times', () => {
    const policies = readPolicies({
      namespaces: new Map(),
      policies: [{ metadata: { name: 'closed', namespace: 'shop' }, spec: { podSelector: { matchLabels: { app: 'db' } }, ingress: [] } }],
    });
    const slices = [slice([{ ip: '10.1.0.3' }, { ip: '10.1.0.4' }])];
    expect(trace({ policies, slices })).toMatchObject({ outcome: 'some', reasons: ['NetworkPolicies keep it from 10.1.0.4:8080'] });
    expect(trace({ policies, slices: [slice([{ ip: '10.1.0.4' }])] }).outcome).toBe('fails');
    // The node reaches its Pods whatever policies say.
    expect(trace({ policies, slices, from: { ...client, hostNetwork: true } }).outcome).toBe('reaches');
  });

  const balanced: Service = {
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      ...service.spec,
      type: 'LoadBalancer',
      externalIPs: ['203.0.113.9', '192.0.2.1'],
      loadBalancerSourceRanges: ['198.51.100.0/24'],
    },
    status: { loadBalancer: { ingress: [{ ip: '203.0.113.5', ipMode: 'VIP' }] } },
  };
  const other: Service = {
    metadata: { name: 'other', namespace: 'shop' },
    spec: { type: 'NodePort', clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8'], ports: [{ port: 81, nodePort: 30_081, protocol: 'TCP' }] },
  };
  const ofFar: EndpointSlice = { ...slice([{ ip: '198.51.100.7' }]), endpoints: [{ addresses: ['198.51.100.7'], nodeName: 'far' }] };

  it.each<[string, Partial<TraceInput>, string]>([
    ['a load balancer that lets in others alone', { host: '203.0.113.5' }, 'service fails'],
    [
      'the same from among them',
      { host: '203.0.113.5', from: { ...client, ips: ['198.51.100.8'] } },
      'service endpoints policy pod reaches',
    ],
    ['an external address of the same Service', { host: '203.0.113.9' }, 'service endpoints policy pod reaches'],
    ['another port of the load balancer', { host: '203.0.113.5', port: 22 }, 'fails'],
    ['another port of an external address', { host: '203.0.113.9', port: 22 }, 'policy outside reaches'],
    ['a node port where an external address is the node', { host: '192.0.2.1', port: 30_081 }, 'service endpoints fails'],
    ['a port of the node that a Pod has', { host: '192.0.2.1', pods: [{ ...db, hostPorts: ['TCP/80'] }] }, 'policy outside reaches'],
  ])('%s', (_, change, expected) => expect(typesOf({ services: [balanced, other], ...change })).toBe(expected));

  it('what another proxy serves is nobody here, as are load balancers that rewrite packets', () => {
    const elsewhere = { ...service, metadata: { ...service.metadata, labels: { 'service.kubernetes.io/service-proxy-name': 'x' } } };
    expect(typesOf({ host: '10.96.0.7', services: [elsewhere] })).toBe('policy outside reaches');
    const rewritten = { ...balanced, status: { loadBalancer: { ingress: [{ ip: '203.0.113.5', ipMode: 'Proxy' }] } } };
    expect(typesOf({ host: '203.0.113.5', services: [rewritten] })).toBe('policy outside reaches');
  });

  it('a policy Local has the endpoints of the node alone', () => {
    const local = { ...service, spec: { ...service.spec, internalTrafficPolicy: 'Local' as const } };
    expect(trace({ services: [local], slices: [ofFar], nodeName: 'here' })).toMatchObject({
      outcome: 'fails',
      reasons: ['Service shop/web has no endpoints on this node, and its internalTrafficPolicy is Local: the connection is dropped'],
    });
    expect(trace({ services: [local], slices: [ofFar], nodeName: 'far' }).outcome).toBe('reaches');
    expect(trace({ services: [local], slices: [ofFar], nodeName: 'here', host: '192.0.2.1', port: 30_080 }).outcome).toBe('reaches');
  });

  it('an address of the second family has endpoints of its family, however it is written', () => {
    const dual: Service = { ...service, spec: { ...service.spec, clusterIPs: ['10.96.0.7', 'fd00::7'] } };
    const v6: EndpointSlice = { ...slice([{ ip: 'fd01::3' }]), addressType: 'IPv6' };
    const from = { ...client, ips: ['10.1.0.2', 'fd01::2'] };
    const used = (host: string, source = from) =>
      trace({ host, services: [dual], slices: [slice([{ ip: '10.1.0.3' }]), v6], from: source }).hops.flatMap((hop) =>
        hop.type === 'endpoints' ? hop.used : [],
      );
    expect(used('10.96.0.7')).toEqual(['10.1.0.3:8080']);
    expect(used('FD00:0::7')).toEqual(['[fd01::3]:8080']);
    // By name a client has the family that it has itself.
    expect(used('web')).toEqual(['10.1.0.3:8080']);
    expect(used('web', { ...client, ips: ['fd01::2'] })).toEqual(['[fd01::3]:8080']);
  });

  it('of a name with several addresses each is told of', () => {
    const headless: Service = { ...service, spec: { ...service.spec, clusterIP: 'None', clusterIPs: ['None'] } };
    const policies = readPolicies({
      namespaces: new Map(),
      policies: [{ metadata: { name: 'closed', namespace: 'shop' }, spec: { podSelector: { matchLabels: { app: 'db' } }, ingress: [] } }],
    });
    const slices = [slice([{ ip: '10.1.0.3' }, { ip: '10.1.0.4' }])];
    expect(trace({ services: [headless], slices, policies, port: 8_080 })).toMatchObject({
      outcome: 'some',
      reasons: ['NetworkPolicies keep it from 10.1.0.4:8080'],
    });
  });
});
