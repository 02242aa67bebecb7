import type { Service, ServicePort, ServiceSpec } from '@solo-kubelet/object-spec';
import { familyOf, type IpFamily, isSameAddress } from './ip-address.js';
import { addressAt, type IpRange, isInRange } from './ip-range.js';
import { textHash } from './text-hash.js';

/** What a Service was given. */
export interface Allocation {
  readonly clusterIPs: readonly string[];
  /** By `PROTOCOL/PORT`. */
  readonly nodePorts: Readonly<Record<string, number>>;
  readonly healthCheckNodePort?: number;
  /** Of the pool. */
  readonly loadBalancerIPs?: readonly string[];
}

/** By `namespace/name`. */
export type Allocations = ReadonlyMap<string, Allocation>;

export interface AllocationSettings {
  /** At most one of each family; the first one's is the family of whoever asks for none. */
  readonly ranges: readonly IpRange[];
  /** Both included. */
  readonly nodePorts: { readonly from: number; readonly to: number };
}

/** Why a Service is not there. */
export interface ServiceRefusal {
  readonly service: Service;
  readonly reason: string;
  readonly message: string;
}

export interface AllocatedServices {
  readonly allocations: Allocations;
  /** The Services with what they were given, in their order; those that are refused are left out. */
  readonly services: readonly Service[];
  readonly refusals: readonly ServiceRefusal[];
}

export const serviceKey = ({ metadata }: Service): string => `${metadata.namespace ?? 'default'}/${metadata.name}`;

/**
 * Addresses and node ports of all Services. What Services ask for by number comes first, then what they had, then a place that follows from their name in
 * the upper band (so that a machine set up anew gives the same), then any. Of two that ask for one number, who had it before keeps it, else the first one.
 * Bands and texts: pkg/registry/core/service/{ipallocator,portallocator}.
 */
export const allocateServices = (
  services: readonly Service[],
  previous: Allocations,
  { ranges, nodePorts }: AllocationSettings,
  /** What Services had that may be there without having been read yet; see `unreadAllocations`. Nobody else is given it. */
  unread: Allocations = new Map(),
): AllocatedServices => {
  const taken = takenBy(unread);
  const given = new Map<string, Draft>();
  const refusals: ServiceRefusal[] = [];
  const order = [...services].sort((a, b) => Number(holdsItsWish(b, previous)) - Number(holdsItsWish(a, previous)));
  for (const service of order) {
    const wish = takeWishes(service, { ranges, nodePorts }, taken);
    if ('refusal' in wish) refusals.push({ service, ...wish.refusal });
    else given.set(serviceKey(service), wish);
  }
  for (const [key, draft] of given) keepPrevious(draft, previous.get(key), { ranges, nodePorts }, taken);
  for (const [key, draft] of given) {
    const problem = fillUp(key, draft, { ranges, nodePorts }, taken);
    if (problem === undefined) continue;
    refusals.push({ service: draft.service, ...problem });
    given.delete(key);
  }
  return {
    allocations: new Map([...given].filter(([, draft]) => draft.needs).map(([key, draft]) => [key, allocationOf(draft)])),
    services: services.flatMap((service) => {
      const draft = given.get(serviceKey(service));
      return draft === undefined || draft.service !== service ? [] : [completed(draft)];
    }),
    refusals,
  };
};

/** Of what was given before, what those Services had that are not among these. */
export const unreadAllocations = (services: readonly Service[], previous: Allocations): Allocations => {
  const read = new Set(services.map(serviceKey));
  return new Map([...previous].filter(([key]) => !read.has(key)));
};

const takenBy = (allocations: Allocations): Taken => {
  const all = [...allocations.values()];
  return {
    addresses: new Set(all.flatMap(({ clusterIPs }) => clusterIPs.filter((ip) => familyOf(ip) !== undefined))),
    ports: new Set(
      all.flatMap(({ nodePorts, healthCheckNodePort }) => [
        ...Object.values(nodePorts),
        ...(healthCheckNodePort === undefined ? [] : [healthCheckNodePort]),
      ]),
    ),
  };
};

interface Taken {
  readonly addresses: Set<string>;
  readonly ports: Set<number>;
}

interface Draft {
  readonly service: Service;
  /** Whether it is given anything at all. */
  readonly needs: boolean;
  readonly families: readonly IpFamily[];
  readonly policy: NonNullable<ServiceSpec['ipFamilyPolicy']>;
  readonly addresses: Map<IpFamily, string>;
  readonly ports: Map<string, number>;
  healthPort?: number;
}

