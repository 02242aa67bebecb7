import type { NetworkPolicy, NetworkPolicySpec } from '@solo-kubelet/object-spec';
import { describe, expect, it } from 'vitest';
import type { EndpointPod } from './endpoint-pod.js';
import { decideConnection, type PolicyEnd, readPolicies } from './network-policy.js';

const pod = (namespace: string, name: string, more: Partial<EndpointPod> = {}): EndpointPod => ({
  namespace,
  name,
  uid: `${namespace}/${name}`,
  labels: { pod: name },
  ips: [`10.0.${'xyz'.indexOf(namespace)}.${'abc'.indexOf(name) + 1}`],
  hostNetwork: false,
  hostname: '',
  subdomain: '',
  ready: true,
  terminating: false,
  ports: [
    { name: 'serve-80', protocol: 'TCP', port: 80 },
    { name: 'serve-81', protocol: 'UDP', port: 81 },
  ],
  hostPorts: [],
  ...more,
});
const policy = (spec: Partial<NetworkPolicySpec>, name = 'p', namespace = 'x'): NetworkPolicy => ({
  metadata: { name, namespace },
  spec: { podSelector: { matchLabels: { pod: 'a' } }, ...spec },
});
const all = ['x', 'y', 'z'].flatMap((namespace) => ['a', 'b', 'c'].map((name) => pod(namespace, name)));
const namespaces = new Map(['x', 'y', 'z'].map((name) => [name, { ns: name }]));
const end = (text: string): PolicyEnd => {
  const found = all.find(({ uid }) => uid === text);
  return found === undefined ? { type: 'address', address: text } : { type: 'pod', pod: found };
};
interface Asked {
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  readonly protocol?: string;
}
const ask = (policies: readonly NetworkPolicy[], { from = 'y/b', to = 'x/a', port = 80, protocol = 'TCP' }: Asked) =>
  decideConnection(readPolicies({ policies, namespaces }), { from: end(from), to: end(to), port, protocol });
const may = (policies: readonly NetworkPolicy[], asked: Asked): boolean => ask(policies, asked).allowed;

