import type { EndpointSlice, NetworkPolicy, Service, ServiceSpec } from '@solo-kubelet/object-spec';
import type { Pod } from '@solo-kubelet/pod-spec';
import { describe, expect, it } from 'vitest';
import { conntrackFlushes } from './conntrack-flushes.js';
import { type EndpointPod, endpointPod } from './endpoint-pod.js';
import { parseIpRange } from './ip-range.js';
import { tableChangeScript, tableFingerprint, wholeTableScript } from './nft-table.js';
import { computeServiceNetwork, type ServiceNetwork, type ServiceNetworkInput } from './service-network.js';

const service = (name: string, spec: ServiceSpec = {}): Service => ({
  metadata: { name, namespace: 'default', uid: name },
  spec: { type: 'ClusterIP', selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http', protocol: 'TCP' }], ...spec },
});
interface PodOptions {
  readonly ip: string;
  readonly ready?: boolean;
  readonly terminating?: boolean;
  readonly port?: number;
  readonly spec?: Partial<Pod['spec']>;
  readonly phase?: string;
}
const pod = (
  name: string,
  { ip, ready = true, terminating = false, port = 8080, spec = {}, phase = 'Running' }: PodOptions,
): EndpointPod | undefined =>
  endpointPod(
    {
      metadata: { name, namespace: 'default', uid: name, labels: { app: 'web' } },
      spec: { containers: [{ name: 'app', image: 'x', ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }] }], ...spec },
      status: { phase, podIPs: [{ ip }], conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
    } as Pod,
    terminating,
  );
const NAMESPACES = new Map();
const settings: ServiceNetworkInput['settings'] = {
  ranges: [parseIpRange('10.96.0.0/16')!],
  nodePorts: { from: 30_000, to: 32_767 },
  clusterDomain: 'cluster.local',
  owner: 'test',
};
const node = { name: 'node', addresses: ['192.0.2.1'], listeners: new Set<string>() };
const compute = (
  services: readonly Service[],
  pods: readonly (EndpointPod | undefined)[],
  more: Partial<ServiceNetworkInput> = {},
  before?: ServiceNetwork,
): ServiceNetwork =>
  computeServiceNetwork(
    {
      services,
      slices: [],
      pods: pods.flatMap((one) => one ?? []),
      namespaces: NAMESPACES,
      policies: [],
      previous: before?.allocations ?? new Map(),
      node,
      settings,
      ...more,
    },
    before,
  );
const chain = ({ tables }: ServiceNetwork, name: string): readonly string[] | undefined => tables[0]!.chains.get(name)?.rules;
const elements = ({ tables }: ServiceNetwork, name: string): readonly (readonly [string, string])[] => [
  ...tables[0]!.sets.get(name)!.elements!,
];