type Problem = Pick<ServiceRefusal, 'reason' | 'message'>;

const portKey = ({ protocol = 'TCP', port }: ServicePort): string => `${protocol}/${port}`;

const isHeadless = ({ clusterIP, clusterIPs = [] }: ServiceSpec): boolean => clusterIP === 'None' || clusterIPs[0] === 'None';

const wishedAddresses = ({ clusterIP, clusterIPs = [] }: ServiceSpec): readonly string[] =>
  clusterIPs.length > 0 ? clusterIPs : clusterIP ? [clusterIP] : [];

const usesNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);

const usesHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

const holdsItsWish = (service: Service, previous: Allocations): boolean => {
  const before = previous.get(serviceKey(service));
  if (before === undefined) return false;
  const ports = (service.spec.ports ?? []).filter(({ nodePort }) => nodePort);
  return (
    wishedAddresses(service.spec).every((ip) => ip === 'None' || before.clusterIPs.some((had) => isSameAddress(had, ip))) &&
    ports.every((port) => before.nodePorts[portKey(port)] === port.nodePort)
  );
};

const rangeTexts = (ranges: readonly IpRange[]): string => ranges.map(({ text }) => text).join(',');

/** What a Service asks for by number, all of it or nothing. */
const takeWishes = (service: Service, { ranges, nodePorts }: AllocationSettings, taken: Taken): Draft | { readonly refusal: Problem } => {
  const { spec } = service;
  if (spec.type === 'ExternalName')
    return { service, needs: false, families: [], policy: 'SingleStack', addresses: new Map(), ports: new Map() };
  const families = familiesOf(spec, ranges);
  if ('reason' in families) return { refusal: families };
  const draft: Draft = { service, needs: true, ...families, addresses: new Map(), ports: new Map() };
  if (!isHeadless(spec)) {
    for (const ip of wishedAddresses(spec)) {
      const detail = addressProblem(ip, ranges, taken);
      if (detail !== undefined)
        return {
          refusal: {
            reason: detail.reason,
            message: `spec.clusterIPs: Invalid value: ${JSON.stringify([...wishedAddresses(spec)])}: failed to allocate IP ${ip}: ${detail.message}`,
          },
        };
      draft.addresses.set(familyOf(ip) ?? 'IPv4', ip);
    }
  }
  const own = new Set<number>();
  const problem = takePorts(draft, nodePorts, taken, own);
  if (problem !== undefined) return { refusal: problem };
  for (const ip of draft.addresses.values()) taken.addresses.add(ip);
  for (const port of own) taken.ports.add(port);
  return draft;
};

const takePorts = (draft: Draft, { from, to }: AllocationSettings['nodePorts'], taken: Taken, own: Set<number>): Problem | undefined => {
  const { spec } = draft.service;
  const byNumber = new Map<number, number>();
  const wishes = usesNodePorts(spec) || spec.type === 'LoadBalancer' ? [...(spec.ports ?? []).entries()] : [];
  for (const [i, port] of wishes) {
    const wish = port.nodePort ?? 0;
    if (wish === 0) continue;
    const text = `spec.ports[${i}].nodePort: Invalid value: ${wish}: `;
    if (wish < from || wish > to)
      return {
        reason: 'PortOutOfRange',
        message: `${text}${outsideText(from, to)}`,
      };
    // Only entries of one port share a node port: numbers are given out, not protocols.
    if (taken.ports.has(wish) || (own.has(wish) && byNumber.get(port.port) !== wish))
      return { reason: 'PortAlreadyAllocated', message: `${text}provided port is already allocated` };
    own.add(wish);
    if (!byNumber.has(port.port)) byNumber.set(port.port, wish);
    draft.ports.set(portKey(port), wish);
  }
  const health = spec.healthCheckNodePort ?? 0;
  if (!usesHealthPort(spec) || health === 0) return undefined;
  const isOutside = health < from || health > to;
  if (isOutside || taken.ports.has(health) || own.has(health)) {
    const why = isOutside ? outsideText(from, to) : 'provided port is already allocated';
    return {
      reason: isOutside ? 'PortOutOfRange' : 'PortAlreadyAllocated',
      message: `spec.healthCheckNodePort: Invalid value: ${health}: failed to allocate requested HealthCheck NodePort ${health}: ${why}`,
    };
  }
  own.add(health);
  draft.healthPort = health;
  return undefined;
};