describe('decideConnection', () => {
  it.each([
    ['no policy', undefined, {}, true],
    ['an absent list of rules allows nothing', {}, {}, false],
    ['an empty list of rules allows nothing', { ingress: [] }, {}, false],
    ['one empty rule allows everything', { ingress: [{}] }, {}, true],
    ['an empty list of peers is everybody', { ingress: [{ from: [] }] }, {}, true],
    ['an empty list of ports is every port', { ingress: [{ ports: [] }] }, { protocol: 'UDP', port: 9 }, true],
    ['others are not isolated', { ingress: [] }, { to: 'x/b' }, true],
    ['an empty pod selector is all pods of the namespace', { podSelector: {}, ingress: [] }, { to: 'x/c' }, false],
    ['... and of no other', { podSelector: {}, ingress: [] }, { to: 'z/c' }, true],
    ['a pod selector alone is of the own namespace', { ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] }, {}, false],
    ['... where it matches', { ingress: [{ from: [{ podSelector: { matchLabels: { pod: 'b' } } }] }] }, { from: 'x/b' }, true],
    [
      'a namespace selector alone is all its pods',
      { ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } } }] }] },
      { from: 'y/c' },
      true,
    ],
    [
      'both in one item must match',
      { ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'y' } }, podSelector: { matchLabels: { pod: 'a' } } }] }] },
      { from: 'y/b' },
      false,
    ],
    [
      'of two items one is enough',
      { ingress: [{ from: [{ namespaceSelector: { matchLabels: { ns: 'z' } } }, { namespaceSelector: { matchLabels: { ns: 'y' } } }] }] },
      {},
      true,
    ],
    [
      'namespaces have their name as a label',
      { ingress: [{ from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'y' } } }] }] },
      {},
      true,
    ],
    [
      'expressions count',
      { ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'ns', operator: 'NotIn', values: ['y'] }] } }] }] },
      {},
      false,
    ],
    ['a port by number', { ingress: [{ ports: [{ port: 80 }] }] }, {}, true],
    ['... and no other', { ingress: [{ ports: [{ port: 80 }] }] }, { port: 81 }, false],
    ['... of its protocol alone', { ingress: [{ ports: [{ port: 80, protocol: 'UDP' }] }] }, {}, false],
    ['a range to its end', { ingress: [{ ports: [{ port: 70, endPort: 80 }] }] }, {}, true],
    ['a port by the name that the destination gives it', { ingress: [{ ports: [{ port: 'serve-80' }] }] }, {}, true],
    ['... of that protocol', { ingress: [{ ports: [{ port: 'serve-81' }] }] }, { port: 81 }, false],
    ['all ports of a protocol', { ingress: [{ ports: [{ protocol: 'UDP' }] }] }, { protocol: 'UDP', port: 5 }, true],
    ['a block of addresses', { ingress: [{ from: [{ ipBlock: { cidr: '198.51.100.0/24' } }] }] }, { from: '198.51.100.7' }, true],
    [
      'without what is left out of it',
      { ingress: [{ from: [{ ipBlock: { cidr: '198.51.100.0/24', except: ['198.51.100.0/28'] } }] }] },
      { from: '198.51.100.7' },
      false,
    ],
    [
      'what one block leaves out another may allow',
      {
        ingress: [
          { from: [{ ipBlock: { cidr: '198.51.100.0/24', except: ['198.51.100.0/28'] } }, { ipBlock: { cidr: '198.51.100.7/32' } }] },
        ],
      },
      { from: '198.51.100.7' },
      true,
    ],
    ['egress: [] alone isolates nobody for egress', { egress: [] }, { from: 'x/a', to: 'y/b' }, true],
    ['egress with a rule does', { egress: [{ to: [{ podSelector: {} }] }] }, { from: 'x/a', to: 'y/b' }, false],
    ['policyTypes with Egress alone lets everything in', { policyTypes: ['Egress'] }, {}, true],
    ['... and nothing out', { policyTypes: ['Egress'] }, { from: 'x/a', to: 'y/b' }, false],
    [
      'a name in egress is the destination pod',
      { policyTypes: ['Egress'], egress: [{ ports: [{ port: 'serve-80' }] }] },
      { from: 'x/a', to: 'y/b' },
      true,
    ],
    [
      '... and nothing of an address',
      { policyTypes: ['Egress'], egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }], ports: [{ port: 'serve-80' }] }] },
      { from: 'x/a', to: '198.51.100.7' },
      false,
    ],
    ['a pod reaches itself', { ingress: [], policyTypes: ['Ingress', 'Egress'] }, { from: 'x/a', to: 'x/a' }, true],
  ] as const)('%s', (_, spec, asked, allowed) => {
    expect(may(spec === undefined ? [] : [policy(spec as unknown as Partial<NetworkPolicySpec>)], asked as Asked)).toBe(allowed);
  });

  it('policies add up, and the decision names the rule', () => {
    const policies = [
      policy({ ingress: [] }, 'deny'),
      policy({ ingress: [{ ports: [{ port: 9 }] }, { from: [{ namespaceSelector: {} }] }] }, 'open'),
    ];
    expect(ask(policies, {})).toMatchObject({
      allowed: true,
      steps: [
        { direction: 'Egress', allowed: true, isolatedBy: [] },
        { direction: 'Ingress', allowed: true, isolatedBy: ['x/deny', 'x/open'], rule: 'x/open spec.ingress[1]' },
      ],
    });
  });

  it('both sides must agree', () => {
    const out = policy({ policyTypes: ['Egress'], podSelector: {} }, 'out', 'y');
    expect(may([policy({ ingress: [{}] }), out], {})).toBe(false);
    expect(may([policy({ ingress: [{}] })], {})).toBe(true);
  });

  it('the node reaches everything, and pods of its network are the node', () => {
    const set = readPolicies({ policies: [policy({ ingress: [] })], namespaces });
    const to = end('x/a');
    expect(decideConnection(set, { from: { type: 'node', address: '192.0.2.1' }, to, port: 80, protocol: 'TCP' })).toMatchObject({
      allowed: true,
      always: 'from the node',
    });
    const host = pod('x', 'a', { hostNetwork: true, uid: 'host' });
    expect(may([policy({ ingress: [] })], {})).toBe(false);
    expect(decideConnection(set, { from: end('y/b'), to: { type: 'pod', pod: host }, port: 80, protocol: 'TCP' }).allowed).toBe(true);
  });

  it('a block is held against the address that packets bear, of a Pod with two', () => {
    const set = readPolicies({ policies: [policy({ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8' } }] }] })], namespaces });
    const both = (name: string, number: number): PolicyEnd => ({
      type: 'pod',
      pod: pod('x', name, { ips: [`10.0.0.${number}`, `fd00::${number}`] }),
    });
    const asked = { from: both('b', 2), to: both('a', 1), port: 80, protocol: 'TCP' };
    expect(decideConnection(set, asked).allowed).toBe(true);
    expect(decideConnection(set, { ...asked, family: 'IPv4' }).allowed).toBe(true);
    expect(decideConnection(set, { ...asked, family: 'IPv6' }).allowed).toBe(false);
    // Who has one family alone comes by that.
    const from: PolicyEnd = { type: 'pod', pod: pod('x', 'b', { ips: ['fd00::2', '10.0.0.2'] }) };
    expect(decideConnection(set, { ...asked, from }).allowed).toBe(true);
    const to: PolicyEnd = { type: 'pod', pod: pod('x', 'a', { ips: ['fd00::1'] }) };
    expect(decideConnection(set, { ...asked, to }).allowed).toBe(false);
  });
});
