import type { NetworkPolicy, Service, ServicePort } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  computeServiceNetwork,
  deriveServiceRecords,
  type EndpointPod,
  type NftTable,
  parseIpRange,
  type ServiceNetwork,
  type ServiceNetworkInput,
  type ServiceRecords,
  tableChangeScript,
  wholeTableScript,
} from '../src/index.js';
import { comparable, createNftKernel } from './nft-kernel.js';

/** Of each kind of node; two make 10,000. */
const CHANGES = 5_000;
const NAMESPACES = ['a', 'b'];
const APPS = ['web', 'db', 'sso'];
const FAMILIES = { IPv4: ['10.96.0.0/20'], both: ['10.96.0.0/20', 'fd00:96::/112'] };

type World = Pick<ServiceNetworkInput, 'services' | 'pods' | 'policies'>;
type Change = (world: World) => World;

const from = <T>(values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

const pod = fc
  .record({
    place: fc.nat(11),
    namespace: from(NAMESPACES),
    app: from(APPS),
    ready: fc.boolean(),
    terminating: from([false, false, true]),
    hostNetwork: from([false, false, false, true]),
    port: from([8_080, 8_081]),
    subdomain: from(['', 'web']),
  })
  .map(
    ({ place, namespace, app, port, ...rest }): EndpointPod => ({
      namespace,
      name: `p${place}`,
      uid: `p${place}`,
      labels: { app },
      ips: [`10.1.0.${place + 2}`, `fd01::${place + 2}`],
      hostname: rest.subdomain === '' ? '' : `p${place}`,
      ports: [{ name: 'http', protocol: 'TCP', port }],
      hostPorts: [],
      ...rest,
    }),
  );

const port: fc.Arbitrary<ServicePort> = fc.record({
  name: from(['http', 'dns']),
  port: from([80, 53]),
  protocol: from(['TCP', 'UDP'] as const),
  targetPort: from<number | string>([8_080, 'http']),
});

const service = fc
  .record({
    place: fc.nat(9),
    type: from(['ClusterIP', 'NodePort', 'LoadBalancer', 'headless'] as const),
    app: from(APPS),
    ports: fc.uniqueArray(port, { minLength: 1, maxLength: 2, selector: ({ name }) => name }),
    affinity: from([undefined, 'ClientIP'] as const),
    publishNotReadyAddresses: fc.boolean(),
    sources: from([undefined, ['192.0.2.0/24']] as const),
  })
  .map(
    ({ place, type, app, ports, affinity, publishNotReadyAddresses, sources }): Service => ({
      metadata: { name: `s${place % 5}`, namespace: NAMESPACES[place % 2]!, uid: `s${place}` },
      spec: {
        type: type === 'headless' ? 'ClusterIP' : type,
        ...(type === 'headless' && { clusterIP: 'None' }),
        selector: { app },
        ports,
        publishNotReadyAddresses,
        ...(affinity !== undefined && { sessionAffinity: affinity, sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }),
        ...(type === 'LoadBalancer' && sources !== undefined && { loadBalancerSourceRanges: sources }),
      },
    }),
  );

const policy = fc
  .record({ place: fc.nat(3), app: from(APPS), peer: from(APPS), egress: fc.boolean(), port: from<number | string>([8_080, 'http']) })
  .map(
    ({ place, app, peer, egress, port: number }): NetworkPolicy => ({
      metadata: { name: `n${place}`, namespace: NAMESPACES[place % 2]! },
      spec: {
        podSelector: { matchLabels: { app } },
        policyTypes: egress ? ['Egress'] : ['Ingress'],
        [egress ? 'egress' : 'ingress']: [
          { [egress ? 'to' : 'from']: [{ podSelector: { matchLabels: { app: peer } } }], ports: [{ protocol: 'TCP', port: number }] },
        ],
      },
    }),
  );

const keyOf = ({ metadata }: Service | NetworkPolicy): string => `${metadata.namespace}/${metadata.name}`;
const put = <T>(list: readonly T[], one: T, key: (item: T) => string): readonly T[] =>
  list.some((item) => key(item) === key(one)) ? list.map((item) => (key(item) === key(one) ? one : item)) : [...list, one];
const without = <T>(list: readonly T[], index: number): readonly T[] => list.filter((_, i) => i !== index % Math.max(list.length, 1));

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: pod.map(
      (one): Change =>
        (world) => ({ ...world, pods: put(world.pods, one, ({ uid }) => uid) }),
    ),
  },
  {
    weight: 2,
    arbitrary: fc.nat(20).map(
      (i): Change =>
        (world) => ({ ...world, pods: without(world.pods, i) }),
    ),
  },
  {
    weight: 3,
    arbitrary: service.map(
      (one): Change =>
        (world) => ({ ...world, services: put(world.services, one, keyOf) }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(20).map(
      (i): Change =>
        (world) => ({ ...world, services: without(world.services, i) }),
    ),
  },
  {
    weight: 1,
    arbitrary: policy.map(
      (one): Change =>
        (world) => ({ ...world, policies: put(world.policies, one, keyOf) }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(20).map(
      (i): Change =>
        (world) => ({ ...world, policies: without(world.policies, i) }),
    ),
  },
);

const recordsText = (records: ServiceRecords): string =>
  JSON.stringify([...records].map(([name, list]) => [name, list.map((record) => JSON.stringify(record)).sort()]).sort());

it.each(Object.keys(FAMILIES) as (keyof typeof FAMILIES)[])(
  `after each of ${CHANGES} random changes the kernel and DNS have what a fresh look at all of it comes to: %s`,
  (family) => {
    const settings: ServiceNetworkInput['settings'] = {
      ranges: FAMILIES[family].map((text) => parseIpRange(text)!),
      nodePorts: { from: 30_000, to: 30_100 },
      clusterDomain: 'cluster.local',
      owner: 'random',
    };
    const node = { name: 'n', addresses: ['192.0.2.1'], listeners: new Set<string>() };
    const namespaces = new Map(NAMESPACES.map((name) => [name, {}]));
    const kernel = createNftKernel();
    let world: World = { services: [], pods: [], policies: [] };
    let network: ServiceNetwork | undefined;
    let applied: ReadonlyMap<string, NftTable> = new Map();
    const tableKey = (table: NftTable): string => `${table.family} ${table.name}`;

    for (const [i, next] of fc.sample(change, { numRuns: CHANGES, seed: 20_261 }).entries()) {
      world = next(world);
      const input: ServiceNetworkInput = { ...world, slices: [], namespaces, previous: network?.allocations ?? new Map(), node, settings };
      network = computeServiceNetwork(input, network);
      const fresh = computeServiceNetwork({ ...input, previous: network.allocations });
      const wanted = new Map([...network.policyTables, ...network.tables].map((table) => [tableKey(table), table]));
      for (const [key, table] of wanted) {
        const before = applied.get(key);
        kernel.load(before === undefined ? wholeTableScript(table) : before === table ? '' : tableChangeScript(before, table));
      }
      for (const [key] of applied) if (!wanted.has(key)) kernel.load(`delete table ${key}`);
      applied = wanted;
      // Texts are compared: matchers for objects would take most of the time.
      const model = new Map([...fresh.policyTables, ...fresh.tables].map((table) => [tableKey(table), table]));
      const there = JSON.stringify([...model.keys()].map((key) => kernel.table(key)));
      const expected = JSON.stringify([...model.values()].map(comparable));
      if (there !== expected) expect({ i, tables: JSON.parse(there) }).toEqual({ i, tables: JSON.parse(expected) });
      expect([...wanted.keys()]).toEqual([...model.keys()]);
      const { services, slices } = fresh;
      const records = recordsText(deriveServiceRecords({ clusterDomain: 'cluster.local', services, slices, namespaces: NAMESPACES }));
      if (recordsText(network.records) !== records) expect({ i, records: recordsText(network.records) }).toEqual({ i, records });
    }
  },
  // Half a minute on a machine that is not busy.
  1_800_000,
);
