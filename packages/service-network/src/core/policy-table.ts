import type { EndpointPod } from './endpoint-pod.js';
import { familyOf, type IpFamily } from './ip-address.js';
import type { IpRange } from './ip-range.js';
import {
  isPeer,
  type PolicyDirection,
  type PolicyPeer,
  type PolicyPort,
  type PolicyRule,
  type PolicySet,
  policiesOf,
  portNumbers,
} from './network-policy.js';
import type { NftChain, NftSet, NftTable } from './nft-table.js';
import { textHash } from './text-hash.js';

/** As the table of Services, a table of its own for each node of a machine. */
export const policyTableName = (owner: string): string => `solo-np-${textHash(owner).toString(16).padStart(8, '0')}`;

export interface PolicyTableInput {
  readonly name: string;
  readonly family: IpFamily;
  readonly policies: PolicySet;
  readonly pods: readonly EndpointPod[];
}

/**
 * Policies of a family as rules at forward, where addresses are those behind a Service, and at input for what Pods send to the node. What the node sends is
 * not looked at: probes always pass. A chain `return`s what it allows, so that the other end's chain still runs. What is open when a policy comes stays open.
 */
export const policyTable = ({ name, family, policies, pods }: PolicyTableInput): NftTable => {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const addr = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const placed = pods.flatMap((pod) => {
    const address = pod.hostNetwork ? undefined : pod.ips.find((one) => familyOf(one) === family);
    return address === undefined ? [] : [{ pod, address }];
  });
  const chains = new Map<string, NftChain>();
  const self = new Map<string, string>();
  const verdicts = (direction: PolicyDirection): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    for (const { pod, address } of placed) {
      const isolating = policiesOf(policies, pod, direction);
      if (isolating.length === 0) continue;
      self.set(`${address} . ${address}`, '');
      const rules = isolating.flatMap((policy) => policy.rules.filter((rule) => rule.direction === direction));
      const lines = [...new Set(rules.flatMap((rule) => ruleLines(rule, { pod, placed, family, namespaces: policies.namespaces })))];
      const chain = `${direction === 'Ingress' ? 'i' : 'e'}-${textHash(lines.join('\n')).toString(16).padStart(8, '0')}`;
      chains.set(chain, { rules: [...lines, 'goto deny'] });
      found.set(address, `jump ${chain}`);
    }
    return found;
  };
  const map = (elements: ReadonlyMap<string, string>): NftSet => ({ kind: 'map', declaration: `type ${addr} : verdict;`, elements });
  const [ingress, egress] = [verdicts('Ingress'), verdicts('Egress')];
  const first = [
    'ct state established,related accept',
    // Neighbours find each other by packets that are bridged, and so pass here.
    ...(family === 'IPv6' ? ['icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit, nd-router-advert } accept'] : []),
    `${ip} saddr . ${ip} daddr @self accept`,
    `${ip} saddr vmap @egress-pods`,
  ];
  return {
    family: ip,
    name,
    sets: new Map<string, NftSet>([
      ['self', { kind: 'set', declaration: `type ${addr} . ${addr};`, elements: self }],
      ['ingress-pods', map(ingress)],
      ['egress-pods', map(egress)],
    ]),
    chains: new Map<string, NftChain>([
      ['deny', { rules: ['counter drop'] }],
      ...chains,
      ['forward', { base: 'type filter hook forward priority 1; policy accept;', rules: [...first, `${ip} daddr vmap @ingress-pods`] }],
      ['input', { base: 'type filter hook input priority 1; policy accept;', rules: first }],
    ]),
  };
};

interface Placed {
  readonly pod: EndpointPod;
  readonly address: string;
}

interface RuleContext {
  /** Whose chain it is. */
  readonly pod: EndpointPod;
  readonly placed: readonly Placed[];
  readonly family: IpFamily;
  readonly namespaces: PolicySet['namespaces'];
}

/** One line for each shape of a rule: a peer, and the ports of a protocol. */
const ruleLines = (rule: PolicyRule, context: RuleContext): readonly string[] => {
  const isIngress = rule.direction === 'Ingress';
  const named = rule.ports.filter(({ port }) => typeof port === 'string');
  const numbered = rule.ports.filter(({ port }) => typeof port !== 'string');
  const peers = rule.peers.length === 0 ? [''] : peerMatches(rule.peers, isIngress ? 'saddr' : 'daddr', context);
  if (rule.ports.length === 0) return peers.map((peer) => `${peer} return`.trim());
  const plain = isIngress ? portMatches(rule.ports, context.pod) : portMatches(numbered, undefined);
  const lines = peers.flatMap((peer) => plain.map((port) => `${peer} ${port} return`.trim()));
  if (isIngress || named.length === 0) return lines;
  // The name means something else at each destination.
  const destinations = context.placed.filter(
    ({ pod }) => rule.peers.length === 0 || rule.peers.some((peer) => isPeer(peer, pod, context.namespaces)),
  );
  const byPort = new Map<string, string[]>();
  for (const { pod, address } of destinations)
    for (const port of portMatches(named, pod)) byPort.set(port, [...(byPort.get(port) ?? []), address]);
  return [...lines, ...[...byPort].map(([port, addresses]) => `${ipOf(context)} daddr { ${addresses.join(', ')} } ${port} return`)];
};

const ipOf = ({ family }: Pick<RuleContext, 'family'>): string => (family === 'IPv4' ? 'ip' : 'ip6');

const peerMatches = (peers: readonly PolicyPeer[], side: 'saddr' | 'daddr', context: RuleContext): readonly string[] => {
  const at = `${ipOf(context)} ${side}`;
  const addresses = context.placed
    .filter(({ pod }) => peers.some((peer) => isPeer(peer, pod, context.namespaces)))
    .map(({ address }) => address);
  const blocks = peers.flatMap((peer) => (peer.type === 'block' && peer.block.family === context.family ? [peer] : []));
  return [
    ...(addresses.length === 0 ? [] : [`${at} { ${addresses.join(', ')} }`]),
    ...blocks.map(({ block, except }) =>
      [
        `${at} ${block.text}`,
        ...except.filter(({ family }) => family === context.family).map(({ text }: IpRange) => `${at} != ${text}`),
      ].join(' '),
    ),
  ];
};

/** By protocol, each as one match. */
const portMatches = (ports: readonly PolicyPort[], destination: EndpointPod | undefined): readonly string[] => {
  const byProtocol = new Map<string, { readonly from: number; readonly to: number }[]>();
  for (const port of ports) {
    const numbers = portNumbers(port, destination);
    if (numbers === undefined) continue;
    byProtocol.set(port.protocol, [...(byProtocol.get(port.protocol) ?? []), numbers]);
  }
  return [...byProtocol].flatMap(([protocol, numbers]) => {
    const proto = protocol.toLowerCase();
    if (numbers.some(({ from, to }) => from === 0 && to === 65_535)) return [`meta l4proto ${proto}`];
    return [...new Set(numbers.map(({ from, to }) => `${proto} dport ${from === to ? from : `${from}-${to}`}`))];
  });
};
