import { addressSpan, blockSpans, isEveryAddress, isInSpans, joinSpans, type Span, spanText } from './address-set.js';
import type { EndpointPod } from './endpoint-pod.js';
import { groupBy } from './group-by.js';
import { familyOf, type IpFamily } from './ip-address.js';
import { hasNames, type PolicyDirection, type PolicyPort, type PolicyRule, portNumbers, portsOfNames } from './network-policy.js';
import type { NftChain, NftSet, NftTable } from './nft-table.js';
import type { PoliciesInForce } from './policies-in-force.js';
import { textHash } from './text-hash.js';

/** As the table of Services, a table of its own for each node of a machine. */
export const policyTableName = (owner: string): string => `solo-np-${textHash(owner).toString(16).padStart(8, '0')}`;

export interface PolicyTableInput {
  readonly name: string;
  readonly family: IpFamily;
  readonly policies: PoliciesInForce;
  readonly pods: readonly EndpointPod[];
  /** Tell the kernel's log of some of what is dropped. Default: no. */
  readonly logsDrops?: boolean | undefined;
}

/** So much that a client that tries again and again does not fill the log. */
const DROP_LOG = 'limit rate 10/second burst 20 packets log prefix "solo-np drop: " level info';

/**
 * Policies of a family as rules at forward, where addresses are those behind a Service, and at input for what Pods send to the node. What the node sends is
 * not looked at: probes always pass. A chain `return`s what it allows, so that the other end's chain still runs. What is open when a policy comes stays open.
 * A rule is one line for each protocol: its peers are one set, its ports another, and rules that say the same share them, as Pods with the same rules share a
 * chain. Lines and elements grow with the sum of peers, ports and Pods.
 */
export const policyTable = ({ name, family, policies, pods, logsDrops = false }: PolicyTableInput): NftTable => {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const addr = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const addresses = new Map<EndpointPod, string>();
  for (const pod of pods) {
    const address = pod.hostNetwork ? undefined : pod.ips.find((one) => familyOf(one) === family);
    if (address !== undefined) addresses.set(pod, address);
  }
  const chains = new Map<string, NftChain>();
  const sets = createSets(addr);
  const self = new Map<string, string>();
  const write = createRuleWriter({ family, addresses, policies, sets });
  const chainNames = createNames();
  const verdicts = (direction: PolicyDirection): ReadonlyMap<string, string> => {
    const found = new Map<string, string>();
    for (const { pods: isolated, policies: isolating } of policies.isolated[direction]) {
      const rules = isolating.flatMap(({ key, rules: all }) =>
        policies.leftOut.has(key) ? [] : all.filter((rule) => rule.direction === direction),
      );
      const named = direction === 'Ingress' ? rules.filter(hasNames) : [];
      const made = new Map<string, string>();
      for (const pod of isolated) {
        const address = addresses.get(pod);
        if (address === undefined) continue;
        self.set(`${address} . ${address}`, '');
        const meaning = named
          .map((rule) =>
            portsOfNames(rule, pod)
              .map(({ protocol, port }) => `${protocol} ${port}`)
              .join(),
          )
          .join(';');
        let chain = made.get(meaning);
        if (chain === undefined) {
          const lines = [...new Set(rules.flatMap((rule) => write(rule, pod))), 'goto deny'];
          chain = chainNames(direction === 'Ingress' ? 'i' : 'e', lines.join('\n'));
          chains.set(chain, { rules: lines });
          made.set(meaning, chain);
        }
        found.set(address, `jump ${chain}`);
      }
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
      ...sets.all,
    ]),
    chains: new Map<string, NftChain>([
      ['deny', { rules: [...(logsDrops ? [DROP_LOG] : []), 'counter drop'] }],
      ...chains,
      ['forward', { base: 'type filter hook forward priority 1; policy accept;', rules: [...first, `${ip} daddr vmap @ingress-pods`] }],
      ['input', { base: 'type filter hook input priority 1; policy accept;', rules: first }],
    ]),
  };
};

/** A name for each text, the same for the same one: made of its hash, which others may share. */
const createNames = () => {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  return (prefix: string, text: string): string => {
    const known = names.get(`${prefix} ${text}`);
    if (known !== undefined) return known;
    const hash = `${prefix}-${textHash(text).toString(16).padStart(8, '0')}`;
    let name = hash;
    for (let i = 2; taken.has(name); i++) name = `${hash}-${i}`;
    taken.add(name);
    names.set(`${prefix} ${text}`, name);
    return name;
  };
};

type Sets = ReturnType<typeof createSets>;