const outsideText = (from: number, to: number): string =>
  `provided port is not in the valid range. The range of valid ports is ${from}-${to}`;

const addressProblem = (ip: string, ranges: readonly IpRange[], { addresses }: Taken): Problem | undefined => {
  if (!ranges.some((range) => isInRange(range, ip)))
    return {
      reason: 'ClusterIPOutOfRange',
      message: `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${rangeTexts(ranges)}`,
    };
  const isTaken = [...addresses].some((other) => isSameAddress(other, ip));
  return isTaken ? { reason: 'ClusterIPAlreadyAllocated', message: 'provided IP is already allocated' } : undefined;
};

/** Upstream: initIPFamilyFields in pkg/registry/core/service/storage/alloc.go. */
const familiesOf = (spec: ServiceSpec, ranges: readonly IpRange[]): Problem | Pick<Draft, 'families' | 'policy'> => {
  const configured = ranges.map(({ family }) => family);
  const asked = [
    ...(spec.ipFamilies ?? []),
    ...wishedAddresses(spec).flatMap((ip) => (ip === 'None' ? [] : [familyOf(ip) ?? 'IPv4'])),
  ].filter((family, i, all) => all.indexOf(family) === i);
  const withoutSelector = isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
  if (withoutSelector && asked.length === 0) {
    const [first = 'IPv4'] = configured;
    return {
      policy: spec.ipFamilyPolicy ?? 'RequireDualStack',
      families: spec.ipFamilyPolicy === 'SingleStack' ? [first] : bothFrom(first),
    };
  }
  const policy = spec.ipFamilyPolicy ?? (asked.length > 1 ? 'RequireDualStack' : 'SingleStack');
  if (withoutSelector) return { policy, families: policy === 'SingleStack' ? asked : bothFrom(asked[0] ?? 'IPv4') };
  const missing = asked.findIndex((family) => !configured.includes(family));
  if (missing >= 0)
    return {
      reason: 'FamilyNotConfigured',
      message: `spec.ipFamilies[${missing}]: Invalid value: ${JSON.stringify(asked[missing])}: not configured on this cluster`,
    };
  if (policy === 'RequireDualStack' && configured.length < 2)
    return {
      reason: 'FamilyNotConfigured',
      message: 'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    };
  const preferred = [...asked, ...configured.filter((family) => !asked.includes(family))];
  return { policy, families: policy === 'SingleStack' ? preferred.slice(0, 1) : preferred };
};

const bothFrom = (first: IpFamily): readonly IpFamily[] => (first === 'IPv4' ? ['IPv4', 'IPv6'] : ['IPv6', 'IPv4']);

const keepPrevious = (draft: Draft, before: Allocation | undefined, { ranges, nodePorts }: AllocationSettings, taken: Taken): void => {
  if (before === undefined) return;
  const { spec } = draft.service;
  if (!isHeadless(spec)) {
    for (const ip of before.clusterIPs) {
      const family = familyOf(ip);
      if (family === undefined || !draft.families.includes(family) || draft.addresses.has(family)) continue;
      if (taken.addresses.has(ip) || !ranges.some((range) => isInRange(range, ip))) continue;
      draft.addresses.set(family, ip);
      taken.addresses.add(ip);
    }
  }
  const isFree = (port: number): boolean => port >= nodePorts.from && port <= nodePorts.to && !taken.ports.has(port);
  const own = new Set<number>();
  for (const port of usesNodePorts(spec) ? (spec.ports ?? []) : []) {
    const had = before.nodePorts[portKey(port)];
    if (had === undefined || draft.ports.has(portKey(port)) || !(isFree(had) || own.has(had))) continue;
    draft.ports.set(portKey(port), had);
    own.add(had);
    taken.ports.add(had);
  }
  const health = before.healthCheckNodePort;
  if (usesHealthPort(spec) && draft.healthPort === undefined && health !== undefined && isFree(health)) {
    draft.healthPort = health;
    taken.ports.add(health);
  }
};

const fillUp = (key: string, draft: Draft, { ranges, nodePorts }: AllocationSettings, taken: Taken): Problem | undefined => {
  const { spec } = draft.service;
  if (draft.needs && !isHeadless(spec)) {
    for (const family of draft.families) {
      const range = ranges.find((one) => one.family === family);
      if (draft.addresses.has(family) || range === undefined) continue;
      const ip = freeAddress(range, key, taken.addresses);
      if (ip === undefined)
        return { reason: 'ClusterIPNotAllocated', message: `spec.clusterIPs: Invalid value: [""]: failed to allocate IP: range is full` };
      draft.addresses.set(family, ip);
      taken.addresses.add(ip);
    }
  }
  const byNumber = new Map<number, number>();
  for (const port of spec.ports ?? []) {
    const nodePort = draft.ports.get(portKey(port));
    if (nodePort !== undefined && !byNumber.has(port.port)) byNumber.set(port.port, nodePort);
  }
  for (const port of usesNodePorts(spec) ? (spec.ports ?? []) : []) {
    const id = portKey(port);
    // Ports of one number for two protocols share their node port, whichever of them has one (initNodePorts).
    const found = draft.ports.get(id) ?? byNumber.get(port.port) ?? freePort(nodePorts, `${key}/${port.port}`, taken.ports);
    if (found === undefined) return { reason: 'PortNotAllocated', message: 'spec.ports: failed to allocate a nodePort: range is full' };
    draft.ports.set(id, found);
    byNumber.set(port.port, found);
    taken.ports.add(found);
  }
  if (usesHealthPort(spec) && draft.healthPort === undefined) {
    draft.healthPort = freePort(nodePorts, `${key}/health`, taken.ports);
    if (draft.healthPort === undefined) return { reason: 'PortNotAllocated', message: 'spec.healthCheckNodePort: range is full' };
    taken.ports.add(draft.healthPort);
  }
  return undefined;
};

/** Places that are looked at in a range larger than this: enough for every Service that fits into memory. */
const MAX_PLACES = 1n << 20n;

const freeAddress = (range: IpRange, key: string, taken: ReadonlySet<string>): string | undefined => {
  const size = range.size > MAX_PLACES ? MAX_PLACES : range.size;
  // The first address is the network's, and the last of IPv4 everybody's.
  const end = Number(range.family === 'IPv4' && range.size === size ? size - 1n : size);
  const band = range.size <= 16n ? 1 : 1 + Math.min(Math.max(16, Number(size / 16n)), 256);
  const isFree = (place: number): boolean => !taken.has(addressAt(range, BigInt(place)));
  const place = probe(Math.min(band, end), end, key, isFree) ?? probe(1, Math.min(band, end), key, isFree);
  return place === undefined ? undefined : addressAt(range, BigInt(place));
};

const freePort = ({ from, to }: AllocationSettings['nodePorts'], key: string, taken: ReadonlySet<number>): number | undefined => {
  const band = from + Math.min(Math.max(16, Math.floor((to - from + 1) / 32)), 128, to - from + 1);
  const isFree = (port: number): boolean => !taken.has(port);
  return probe(band, to + 1, key, isFree) ?? probe(from, band, key, isFree);
};

/** The first free number from the place of the key on, round the band once. `end` is not in it. */
const probe = (start: number, end: number, key: string, isFree: (number: number) => boolean): number | undefined => {
  const count = end - start;
  for (let i = 0; i < count; i++) {
    const number = start + ((textHash(key) + i) % count);
    if (isFree(number)) return number;
  }
  return undefined;
};

const addressesOf = ({ service, families, addresses }: Draft): readonly string[] =>
  isHeadless(service.spec) ? ['None'] : families.flatMap((family) => addresses.get(family) ?? []);

const allocationOf = (draft: Draft): Allocation => ({
  clusterIPs: addressesOf(draft),
  nodePorts: Object.fromEntries(draft.ports),
  ...(draft.healthPort !== undefined && { healthCheckNodePort: draft.healthPort }),
});

const completed = (draft: Draft): Service => {
  const { service, needs, families, policy, ports, healthPort } = draft;
  if (!needs) return service;
  const clusterIPs = addressesOf(draft);
  const { spec } = service;
  return {
    ...service,
    spec: {
      ...spec,
      ...(spec.ports && {
        ports: spec.ports.map((port) => {
          const nodePort = ports.get(portKey(port));
          return nodePort === undefined ? port : { ...port, nodePort };
        }),
      }),
      clusterIP: clusterIPs[0]!,
      clusterIPs,
      ipFamilies: families,
      ipFamilyPolicy: policy,
      ...(healthPort !== undefined && { healthCheckNodePort: healthPort }),
    },
  };
};
