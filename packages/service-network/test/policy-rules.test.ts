import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '@solo-kubelet/object-spec';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { numberOf } from '../src/core/ip-address.js';
import { computePolicyTables, decideConnection, type EndpointPod, type NftTable, type PolicyEnd, readPolicies } from '../src/index.js';

interface Packet {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
}

const numbers = new Map<string, bigint>();
const toNumber = (text: string): bigint => {
  const number = numbers.get(text) ?? (/[.:]/.test(text) ? numberOf(text)! : BigInt(text));
  numbers.set(text, number);
  return number;
};

/** What the kernel does with the first packet of a connection at forward, of the statements that policies use. */
const passes = (table: NftTable, packet: Packet): boolean => {
  const isIn = (text: string, value: string): boolean => {
    if (text.startsWith('@')) {
      const set = table.sets.get(text.slice(1));
      if (set === undefined) throw new Error(`no set ${text}`);
      return [...set.elements!.keys()].some((one) => isIn(one, value));
    }
    if (text.includes(' . ') || value.includes(' . ')) return text === value;
    const [first = '', last = first] = text.split('-');
    return toNumber(first) <= toNumber(value) && toNumber(value) <= toNumber(last);
  };
  const matches: readonly (readonly [RegExp, (set: string) => boolean])[] = [
    [/^ct state established,related /, () => false],
    [/^icmpv6 type \{ [^}]* \} /, () => false],
    [/^ip6? saddr \. ip6? daddr (\S+) /, (set) => isIn(set, `${packet.from} . ${packet.to}`)],
    [
      /^ip6? daddr \. meta l4proto \. th dport (\S+) /,
      (set) => isIn(set, `${packet.to} . ${packet.protocol.toLowerCase()} . ${packet.port}`),
    ],
    [/^ip6? saddr (?!vmap)(\S+) /, (set) => isIn(set, packet.from)],
    [/^ip6? daddr (?!vmap)(\S+) /, (set) => isIn(set, packet.to)],
    [/^meta l4proto (\w+) /, (protocol) => protocol === packet.protocol.toLowerCase()],
    [/^(?:tcp|udp|sctp) dport (\S+) /, (set) => isIn(set, String(packet.port))],
  ];
  const run = (chain: string): 'accept' | 'drop' | 'return' => {
    rules: for (const rule of table.chains.get(chain)!.rules) {
      let rest = rule;
      for (;;) {
        const found = matches.find(([pattern]) => pattern.test(rest));
        if (found === undefined) break;
        const [all, set = ''] = found[0].exec(rest)!;
        const isOfProtocol = !/^(tcp|udp|sctp) /.test(rest) || rest.startsWith(packet.protocol.toLowerCase());
        if (!isOfProtocol || !found[1](set)) continue rules;
        rest = rest.slice(all.length);
      }
      const [, side, map] = /^ip6? ([sd])addr vmap @(\S+)$/.exec(rest) ?? [];
      const target = map === undefined ? rest : table.sets.get(map)!.elements!.get(side === 's' ? packet.from : packet.to);
      if (target === undefined) continue;
      if (target === 'return') return 'return';
      if (target === 'accept') return 'accept';
      if (target === 'counter drop') return 'drop';
      const [, how, where = ''] = /^(jump|goto) (\S+)$/.exec(target) ?? [];
      if (how === undefined) throw new Error(`no such statement: ${target}`);
      const end = run(where);
      if (end !== 'return' || how === 'goto') return end;
    }
    return 'return';
  };
  return run('forward') !== 'drop';
};

const NAMES = ['http', 'dns', 'metrics'];
const pods: readonly EndpointPod[] = ['x', 'y'].flatMap((namespace, n) =>
  ['a', 'b', 'c'].map((name, i) => ({
    namespace,
    name,
    uid: `${namespace}/${name}`,
    labels: { pod: name, ...(i > 0 && { tier: 'back' }) },
    ips: [`10.0.${n}.${i + 1}`, `fd00:${n}::${i + 1}`],
    hostNetwork: namespace === 'y' && name === 'c',
    hostname: '',
    subdomain: '',
    ready: true,
    terminating: false,
    ports: NAMES.slice(i).flatMap((port, p) => [
      { name: port, protocol: 'TCP', port: 1 + ((p + i) % 5) },
      { name: port, protocol: 'UDP', port: 1 + ((p + i + n) % 5) },
      // The first of a name counts.
      { name: port, protocol: 'TCP', port: 5 },
    ]),
    hostPorts: [],
  })),
);
const namespaces = new Map<string, Readonly<Record<string, string>>>([
  ['x', { ns: 'x', kind: 'app' }],
  ['y', { ns: 'y' }],
]);