describe('EndpointSlices', () => {
  it('has who is ready, who is not and who is ending, and leaves out who has ended', () => {
    const { slices } = compute(
      [service('web')],
      [
        pod('a', { ip: '10.0.0.1' }),
        pod('b', { ip: '10.0.0.2', ready: false }),
        pod('c', { ip: '10.0.0.3', terminating: true }),
        pod('d', { ip: '10.0.0.4', phase: 'Succeeded' }),
      ],
    );
    expect(slices[0]!.endpoints.map(({ addresses, conditions }) => [addresses[0], conditions])).toEqual([
      ['10.0.0.1', { ready: true, serving: true, terminating: false }],
      ['10.0.0.2', { ready: false, serving: false, terminating: false }],
      ['10.0.0.3', { ready: false, serving: true, terminating: true }],
    ]);
  });

  it('publishNotReadyAddresses makes all of them ready', () => {
    const { slices } = compute(
      [service('web', { publishNotReadyAddresses: true })],
      [pod('b', { ip: '10.0.0.2', ready: false }), pod('c', { ip: '10.0.0.3', terminating: true })],
    );
    expect(slices[0]!.endpoints.map(({ conditions }) => conditions?.ready)).toEqual([true, true]);
  });

  it('one slice for each list of resolved ports, and at most a hundred endpoints in one', () => {
    const pods = Array.from({ length: 101 }, (_, i) => pod(`p${i}`, { ip: `10.0.1.${i}` }));
    const { slices } = compute([service('web')], [...pods, pod('other', { ip: '10.0.2.1', port: 9090 })]);
    expect(slices.map(({ ports, endpoints }) => [ports[0]?.port, endpoints.length])).toEqual([
      [8080, 100],
      [8080, 1],
      [9090, 1],
    ]);
    expect(new Set(slices.map(({ metadata }) => metadata.name)).size).toBe(3);
  });

  it('a family without endpoints has an empty slice of its own', () => {
    const both = { ...settings, ranges: [...settings.ranges, parseIpRange('fd00:10:96::/112')!] };
    const dual = service('web', { ipFamilyPolicy: 'RequireDualStack' });
    const facts = (pods: readonly (EndpointPod | undefined)[]) =>
      compute([dual], pods, { settings: both }).slices.map(({ addressType, endpoints, ports }) => [
        addressType,
        endpoints.length,
        ports.length,
      ]);
    expect(facts([])).toEqual([
      ['IPv4', 0, 0],
      ['IPv6', 0, 0],
    ]);
    expect(facts([pod('a', { ip: '10.0.0.1' })])).toEqual([
      ['IPv4', 1, 1],
      ['IPv6', 0, 0],
    ]);
  });

  it('labels are those of the Service, but for the one that says headless', () => {
    const labelled = (spec: ServiceSpec) => {
      const { metadata, ...rest } = service('web', spec);
      const labels = { team: 'a', 'service.kubernetes.io/headless': 'no' };
      return compute([{ ...rest, metadata: { ...metadata, labels } }], []).slices[0]!.metadata.labels;
    };
    const own = { 'kubernetes.io/service-name': 'web', 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' };
    expect(labelled({})).toEqual({ team: 'a', ...own });
    expect(labelled({ clusterIP: 'None', clusterIPs: ['None'] })).toEqual({ team: 'a', 'service.kubernetes.io/headless': '', ...own });
  });

  it('a port that no pod has is told; one that a pod lacks is left out for that pod alone', () => {
    const wrong = service('web', { ports: [{ name: 'x', port: 80, targetPort: 'nothing', protocol: 'TCP' }] });
    const network = compute([wrong, service('good')], [pod('a', { ip: '10.0.0.1' })]);
    expect(network.problems).toMatchObject([{ reason: 'PortNotFound', object: { metadata: { name: 'web' } } }]);
    expect(elements(network, 'none')).toEqual([[expect.stringContaining(' . tcp . 80'), 'goto rej']]);
    expect(chain(network, 's-default/good/tcp/80')).toEqual(['meta l4proto tcp dnat to 10.0.0.1:8080']);
  });

  it('a pod of the host has the address of the node', () => {
    const network = compute([service('web')], [pod('a', { ip: '192.0.2.1', spec: { hostNetwork: true } })]);
    expect(chain(network, 's-default/web/tcp/80')).toEqual(['meta l4proto tcp dnat to 192.0.2.1:8080']);
    expect(elements(network, 'hairpin')).toEqual([]);
  });

  it('names endpoints of a subdomain by their host names', () => {
    const { slices, records } = compute(
      [service('db', { clusterIP: 'None', clusterIPs: ['None'] })],
      [pod('db-0', { ip: '10.0.0.1', spec: { hostname: 'db-0', subdomain: 'db' } })],
    );
    expect(slices[0]!.endpoints[0]!.hostname).toBe('db-0');
    expect(records.get('db-0.db.default.svc.cluster.local')).toEqual([{ type: 'A', address: '10.0.0.1' }]);
  });
});

describe('rules', () => {
  it('traffic goes to the ready; where there are none, to those that are ending and still serve', () => {
    const ending = pod('c', { ip: '10.0.0.3', terminating: true });
    expect(chain(compute([service('web')], [pod('a', { ip: '10.0.0.1' }), ending]), 's-default/web/tcp/80')?.[0]).toContain('10.0.0.1');
    expect(chain(compute([service('web')], [pod('a', { ip: '10.0.0.1', ready: false }), ending]), 's-default/web/tcp/80')?.[0]).toContain(
      '10.0.0.3',
    );
  });

  it('endpoints by hand beyond the node are masqueraded; with a Local policy they get nothing', () => {
    const slice: EndpointSlice = {
      metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 5432, protocol: 'TCP' }],
      endpoints: [{ addresses: ['198.51.100.7'] }],
    };
    const db: ServiceSpec = { selector: {}, type: 'NodePort', externalTrafficPolicy: 'Local' };
    const network = compute([service('db', db)], [], { slices: [slice] });
    expect(elements(network, 'remote')).toEqual([['198.51.100.7', '']]);
    expect(elements(network, 'vips')).toHaveLength(1);
    expect(elements(network, 'node-ports')).toEqual([]);
    expect(elements(network, 'none-node-ports')).toEqual([[expect.stringMatching(/^tcp \. 3\d{4}$/), 'drop']]);
  });

  const byHand = (endpoints: EndpointSlice['endpoints']): EndpointSlice => ({
    metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 5432, protocol: 'TCP' }],
    endpoints,
  });

  it('with a Local policy the one of the node that is ending serves on, though others are ready elsewhere', () => {
    const slice = byHand([
      { addresses: ['198.51.100.7'], nodeName: 'other' },
      { addresses: ['10.0.0.3'], nodeName: 'node', conditions: { ready: false, serving: true, terminating: true } },
    ]);
    const db: ServiceSpec = { selector: {}, type: 'NodePort', externalTrafficPolicy: 'Local' };
    const network = compute([service('db', db)], [], { slices: [slice] });
    expect(chain(network, 's-default/db/tcp/80')).toEqual(['meta l4proto tcp dnat to 198.51.100.7:5432']);
    expect(chain(network, 'x-default/db/tcp/80')).toEqual(['meta l4proto tcp dnat to 10.0.0.3:5432']);
    expect(elements(network, 'node-ports')).toEqual([[expect.stringMatching(/^tcp \. 3\d{4}$/), 'goto x-default/db/tcp/80']]);
  });

  it('of one by hand that is ending, and says nothing of serving, that is taken for granted', () => {
    const network = compute([service('db', { selector: {} })], [], {
      slices: [byHand([{ addresses: ['10.0.0.3'], conditions: { ready: false, terminating: true } }])],
    });
    expect(chain(network, 's-default/db/tcp/80')).toEqual(['meta l4proto tcp dnat to 10.0.0.3:5432']);
  });

  it('a port of the node that somebody has is left to him, and told', () => {
    const balanced = service('web', { type: 'LoadBalancer', ports: [{ name: 'http', port: 22, protocol: 'TCP' }] });
    const network = compute([balanced], [pod('a', { ip: '10.0.0.1' })], { node: { ...node, listeners: new Set(['TCP/22']) } });
    expect(elements(network, 'vips').map(([key]) => key)).not.toContain('192.0.2.1 . tcp . 22');
    expect(network.problems).toMatchObject([{ reason: 'PortTaken', message: expect.stringContaining('TCP/22') }]);
    expect(network.services[0]!.status?.loadBalancer?.ingress).toEqual([{ ip: '192.0.2.1', ipMode: 'VIP' }]);
  });

  it('another proxy has what is labelled for it', () => {
    const other = {
      ...service('web'),
      metadata: { name: 'web', namespace: 'default', labels: { 'service.kubernetes.io/service-proxy-name': 'mine' } },
    };
    expect(elements(compute([other], [pod('a', { ip: '10.0.0.1' })]), 'vips')).toEqual([]);
  });
});

