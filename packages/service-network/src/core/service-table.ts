import type { IpFamily } from './ip-address.js';
import type { IpRange } from './ip-range.js';
import type { NftChain, NftSet, NftTable } from './nft-table.js';
import type { ServiceRules } from './service-rules.js';
import { textHash } from './text-hash.js';

/** The table's name is the claim to it: nobody else's is touched, and of this one everything. `owner`: what nodes of one machine are told apart by. */
export const serviceTableName = (owner: string): string => `solo-svc-${textHash(owner).toString(16).padStart(8, '0')}`;

export interface ServiceTableInput {
  readonly name: string;
  readonly family: IpFamily;
  readonly parts: readonly ServiceRules[];
  /** Of this family. */
  readonly ranges: readonly IpRange[];
  /** Of this family: those that take node ports. */
  readonly nodeAddresses: readonly string[];
  /** The table before, and what it was made of, of the same node: what none of the changed parts has to do with is taken over. */
  readonly before?: { readonly table: NftTable; readonly parts: readonly ServiceRules[] } | undefined;
}

/** Sets by the part of a Service's rules that fills them; two that exclude each other go together. */
const FILLED_BY = {
  vips: ['vips', 'none'],
  none: ['vips', 'none'],
  firewall: ['firewall'],
  'node-ports': ['nodePorts', 'noneNodePorts'],
  'none-node-ports': ['nodePorts', 'noneNodePorts'],
  'cluster-ips': ['clusterIps'],
  'own-ips': ['ownIps'],
  hairpin: ['hairpin'],
  remote: ['remote'],
} as const satisfies Record<string, readonly (keyof ServiceRules)[]>;

/** Sets that are what they were: of the parts that changed none says anything else about them. */
const keptSets = ({ parts, before }: Pick<ServiceTableInput, 'parts' | 'before'>): ReadonlySet<string> => {
  if (before?.parts.length !== parts.length) return new Set();
  const changed = parts.flatMap((part, i) => (part === before.parts[i] ? [] : [[part, before.parts[i]!] as const]));
  if (changed.length > MOST_COMPARED) return new Set();
  const isSame = (field: keyof ServiceRules): boolean =>
    changed.every(([part, old]) => JSON.stringify(part[field]) === JSON.stringify(old[field]));
  return new Set(Object.entries(FILLED_BY).flatMap(([name, fields]) => (fields.every(isSame) ? [name] : [])));
};

/** With more changes it is no dearer to make them anew. */
const MOST_COMPARED = 100;

/**
 * All Services of a family. NAT is at -101: of chains with one priority that which was registered last runs first, and those of CNI's portmap are at -100.
 * Filters are at 0 and see what no rule translated. Where two Services want one place the first has it.
 */