/** Sets that rules name; what they hold never changes, as their names are made of it. */
const createSets = (addr: string) => {
  const all = new Map<string, NftSet>();
  const names = createNames();
  const put = (prefix: string, declaration: string, elements: readonly string[]): string => {
    const name = names(prefix, elements.join());
    if (!all.has(name)) all.set(name, { kind: 'set', declaration, elements: new Map(elements.map((one) => [one, ''])) });
    return `@${name}`;
  };
  const oneOr = (elements: readonly string[], prefix: string, type: string): string => {
    const [only = '', ...more] = elements;
    if (more.length === 0) return only;
    return put(prefix, elements.some((one) => one.includes('-')) ? `type ${type}; flags interval;` : `type ${type};`, elements);
  };
  return {
    all,
    addresses: (elements: readonly string[]): string => oneOr(elements, 'a', addr),
    ports: (elements: readonly string[]): string => oneOr(elements, 'p', 'inet_service'),
    places: (elements: readonly string[]): string => put('n', `type ${addr} . inet_proto . inet_service;`, elements),
  };
};

interface RuleWriterInput {
  readonly family: IpFamily;
  /** Of the family, of Pods that have one. */
  readonly addresses: ReadonlyMap<EndpointPod, string>;
  readonly policies: PoliciesInForce;
  readonly sets: Sets;
}

/** Writes a rule as lines for the chain of a Pod. What is the same for all Pods is made once. */
const createRuleWriter = ({ family, addresses, policies, sets }: RuleWriterInput) => {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';

  /** Undefined: everybody. */
  const peerSpans = memoize((rule: PolicyRule): readonly Span<bigint>[] | undefined => {
    if (rule.peers.length === 0) return undefined;
    const spans = joinSpans([
      ...rule.peers.flatMap((peer) => (peer.type === 'block' && peer.block.family === family ? blockSpans(peer.block, peer.except) : [])),
      ...(policies.peersOf.get(rule) ?? []).flatMap((pod) => addressSpan(addresses.get(pod) ?? '') ?? []),
    ]);
    return isEveryAddress(spans, family) ? undefined : spans;
  });

  /** Undefined: nobody. */
  const peerMatch = memoize((rule: PolicyRule): string | undefined => {
    const spans = peerSpans(rule);
    if (spans === undefined) return '';
    return spans.length === 0
      ? undefined
      : `${ip} ${rule.direction === 'Ingress' ? 'saddr' : 'daddr'} ${sets.addresses(spans.map(spanText))} `;
  });

  const numberedLines = memoize((rule: PolicyRule): readonly string[] => {
    const peers = peerMatch(rule);
    if (peers === undefined) return [];
    if (rule.ports.length === 0) return [`${peers}return`];
    return portMatches(rule.ports.filter(isNumbered), sets).map((port) => `${peers}${port} return`);
  });

  /** In egress a name means something else at each destination. */
  const egressNameLines = memoize((rule: PolicyRule): readonly string[] => {
    const spans = peerSpans(rule);
    const places = new Set<string>();
    for (const [pod, address] of addresses) {
      const number = spans && addressSpan(address)?.first;
      if (spans !== undefined && (number === undefined || !isInSpans(spans, number))) continue;
      for (const { protocol, port } of portsOfNames(rule, pod)) places.add(`${address} . ${protocol.toLowerCase()} . ${port}`);
    }
    return places.size === 0 ? [] : [`${ip} daddr . meta l4proto . th dport ${sets.places([...places])} return`];
  });

  const ingressNameLines = (rule: PolicyRule, pod: EndpointPod): readonly string[] => {
    const peers = peerMatch(rule);
    if (peers === undefined) return [];
    const ports = portsOfNames(rule, pod).map(({ protocol, port }) => ({ protocol, port, endPort: undefined }));
    return portMatches(ports, sets).map((port) => `${peers}${port} return`);
  };

  return (rule: PolicyRule, pod: EndpointPod): readonly string[] =>
    !hasNames(rule)
      ? numberedLines(rule)
      : [...numberedLines(rule), ...(rule.direction === 'Ingress' ? ingressNameLines(rule, pod) : egressNameLines(rule))];
};

const memoize = <K extends object, V>(make: (key: K) => V): ((key: K) => V) => {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined || made.has(key)) return known as V;
    const value = make(key);
    made.set(key, value);
    return value;
  };
};

const isNumbered = ({ port }: PolicyPort): boolean => typeof port !== 'string';

/** By protocol, each as one match. */
const portMatches = (ports: readonly PolicyPort[], sets: Sets): readonly string[] =>
  [...groupBy(ports, ({ protocol }) => protocol)].map(([protocol, some]) => {
    const proto = protocol.toLowerCase();
    const spans = joinSpans(
      some.flatMap((port) => {
        const numbers = portNumbers(port, undefined);
        return numbers === undefined ? [] : [{ first: numbers.from, last: numbers.to }];
      }),
    );
    const [one] = spans;
    if (one?.first === 0 && one.last === 65_535) return `meta l4proto ${proto}`;
    return `${proto} dport ${sets.ports(spans.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)))}`;
  });
