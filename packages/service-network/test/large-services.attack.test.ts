import type { EndpointSlice, Service } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import { computeServiceNetwork, parseIpRange, type ServiceNetwork, type ServiceNetworkInput, wholeTableScript } from '../src/index.js';

const PORTS = 10_000;
const ENDPOINTS = 10_000;
const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const ports = (prefix: string) =>
  Array.from({ length: PORTS }, (_, index) => ({
    name: `${prefix}${index}`,
    port: index + 1,
    protocol: 'TCP' as const,
    targetPort: 8_080,
  }));
const service = (name: string, spec: object): Service =>
  ({ metadata: { name, namespace: 'default', uid: name }, spec: { type: 'ClusterIP', ports: ports('p'), ...spec } }) as Service;
const slicesOf = (name: string, isReady: (index: number) => boolean = () => true): readonly EndpointSlice[] =>
  Array.from(
    { length: ENDPOINTS / 1_000 },
    (_, slice) =>
      ({
        metadata: { name: `${name}-${slice}`, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
        addressType: 'IPv4',
        ports: ports('p').map(({ name: port }) => ({ name: port, port: 8_080, protocol: 'TCP' })),
        endpoints: Array.from({ length: 1_000 }, (_unused, index) => ({
          addresses: [`10.${slice}.${index >> 8}.${index & 255}`],
          conditions: { ready: isReady(slice * 1_000 + index) },
        })),
      }) as unknown as EndpointSlice,
  );

const compute = (services: readonly Service[], slices: readonly EndpointSlice[]): ServiceNetwork => {
  const settings: ServiceNetworkInput['settings'] = {
    ranges: [parseIpRange('10.96.0.0/16')!],
    nodePorts: { from: 30_000, to: 32_767 },
    clusterDomain: 'cluster.local',
    owner: 'test',
  };
  const node = { name: 'node', addresses: ['192.0.2.1'], listeners: new Set<string>() };
  return computeServiceNetwork({ services, slices, pods: [], namespaces: new Map(), policies: [], previous: new Map(), node, settings });
};

it.each<[string, object]>([
  ['a cluster address', {}],
  ['no address of its own', { clusterIP: 'None', clusterIPs: ['None'] }],
  ['clients that stay with their endpoint', { sessionAffinity: 'ClientIP' }],
])(
  'a Service of 10,000 ports and 10,000 endpoints with %s takes little time and little memory, and says what it leaves out',
  (_what, spec) => {
    const slices = slicesOf('web');
    const [before, heap] = [cpuMs(), process.memoryUsage().heapUsed];
    const network = compute([service('web', spec)], slices);
    const script = network.tables.map(wholeTableScript).join('');
    expect(cpuMs() - before).toBeLessThan(4_000);
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(400 << 20);
    expect(script.length).toBeLessThan(40 << 20);
    expect(network.problems.map(({ reason, message }) => `${reason}: ${message}`)).toContain(
      'TooManyEndpoints: only 5 of 10000 endpoints get connections: endpoints times ports are more than 50000',
    );
  },
);

it('of many endpoints those that are ready are left', () => {
  const network = compute(
    [service('web', {})],
    slicesOf('web', (index) => index >= 9_996),
  );
  const [chain] = [...network.tables[0]!.chains].filter(([name]) => name.startsWith('s-default/web/tcp/80'));
  expect(chain?.[1].rules.join()).toMatch(/mod 4 map .*10\.9\.3\.228 .*10\.9\.3\.231/);
});

it('of forty Services of 500 ports that each select 100 Pods some get fewer endpoints, which they say, and a small one gets all of its own', () => {
  const pods = Array.from({ length: 100 }, (_, i) => ({
    name: `web-${i}`,
    uid: `web-${i}`,
    namespace: 'default',
    labels: { app: 'web' },
    ports: [],
    hostPorts: [],
    ips: [`10.0.0.${i + 1}`],
    ready: true,
  })) as unknown as ServiceNetworkInput['pods'];
  const selector = { app: 'web' };
  const many = Array.from({ length: 40 }, (_, i) => service(`large-${i}`, { selector, ports: ports('p').slice(0, 500) }));
  const services = [...many, service('small', { selector, ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] })];
  const { input } = compute([], []);
  const [before, heap] = [cpuMs(), process.memoryUsage().heapUsed];
  const network = computeServiceNetwork({ ...input, services, pods });
  const script = network.tables.map(wholeTableScript).join('');
  expect(cpuMs() - before).toBeLessThan(8_000);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(600 << 20);
  expect(script.length).toBeLessThan(40 << 20);
  const told = network.problems.filter(({ reason }) => reason === 'TooManyEndpoints');
  expect(told.map(({ object }) => object.metadata.name)).toEqual(many.slice(3).map(({ metadata }) => metadata.name));
  expect(told[0]?.message).toBe(
    'only 99 of 100 endpoints get connections: endpoints times ports are more than the 49900 that are left of 200000 for all Services of the node',
  );
  expect(told.at(-1)?.message).toMatch(/^only 0 of 100 /);
  expect([...network.tables[0]!.chains].find(([name]) => name === 's-default/small/tcp/80')?.[1].rules.join()).toContain('mod 100 ');
  // Where room comes, what was left out gets it.
  const fewer = { ...input, services: services.slice(38), pods, previous: network.allocations };
  expect(computeServiceNetwork(fewer, network).tables).toEqual(computeServiceNetwork(fewer).tables);
});

it('a port name that no Pod has is told of a few times, not ten thousand times', () => {
  const wrong = service('web', { selector: { app: 'web' }, ports: ports('p').map((port) => ({ ...port, targetPort: 'nothing' })) });
  const pod = { name: 'a', namespace: 'default', labels: { app: 'web' }, ports: [], hostPorts: [], ips: ['10.0.0.1'] };
  const network = computeServiceNetwork({
    ...compute([], []).input,
    services: [wrong],
    pods: [pod as unknown as ServiceNetworkInput['pods'][number]],
  });
  expect(network.problems.filter(({ reason }) => reason === 'PortNotFound')).toHaveLength(16);
});

it('names of any form are one rule and one record, and no word of nft', () => {
  for (const name of ['web; flush ruleset', 'web }\nflush ruleset\n', '"', '$(id)', '../..', 'x'.repeat(10_000)]) {
    const hostile = service(name, { ports: [{ name: `p ${name}`, port: 80, protocol: 'TCP', targetPort: 80 }] });
    const { tables } = compute([hostile], slicesOf(name).slice(0, 1));
    for (const table of tables) expect(wholeTableScript(table)).not.toMatch(/(^|[;\n}])\s*flush ruleset/);
  }
});