export const serviceTable = ({ name: tableName, family, parts, ranges, nodeAddresses, before }: ServiceTableInput): NftTable => {
  const kept = keptSets({ parts, before });
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const addr = family === 'IPv4' ? 'ipv4_addr' : 'ipv6_addr';
  const place = `type ${addr} . inet_proto . inet_service : verdict;`;
  const vips = new Map<string, string>();
  const none = new Map<string, string>();
  const nodePorts = new Map<string, string>();
  const noneNodePorts = new Map<string, string>();
  const firewall = new Map<string, string>();
  const clusterIps = new Map<string, string>();
  const ownIps = new Map<string, string>();
  const hairpin = new Map<string, string>();
  const remote = new Map<string, string>();
  const affinity: (readonly [string, NftSet])[] = [];
  const chains = new Map<string, NftChain>();
  const put = (map: Map<string, string>, other: Map<string, string>, [key, value]: readonly [string, string]): void => {
    if (!map.has(key) && !other.has(key)) map.set(key, value);
  };
  for (const part of parts) {
    if (!kept.has('cluster-ips')) for (const one of part.clusterIps) clusterIps.set(one, '');
    if (!kept.has('own-ips')) for (const one of part.ownIps) ownIps.set(one, '');
    if (!kept.has('vips')) for (const one of part.vips) put(vips, none, one);
    if (!kept.has('none')) for (const one of part.none) put(none, vips, one);
    if (!kept.has('node-ports')) for (const one of part.nodePorts) put(nodePorts, noneNodePorts, one);
    if (!kept.has('none-node-ports')) for (const one of part.noneNodePorts) put(noneNodePorts, nodePorts, one);
    if (!kept.has('firewall')) for (const one of part.firewall) put(firewall, firewall, one);
    if (!kept.has('hairpin')) for (const one of part.hairpin) hairpin.set(one, '');
    if (!kept.has('remote')) for (const one of part.remote) remote.set(one, '');
    for (const [name, seconds] of part.affinitySets)
      affinity.push([name, { kind: 'set', declaration: `type ${addr}; flags dynamic,timeout; timeout ${seconds}s;`, elements: undefined }]);
    for (const [name, chain] of part.chains) chains.set(name, chain);
  }
  const at = `${ip} daddr . meta l4proto . th dport vmap`;
  const refused = [
    `ct state new ${at} @none`,
    `ct state new ${ip} daddr @cluster-ips goto rej`,
    ...ranges.map(({ text }) => `ct state new ${ip} daddr ${text} drop`),
  ];
  const translate = [`${at} @vips`, `${ip} daddr @node-ips meta l4proto . th dport vmap @node-ports`];
  const base = (type: string, hook: string, priority: number): string => `type ${type} hook ${hook} priority ${priority}; policy accept;`;
  const set = (declaration: string, elements: ReadonlyMap<string, string>): NftSet => ({
    kind: declaration.includes(': verdict') ? 'map' : 'set',
    declaration,
    elements,
  });
  const sets: readonly (readonly [string, NftSet])[] = [
    ['vips', set(place, vips)],
    ['none', set(place, none)],
    ['firewall', set(place, firewall)],
    ['node-ports', set('type inet_proto . inet_service : verdict;', nodePorts)],
    ['none-node-ports', set('type inet_proto . inet_service : verdict;', noneNodePorts)],
    ['cluster-ips', set(`type ${addr};`, clusterIps)],
    ['own-ips', set(`type ${addr};`, ownIps)],
    ['node-ips', set(`type ${addr};`, new Map(nodeAddresses.map((one) => [one, ''])))],
    ['hairpin', set(`type ${addr} . ${addr};`, hairpin)],
    ['remote', set(`type ${addr};`, remote)],
    ...affinity,
  ];
  return {
    family: ip,
    name: tableName,
    sets: new Map(sets.map(([name, one]) => [name, (kept.has(name) ? before?.table.sets.get(name) : undefined) ?? one])),
    chains: new Map<string, NftChain>([
      ['rej', { rules: ['meta l4proto tcp reject with tcp reset', 'reject'] }],
      ...chains,
      ['source-pre', { base: base('filter', 'prerouting', -110), rules: [`ct state new ${at} @firewall`] }],
      ['source-out', { base: base('filter', 'output', -110), rules: [`ct state new ${at} @firewall`] }],
      ['nat-pre', { base: base('nat', 'prerouting', -101), rules: translate }],
      ['nat-out', { base: base('nat', 'output', -101), rules: translate }],
      [
        'nat-post',
        {
          base: base('nat', 'postrouting', 100),
          rules: [`ct status dnat ${ip} saddr . ${ip} daddr @hairpin masquerade`, `ct status dnat ${ip} daddr @remote masquerade`],
        },
      ],
      [
        'refuse-in',
        {
          base: base('filter', 'input', 0),
          rules: [
            `ct state new ${at} @none`,
            // Nothing of the node that listens at every address is meant to answer there.
            `ct state new ${ip} daddr @own-ips meta l4proto { tcp, udp, sctp } goto rej`,
            `ct state new ${ip} daddr @node-ips meta l4proto . th dport vmap @none-node-ports`,
          ],
        },
      ],
      ['refuse-fwd', { base: base('filter', 'forward', 0), rules: refused }],
      ['refuse-out', { base: base('filter', 'output', 0), rules: refused }],
    ]),
  };
};
