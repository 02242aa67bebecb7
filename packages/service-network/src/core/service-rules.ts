import type { Endpoint, EndpointSlice, Service, ServicePort } from '@solo-kubelet/object-spec';
import { familyOf, type IpFamily } from './ip-address.js';
import { isInRange, parseIpRange } from './ip-range.js';
import type { NftChain } from './nft-table.js';
import { numberedSlices, type PortEndpoint, placesOf, usedEndpoints } from './used-endpoints.js';

/** What one Service puts into the table of a family. */
export interface ServiceRules {
  /** Addresses that are its alone: what is asked of them at other ports is refused. */
  readonly clusterIps: readonly string[];
  /** Addresses of load balancers that are no address of the node: what is asked of them at other ports is refused, though the machine has them. */
  readonly ownIps: readonly string[];
  readonly vips: Elements;
  readonly nodePorts: Elements;
  /** Where nothing answers. */
  readonly none: Elements;
  readonly noneNodePorts: Elements;
  readonly firewall: Elements;
  /** Endpoints that may be clients of themselves, as source and destination: `10.0.0.1 . 10.0.0.1`. */
  readonly hairpin: readonly string[];
  /** Endpoints beyond this node: their replies must come back by it. */
  readonly remote: readonly string[];
  /** Seconds by set of clients that stay with an endpoint. */
  readonly affinitySets: readonly (readonly [name: string, seconds: number])[];
  readonly chains: readonly (readonly [name: string, chain: NftChain])[];
  /** For conntrack, which forgets nothing by itself where there are no connections. */
  readonly forwards: readonly Forward[];
}

type Elements = readonly (readonly [key: string, value: string])[];

/** Where datagrams for a place go. */
export interface Forward {
  readonly protocol: 'udp' | 'sctp';
  /** Undefined: any address of the node. */
  readonly address: string | undefined;
  readonly port: number;
  readonly endpoints: readonly string[];
}

export interface ServiceRulesInput {
  readonly service: Service;
  readonly slices: readonly EndpointSlice[];
  readonly family: IpFamily;
  readonly node: {
    readonly name: string;
    /** Of both families. */
    readonly addresses: readonly string[];
  };
  /** `PROTOCOL/PORT` of the node that Services may not have: somebody else answers there. */
  readonly takenPorts: ReadonlySet<string>;
}

/** Of Services that somebody else forwards, as pkg/proxy/apis LabelServiceProxyName. */
export const PROXY_NAME_LABEL = 'service.kubernetes.io/service-proxy-name';

export const isProxied = ({ metadata, spec }: Service): boolean =>
  spec.type !== 'ExternalName' &&
  (spec.clusterIPs?.length ?? 0) > 0 &&
  spec.clusterIPs?.[0] !== 'None' &&
  metadata.labels?.[PROXY_NAME_LABEL] === undefined;

