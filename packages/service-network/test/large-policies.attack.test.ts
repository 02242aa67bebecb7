import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from '@solo-kubelet/object-spec';
import { expect, it } from 'vitest';
import {
  computePolicyTables,
  computeServiceNetwork,
  decideConnection,
  type EndpointPod,
  type NftTable,
  parseIpRange,
  policiesInForce,
  readPolicies,
  wholeTableScript,
} from '../src/index.js';

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};
const times = <T>(count: number, make: (index: number) => T): readonly T[] => Array.from({ length: count }, (_, i) => make(i));
const pods: readonly EndpointPod[] = times(100, (i) => ({
  namespace: 'shop',
  name: `web-${i}`,
  uid: `web-${i}`,
  labels: { app: 'web', index: String(i) },
  ips: [`10.88.0.${i * 2 + 1}`, `fd88::${(i * 2 + 1).toString(16)}`],
  hostNetwork: false,
  hostname: '',
  subdomain: '',
  ready: true,
  terminating: false,
  ports: times(20, (port) => ({ name: `p${port}`, protocol: 'TCP', port: 1 + ((i * 7 + port) % 1_000) })),
  hostPorts: [],
}));
const policy = (spec: Partial<NetworkPolicySpec>, name = 'large'): NetworkPolicy => ({
  metadata: { name, namespace: 'shop' },
  spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'], ...spec },
});
const named: readonly NetworkPolicyPort[] = times(1_000, (i) => ({ port: `p${i}` }));
const numbered: readonly NetworkPolicyPort[] = times(1_000, (i) => ({
  port: i * 2 + 1,
  protocol: (['TCP', 'UDP', 'SCTP'] as const)[i % 3],
}));
const ranges: readonly NetworkPolicyPort[] = times(1_000, (i) => ({ port: i * 10 + 1, endPort: i * 10 + 5 }));
const everyPod: readonly NetworkPolicyPeer[] = times(1_000, (i) => ({
  podSelector: { matchExpressions: [{ key: 'index', operator: 'NotIn', values: [String(i)] }] },
}));
const blocks: readonly NetworkPolicyPeer[] = times(1_000, (i) => ({
  ipBlock: { cidr: `10.${i >> 2}.${(i & 3) * 64}.0/18`, except: [`10.${i >> 2}.${(i & 3) * 64}.128/25`] },
}));
const both = (peers: readonly NetworkPolicyPeer[], ports: readonly NetworkPolicyPort[]): Partial<NetworkPolicySpec> => ({
  ingress: [{ from: [...peers], ports: [...ports] }],
  egress: [{ to: [...peers], ports: [...ports] }],
});
const tablesOf = (policies: readonly NetworkPolicy[]): readonly NftTable[] =>
  computePolicyTables({ policies: readPolicies({ policies, namespaces: new Map() }), pods, families: ['IPv4', 'IPv6'], owner: 'test' });
const costOf = (policies: readonly NetworkPolicy[]) => {
  const before = cpuMs();
  const tables = tablesOf(policies);
  const script = tables.map(wholeTableScript).join('');
  return { tables, script, ms: cpuMs() - before };
};

it.each<[string, Partial<NetworkPolicySpec>]>([
  ['1,000 selectors that find every Pod, and 1,000 ports', both(everyPod, numbered)],
  ['1,000 selectors and 1,000 ranges of ports', both(everyPod, ranges)],
  ['1,000 selectors and 1,000 names of ports', both(everyPod, named)],
  ['1,000 blocks with exceptions and 1,000 ports', both(blocks, numbered)],
  ['1,000 blocks and names, numbers and ranges of ports', both(blocks, [...named, ...numbered, ...ranges])],
  ['no peers and 1,000 names of ports', both([], named)],
])('a policy of %s for 100 Pods takes little time and is a small script', (_what, spec) => {
  const { script, ms } = costOf([policy(spec)]);
  expect(ms).toBeLessThan(2_000);
  expect(script.length).toBeLessThan(1 << 20);
  expect(script.split('\n').length).toBeLessThan(2_000);
});

it('a hundred policies of 1,000 rules that each select half of the Pods, all different, isolate their Pods, and a small one keeps its rules', () => {
  const policies = [
    ...times(100, (i) =>
      policy(
        {
          podSelector: {
            matchExpressions: [{ key: 'index', operator: 'NotIn', values: times(50, (j) => String((i + j) % 100)) as string[] }],
          },
          ingress: [...times(1_000, (j) => ({ ports: [{ port: j + 1 }] }))],
        },
        `large-${i}`,
      ),
    ),
    policy({ ingress: [{ ports: [{ port: 443 }] }] }, 'small'),
  ];
  const before = cpuMs();
  const network = computeServiceNetwork({
    services: [],
    slices: [],
    pods,
    namespaces: new Map(),
    policies,
    previous: new Map(),
    node: { name: 'node', addresses: ['192.0.2.1'], listeners: new Set() },
    settings: {
      ranges: [parseIpRange('10.96.0.0/16')!],
      nodePorts: { from: 30_000, to: 32_767 },
      clusterDomain: 'cluster.local',
      owner: 'test',
    },
  });
  const script = network.policyTables.map(wholeTableScript).join('');
  expect(cpuMs() - before).toBeLessThan(6_000);
  expect(script.length).toBeLessThan(1 << 20);
  const told = network.problems.filter(({ reason }) => reason === 'TooManyRules').map(({ object }) => object.metadata.name);
  expect(told).toHaveLength(100);
  expect(told).not.toContain('small');
  const inForce = policiesInForce(readPolicies({ policies, namespaces: new Map() }), pods);
  const ask = (port: number) =>
    decideConnection(inForce, {
      from: { type: 'address', address: '192.0.2.9' },
      to: { type: 'pod', pod: pods[0]! },
      port,
      protocol: 'TCP',
    });
  expect(ask(443)).toMatchObject({ allowed: true, steps: [{ rule: 'shop/small spec.ingress[0]' }] });
  expect(ask(80).steps[0]?.tooLarge).toContain('shop/large-1');
  // The chain of each Pod has the small one's line alone.
  for (const { ips } of pods) {
    const jump = network.policyTables[0]!.sets.get('ingress-pods')?.elements?.get(ips[0]!) ?? '';
    expect(network.policyTables[0]!.chains.get(jump.replace('jump ', ''))?.rules).toEqual(['tcp dport 443 return', 'goto deny']);
  }
});

it('selectors that find other Pods in each of 50,000 rules end in little time, and nothing is allowed', () => {
  const rules = times(50_000, (i) => ({
    from: [{ podSelector: { matchExpressions: [{ key: 'index', operator: 'NotIn' as const, values: [String(i % 100), String(i)] }] } }],
  }));
  const { tables, script, ms } = costOf([policy({ ingress: [...rules] })]);
  expect(ms).toBeLessThan(6_000);
  expect(script.length).toBeLessThan(1 << 20);
  expect([...tables[0]!.chains].filter(([name]) => name.startsWith('i-'))).toHaveLength(1);
  expect([...tables[0]!.chains].find(([name]) => name.startsWith('i-'))?.[1].rules).toEqual(['goto deny']);
});