const labels = fc.constantFrom(
  {},
  { matchLabels: { pod: 'a' } },
  { matchLabels: { pod: 'b' } },
  { matchLabels: { tier: 'back' } },
  { matchExpressions: [{ key: 'pod', operator: 'NotIn', values: ['a'] }] },
  { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] },
  { matchLabels: { pod: 'nobody' } },
);
const spaces = fc.constantFrom(
  {},
  { matchLabels: { ns: 'x' } },
  { matchLabels: { 'kubernetes.io/metadata.name': 'y' } },
  { matchExpressions: [{ key: 'kind', operator: 'Exists' }] },
);
const block = fc.constantFrom<NetworkPolicyPeer>(
  { ipBlock: { cidr: '0.0.0.0/0' } },
  { ipBlock: { cidr: '::/0' } },
  { ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/30', '10.0.0.2/31', '255.0.0.0/8'] } },
  { ipBlock: { cidr: '10.0.0.0/24', except: ['10.0.0.0/31', '10.0.0.2/32'] } },
  { ipBlock: { cidr: '10.0.0.2/32' } },
  { ipBlock: { cidr: '10.0.0.0/16', except: ['10.0.1.0/24'] } },
  { ipBlock: { cidr: '10.0.0.0/16', except: ['10.0.0.0/16'] } },
  { ipBlock: { cidr: 'fd00::/32', except: ['fd00::2/127', 'fd00:1::/64'] } },
  { ipBlock: { cidr: '8000::/1' } },
);
const peer = fc.oneof(
  labels.map((podSelector) => ({ podSelector })),
  spaces.map((namespaceSelector) => ({ namespaceSelector })),
  fc.record({ podSelector: labels, namespaceSelector: spaces }),
  block,
) as fc.Arbitrary<NetworkPolicyPeer>;
const port = fc
  .record(
    {
      protocol: fc.constantFrom('TCP', 'UDP', 'SCTP'),
      port: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(...NAMES)),
      endPort: fc.integer({ min: 1, max: 6 }),
    },
    { requiredKeys: [] },
  )
  .map(
    ({ endPort, ...one }): NetworkPolicyPort => ({
      ...one,
      ...(typeof one.port === 'number' && endPort !== undefined && endPort >= one.port && { endPort }),
    }),
  );
const rule = fc.record({ peers: fc.array(peer, { maxLength: 3 }), ports: fc.array(port, { maxLength: 4 }) });
const policies = fc.array(
  fc
    .record({
      namespace: fc.constantFrom('x', 'y'),
      podSelector: labels,
      ingress: fc.array(rule, { maxLength: 3 }),
      egress: fc.array(rule, { maxLength: 3 }),
      policyTypes: fc.constantFrom(undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    })
    .map(
      ({ namespace, podSelector, ingress, egress, policyTypes }) =>
        ({
          metadata: { namespace },
          spec: {
            podSelector,
            ingress: ingress.map(({ peers, ports }) => ({ from: peers, ports })),
            egress: egress.map(({ peers, ports }) => ({ to: peers, ports })),
            ...(policyTypes && { policyTypes }),
          },
        }) as NetworkPolicy,
    ),
  { minLength: 1, maxLength: 4 },
);

it('the rules do what the decision says: selectors, blocks with exceptions, numbers, names and ranges of ports, both directions and families', () => {
  const strangers = ['10.0.0.0', '10.0.9.9', '192.0.2.1', '255.1.1.1', 'fd00::9', 'fd00:1::1:1', '2001:db8::1', 'ffff::1'];
  let [allowed, denied] = [0, 0];
  fc.assert(
    fc.property(policies, (list) => {
      const set = readPolicies({
        policies: list.map((one, i) => ({ ...one, metadata: { ...one.metadata, name: `p${i}` } })),
        namespaces,
      });
      const tables = computePolicyTables({ policies: set, pods, families: ['IPv4', 'IPv6'], owner: 'test' });
      for (const [i, table] of tables.entries()) {
        const placed = pods.filter(({ hostNetwork }) => !hostNetwork);
        const ends: readonly { readonly end: PolicyEnd; readonly address: string }[] = [
          // Of one family, as the packet is.
          ...placed.map((pod) => ({ end: { type: 'pod', pod: { ...pod, ips: [pod.ips[i]!] } } as const, address: pod.ips[i]! })),
          ...strangers
            .filter((address) => address.includes(':') === (i === 1))
            .map((address) => ({ end: { type: 'address', address } as const, address })),
        ];
        for (const from of ends)
          for (const to of ends)
            for (const protocol of ['TCP', 'UDP', 'SCTP'])
              for (const number of [1, 2, 3, 4, 5, 6]) {
                const asked = { from: from.end, to: to.end, protocol, port: number };
                const wanted = decideConnection(set, asked).allowed;
                if (wanted) allowed++;
                else denied++;
                if (passes(table, { from: from.address, to: to.address, protocol, port: number }) !== wanted)
                  throw new Error(
                    `${from.address} -> ${to.address} ${number}/${protocol}: the decision is ${wanted}\n${JSON.stringify(list)}`,
                  );
              }
      }
    }),
    { numRuns: 30, seed: 21 },
  );
  expect(Math.min(allowed, denied)).toBeGreaterThan(10_000);
});

it('Pods whose rules are the same share a chain, and rules that find the same a set', () => {
  const [table] = computePolicyTables({
    owner: 'test',
    families: ['IPv4'],
    pods,
    policies: readPolicies({
      namespaces,
      policies: [
        {
          metadata: { name: 'p', namespace: 'x' },
          spec: {
            podSelector: {},
            ingress: [
              {
                from: [{ namespaceSelector: {} }],
                ports: [{ port: 80 }, { port: 82, endPort: 84 }, { port: 83 }, { protocol: 'UDP', port: 53 }],
              },
              { from: [{ podSelector: {} }, { namespaceSelector: { matchLabels: { ns: 'y' } } }], ports: [{ protocol: 'SCTP' }] },
            ],
          },
        },
      ],
    }),
  });
  const chains = [...table!.chains].filter(([name]) => name.startsWith('i-'));
  expect(chains.map(([, { rules }]) => rules)).toEqual([
    [
      expect.stringMatching(/^ip saddr @a-\w+ tcp dport @p-\w+ return$/),
      expect.stringMatching(/^ip saddr @a-\w+ udp dport 53 return$/),
      expect.stringMatching(/^ip saddr @a-\w+ meta l4proto sctp return$/),
      'goto deny',
    ],
  ]);
  expect([...table!.sets.keys()].filter((name) => name.startsWith('a-'))).toHaveLength(1);
  const portSet = [...table!.sets].find(([name]) => name.startsWith('p-'))?.[1];
  expect([...portSet!.elements!.keys()]).toEqual(['80', '82-84']);
});