/** Which traffic goes where. Upstream: pkg/proxy/nftables/proxier.go and pkg/proxy/topology.go. */
export const serviceRules = ({ service, slices, family, node, takenPorts }: ServiceRulesInput): ServiceRules => {
  const { spec, metadata } = service;
  const rules = draftRules(family);
  if (!isProxied(service)) return rules.result();
  const ofFamily = (ips: readonly string[] = []): readonly string[] => ips.filter((ip) => familyOf(ip) === family);
  const clusterIps = ofFamily(spec.clusterIPs);
  rules.draft.clusterIps.push(...clusterIps);
  const nodeAddresses = ofFamily(node.addresses);
  const external = [...ofFamily(spec.externalIPs), ...loadBalancerIps(service, family)];
  rules.draft.ownIps.push(...loadBalancerIps(service, family).filter((ip) => !nodeAddresses.includes(ip)));
  const found = numberedSlices(slices, family);
  for (const port of spec.ports ?? []) {
    const { protocol = 'TCP' } = port;
    const proto = protocol.toLowerCase();
    const places = placesOf(port, found, family);
    const { all, local } = usedEndpoints(places, node.name);
    const inside = rules.target(chainName(service, port, 's'), {
      service,
      proto,
      ...(spec.internalTrafficPolicy === 'Local' ? { endpoints: local, drops: all.length > 0 } : { endpoints: all, drops: false }),
    });
    const isSplit = (spec.externalTrafficPolicy === 'Local') !== (spec.internalTrafficPolicy === 'Local') && local !== all;
    const outside = isSplit
      ? rules.target(chainName(service, port, 'x'), {
          service,
          proto,
          ...(spec.externalTrafficPolicy === 'Local' ? { endpoints: local, drops: all.length > 0 } : { endpoints: all, drops: false }),
        })
      : inside;
    for (const ip of clusterIps) rules.place(ip, port.port, proto, inside);
    for (const ip of external) {
      if (nodeAddresses.includes(ip) && takenPorts.has(`${protocol}/${port.port}`)) continue;
      rules.place(ip, port.port, proto, outside);
      const ranges = sourceRanges(service);
      if (spec.type === 'LoadBalancer' && ranges.length > 0 && !ofFamily(spec.externalIPs).includes(ip)) {
        const name = `f-${metadata.namespace ?? 'default'}/${metadata.name}`;
        rules.draft.firewall.push([`${ip} . ${proto} . ${port.port}`, `goto ${name}`]);
        rules.draft.chains.set(name, firewallChain(family, { ranges, nodeAddresses, own: loadBalancerIps(service, family) }));
      }
    }
    if (port.nodePort && !takenPorts.has(`${protocol}/${port.nodePort}`)) rules.placeNodePort(port.nodePort, proto, outside);
    // Those that are not ready among them: becoming ready then changes one chain and nothing else.
    for (const { address, endpoint } of places) {
      if (node.addresses.includes(address)) continue;
      if (isOfNode(endpoint, node.name)) rules.draft.hairpin.add(address);
      else rules.draft.remote.add(address);
    }
  }
  return rules.result();
};

const isOfNode = ({ nodeName, targetRef }: Endpoint, name: string): boolean => nodeName === name && targetRef?.kind === 'Pod';

/** Addresses of a load balancer at which packets arrive as they were sent. */
export const loadBalancerIps = ({ spec, status }: Service, family: IpFamily): readonly string[] =>
  spec.type !== 'LoadBalancer'
    ? []
    : (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, ipMode = 'VIP' }) =>
        ip !== undefined && ipMode === 'VIP' && familyOf(ip) === family ? [ip] : [],
      );

const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** Who may use the addresses of a load balancer; nobody is named: all. */
export const sourceRanges = ({ metadata, spec }: Service): readonly string[] => {
  const given = spec.loadBalancerSourceRanges ?? [];
  const annotated = metadata.annotations?.[SOURCE_RANGES] ?? '';
  return given.length > 0 || annotated === '' ? given.map((range) => range.trim()) : annotated.split(',').map((range) => range.trim());
};

const chainName = ({ metadata }: Service, { protocol = 'TCP', port }: ServicePort, prefix: string): string =>
  `${prefix}-${metadata.namespace ?? 'default'}/${metadata.name}/${protocol.toLowerCase()}/${port}`;

interface Target {
  /** Of the chain; undefined: nothing answers. */
  readonly chain: string | undefined;
  readonly drops: boolean;
  readonly addresses: readonly string[];
}

interface TargetParts {
  readonly service: Service;
  readonly proto: string;
  readonly endpoints: readonly PortEndpoint[];
  /** There are endpoints, but none that this traffic may go to. */
  readonly drops: boolean;
}