describe('changes', () => {
  const services = Array.from({ length: 50 }, (_, i) => service(`s${i}`, { selector: { app: `s${i}` } }));
  const podOf = (i: number, ip: string): EndpointPod => ({ ...pod(`p${i}`, { ip })!, labels: { app: `s${i}` } });

  it('one pod costs one chain, and everything else is the same object', () => {
    const pods = services.map((_, i) => podOf(i, `10.0.0.${i + 1}`));
    const before = compute(services, pods);
    const after = compute(services, pods.with(7, podOf(7, '10.0.1.1')), {}, before);
    expect(services.filter((_, i) => before.parts.get(`default/s${i}`) !== after.parts.get(`default/s${i}`))).toEqual([services[7]]);
    const name = `ip ${before.tables[0]!.name}`;
    expect(tableChangeScript(before.tables[0]!, after.tables[0]!).trim().split('\n')).toEqual([
      `flush chain ${name} s-default/s7/tcp/80`,
      `add rule ${name} s-default/s7/tcp/80 meta l4proto tcp dnat to 10.0.1.1:8080`,
      `delete element ${name} hairpin { 10.0.0.8 . 10.0.0.8 }`,
      `add element ${name} hairpin { 10.0.1.1 . 10.0.1.1 }`,
      `delete chain ${name} ${tableFingerprint(before.tables[0]!)}`,
      `add chain ${name} ${tableFingerprint(after.tables[0]!)}`,
    ]);
    expect(compute(services, pods, {}, before).tables).toBe(before.tables);
  });

  it('rules of policies are made anew where they may differ: not where a Pod is ready or being ended', () => {
    const policies: readonly NetworkPolicy[] = [
      {
        metadata: { name: 'web', namespace: 'default' },
        spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 'http' }] }] },
      },
    ];
    const [a, b] = [pod('a', { ip: '10.88.0.2' }), pod('b', { ip: '10.88.0.3' })];
    const before = compute([], [a, b], { policies });
    const after = (changed: Partial<EndpointPod>, more: Partial<ServiceNetworkInput> = {}) =>
      compute([], [a, { ...b!, ...changed }], { policies, ...more }, before).policyTables;
    for (const same of [
      { ready: false },
      { terminating: true },
      { hostname: 'x', subdomain: 'y' },
      { hostPorts: ['TCP/80'] },
      { labels: { app: 'web' } },
    ])
      expect(after(same)).toBe(before.policyTables);
    for (const other of [{ namespace: 'x' }, { ips: ['10.88.0.4'] }, { hostNetwork: true }, { ports: [] }]) {
      expect(after(other)).not.toEqual(before.policyTables);
      expect(after(other)).toEqual(compute([], [a, { ...b!, ...other }], { policies }).policyTables);
    }
    expect(after({}, { namespaces: new Map() })).not.toBe(before.policyTables);
    expect(compute([], [a], { policies }, before).policyTables).toEqual(compute([], [a], { policies }).policyTables);
  });

  it('labels of a Pod are nothing to policies that no selector of theirs tells apart', () => {
    const policies: readonly NetworkPolicy[] = [
      {
        metadata: { name: 'db', namespace: 'default' },
        spec: {
          podSelector: { matchLabels: { role: 'db' } },
          policyTypes: ['Ingress', 'Egress'],
          ingress: [{ from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'shop'] }] } }] }],
          egress: [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { app: 'log' } } }] }],
        },
      },
    ];
    const [db, web] = [
      { ...pod('a', { ip: '10.88.0.2' })!, labels: { role: 'db' } },
      { ...pod('b', { ip: '10.88.0.3' })!, labels: { app: 'web' } as Record<string, string> },
    ];
    const before = compute([], [db, web], { policies });
    const after = (labels: Record<string, string>) => compute([], [db, { ...web, labels }], { policies }, before).policyTables;
    const same: readonly Record<string, string>[] = [{ app: 'shop' }, { app: 'web', turn: '2' }];
    for (const labels of same) expect(after(labels)).toBe(before.policyTables);
    const others: readonly Record<string, string>[] = [{}, { app: 'log' }, { app: 'web', role: 'db' }];
    for (const labels of others) {
      expect(after(labels)).not.toEqual(before.policyTables);
      expect(after(labels)).toEqual(compute([], [db, { ...web, labels }], { policies }).policyTables);
    }
  });

  it('what is computed step by step is what is computed at once', () => {
    let network = compute([], []);
    for (let step = 0; step < 100; step++) {
      const random = (count: number): number => (Math.imul(step + 1, 2_654_435_761) >>> 7) % count;
      const some = services.filter((_, i) => (i + random(7)) % 3 !== 0);
      const pods = some.flatMap((_, i) => ((i + random(5)) % 4 === 0 ? [] : [podOf(i, `10.0.${random(3)}.${i + 1}`)]));
      const previous = network.allocations;
      network = compute(some, pods, { previous }, network);
      const whole = compute(some, pods, { previous });
      expect(tableFingerprint(network.tables[0]!)).toBe(tableFingerprint(whole.tables[0]!));
      expect(new Map(network.records)).toEqual(whole.records);
      expect(network.slices).toEqual(whole.slices);
    }
  }, 120_000);

  it('a Service has the Pods of every pair of its selector and of its namespace, in their order, however many Services ask', () => {
    const labelled = (i: number, labels: Record<string, string>, namespace = 'default'): EndpointPod => ({
      ...pod(`p${i}`, { ip: `10.0.0.${i}` })!,
      labels,
      namespace,
    });
    const some = [
      labelled(1, { tier: 'a', app: 'x' }),
      labelled(2, { app: 'x' }),
      labelled(3, { app: 'x', tier: 'a' }, 'other'),
      labelled(4, { app: 'x', tier: 'a' }),
      labelled(5, { app: 'y', tier: 'a' }),
    ];
    const both = Array.from({ length: 20 }, (_, i) => service(`s${i}`, { selector: { app: 'x', tier: 'a' } }));
    const names = ({ parts }: ServiceNetwork) => [...parts.values()].map(({ pods }) => pods.map(({ name }) => name).join());
    const before = compute([...both, service('none', { selector: {} }), service('constructor', { selector: { constructor: 'x' } })], some);
    expect(names(before)).toEqual([...both.map(() => 'p1,p4'), '', '']);
    // One goes, one comes in the middle, one has other labels now.
    const after = compute(
      both,
      [labelled(6, { app: 'x', tier: 'a' }), some[1]!, labelled(7, { tier: 'a', app: 'x' }), some[3]!],
      {},
      before,
    );
    expect(names(after)).toEqual(both.map(() => 'p6,p7,p4'));
    const last = compute(both, [labelled(6, { app: 'x', tier: 'a' }), labelled(2, { app: 'x', tier: 'a' }), some[3]!], {}, after);
    expect(names(last)).toEqual(both.map(() => 'p6,p2,p4'));
  });

  it('rules have no comments, however long names are: the kernel takes 128 bytes of one', () => {
    const long = service('s'.repeat(63), { clusterIP: '10.96.0.10', selector: { app: 'web' }, type: 'NodePort' });
    const { tables } = compute([long], [pod('a', { ip: '10.1.0.1' })]);
    const script = tables.map(wholeTableScript).join('');
    expect(script).toContain('10.96.0.10');
    expect(script).not.toContain('comment');
  });

  it('datagrams forget endpoints that left, also the last one, and places that nobody knew', () => {
    const dns = service('dns', {
      clusterIP: '10.96.0.10',
      clusterIPs: ['10.96.0.10'],
      ports: [{ name: 'http', port: 53, targetPort: 5353, protocol: 'UDP' }],
    });
    const forwards = (pods: readonly (EndpointPod | undefined)[]) =>
      [...compute([dns], pods).parts.values()].flatMap(({ rules }) => rules.flatMap((one) => one.forwards));
    const [none, one] = [forwards([]), forwards([pod('a', { ip: '10.0.0.1' })])];
    expect(conntrackFlushes(one, none)).toEqual([{ protocol: 'udp', address: '10.96.0.10', port: 53, endpoint: '10.0.0.1' }]);
    expect(conntrackFlushes([], one)).toEqual([{ protocol: 'udp', address: '10.96.0.10', port: 53 }]);
    expect(conntrackFlushes(one, one)).toEqual([]);
  });
});