/** Collects what the ports of one Service come to. */
const draftRules = (family: IpFamily) => {
  const ip = family === 'IPv4' ? 'ip' : 'ip6';
  const draft = {
    clusterIps: [] as string[],
    ownIps: [] as string[],
    vips: [] as (readonly [string, string])[],
    nodePorts: [] as (readonly [string, string])[],
    none: [] as (readonly [string, string])[],
    noneNodePorts: [] as (readonly [string, string])[],
    firewall: [] as (readonly [string, string])[],
    hairpin: new Set<string>(),
    remote: new Set<string>(),
    affinitySets: [] as (readonly [string, number])[],
    chains: new Map<string, NftChain>(),
    forwards: [] as Forward[],
  };
  const to = ({ address, port }: PortEndpoint): string => (family === 'IPv4' ? `${address}:${port}` : `[${address}]:${port}`);

  const choose = (endpoints: readonly PortEndpoint[], proto: string): readonly string[] => {
    const [first] = endpoints;
    if (endpoints.length === 1) return [`meta l4proto ${proto} dnat to ${to(first!)}`];
    const places = endpoints.map(({ address, port }, i) => `${i} : ${address} . ${port}`).join(', ');
    return [`meta l4proto ${proto} dnat ${ip} addr . port to numgen random mod ${endpoints.length} map { ${places} }`];
  };

  /** A client stays with its endpoint until it has made no new connection for so long. */
  const stay = (
    chain: string,
    { endpoints, proto, seconds }: { readonly endpoints: readonly PortEndpoint[]; readonly proto: string; readonly seconds: number },
  ): readonly string[] => {
    const names = endpoints.map(({ address, port }) => `${chain}/${address.replaceAll(':', '.')}_${port}`);
    for (const [i, endpoint] of endpoints.entries()) {
      draft.affinitySets.push([`a${names[i]}`, seconds]);
      draft.chains.set(`e${names[i]}`, {
        rules: [`update @a${names[i]} { ${ip} saddr }`, `meta l4proto ${proto} dnat to ${to(endpoint)}`],
      });
    }
    return [
      ...names.map((name) => `${ip} saddr @a${name} goto e${name}`),
      `numgen random mod ${names.length} vmap { ${names.map((name, i) => `${i} : goto e${name}`).join(', ')} }`,
    ];
  };

  const target = (chain: string, { service, proto, endpoints, drops }: TargetParts): Target => {
    const addresses = endpoints.map(({ address }) => address);
    if (endpoints.length === 0) return { chain: undefined, drops, addresses };
    const { sessionAffinity, sessionAffinityConfig } = service.spec;
    const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800;
    draft.chains.set(chain, {
      rules: sessionAffinity === 'ClientIP' ? stay(chain, { endpoints, proto, seconds }) : choose(endpoints, proto),
    });
    return { chain, drops, addresses };
  };

  const forward = (proto: string, address: string | undefined, port: number, { addresses }: Target): void => {
    if (proto !== 'tcp') draft.forwards.push({ protocol: proto as Forward['protocol'], address, port, endpoints: addresses });
  };

  return {
    draft,
    target,
    place: (address: string, port: number, proto: string, goal: Target): void => {
      const key = `${address} . ${proto} . ${port}`;
      if (goal.chain === undefined) draft.none.push([key, goal.drops ? 'drop' : 'goto rej']);
      else draft.vips.push([key, `goto ${goal.chain}`]);
      forward(proto, address, port, goal);
    },
    placeNodePort: (port: number, proto: string, goal: Target): void => {
      const key = `${proto} . ${port}`;
      if (goal.chain === undefined) draft.noneNodePorts.push([key, goal.drops ? 'drop' : 'goto rej']);
      else draft.nodePorts.push([key, `goto ${goal.chain}`]);
      forward(proto, undefined, port, goal);
    },
    result: (): ServiceRules => ({
      ...draft,
      hairpin: [...draft.hairpin].map((one) => `${one} . ${one}`),
      remote: [...draft.remote],
      chains: [...draft.chains],
    }),
  };
};

/** Upstream lets the load balancer's own addresses in where the node is in the ranges. */
const firewallChain = (
  family: IpFamily,
  {
    ranges,
    nodeAddresses,
    own,
  }: { readonly ranges: readonly string[]; readonly nodeAddresses: readonly string[]; readonly own: readonly string[] },
): NftChain => {
  const parsed = ranges.flatMap((text) => {
    const range = parseIpRange(text);
    return range?.family === family ? [range] : [];
  });
  const holdsNode = nodeAddresses.some((address) => parsed.some((range) => isInRange(range, address)));
  const sources = new Set([...parsed.map(({ text }) => text), ...(holdsNode ? own : [])]);
  return { rules: [...[...sources].map((source) => `${family === 'IPv4' ? 'ip' : 'ip6'} saddr ${source} return`), 'drop'] };
};
