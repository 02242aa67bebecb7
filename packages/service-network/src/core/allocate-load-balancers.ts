import type { Service } from '@solo-kubelet/object-spec';
import { type AddressPool, isInPool } from './address-pool.js';
import { type AllocatedServices, type Allocation, type Allocations, serviceKey } from './allocate-services.js';
import { familyOf, type IpFamily, numberOf } from './ip-address.js';
import { addressAt } from './ip-range.js';
import { PROXY_NAME_LABEL } from './service-rules.js';
import { textHash } from './text-hash.js';

export interface LoadBalancersInput {
  /** With their families; others than load balancers are passed over. */
  readonly services: readonly Service[];
  readonly previous: Allocations;
  /** What Services had that may be there without having been read yet: nobody else is given it. Default: nothing. */
  readonly unread?: Allocations;
  readonly pool: AddressPool;
  /** Of the node: a load balancer may ask for one of them instead. */
  readonly nodeAddresses: readonly string[];
  /** Addresses that the node cannot have, and why: goes on from the address, such as `is answered by 02:…`. */
  readonly conflicts: ReadonlyMap<string, string>;
}

export interface AllocatedLoadBalancers {
  /** Addresses of the pool, in the order of the Service's families, by `namespace/name`; none where there is none to be had. */
  readonly ips: ReadonlyMap<string, readonly string[]>;
  readonly refusals: readonly { readonly service: Service; readonly reason: string; readonly message: string }[];
}

/** MetalLB's names for the same wish, for those who bring its manifests; `spec.loadBalancerIP` has one address only. */
const ADDRESS_ANNOTATIONS = ['metallb.io/loadBalancerIPs', 'metallb.universe.tf/loadBalancerIPs'] as const;

/** Whether the node gives it addresses: those of a class, and those that another proxy serves, are somebody else's. */
export const isOwnLoadBalancer = ({ metadata, spec }: Service): boolean =>
  spec.type === 'LoadBalancer' && spec.loadBalancerClass === undefined && metadata.labels?.[PROXY_NAME_LABEL] === undefined;

/** What a load balancer asks for; nothing: any. */
export const askedAddresses = ({ metadata, spec }: Service): readonly string[] => {
  if (spec.loadBalancerIP) return [canonical(spec.loadBalancerIP)];
  const text = ADDRESS_ANNOTATIONS.map((name) => metadata.annotations?.[name]).find((value) => value !== undefined) ?? '';
  return text
    .split(',', MOST_ASKED)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .map(canonical);
};

/** Each is looked after on the machine by itself. */
const MOST_ADDRESSES = 256;

/** After so many that others have it is a mistake to go on through the pool: something answers for all of it. */
const MOST_CONFLICTS = 256;

const whyNone = (taken: number, conflicts: number): string => {
  if (taken >= MOST_ADDRESSES) return `a node gives at most ${MOST_ADDRESSES}`;
  return `no available IPs${conflicts < MOST_CONFLICTS ? '' : `: the node cannot have any of ${conflicts} that were looked at`}`;
};

/** One of each family is what a Service can have; more are worth a message, not a list without end. */
const MOST_ASKED = 4;

/**
 * Addresses of the pool for load balancers: what they had first, then what they ask for, then a place that follows from their name, so that a machine set up anew
 * gives the same. What cannot be had leaves them without (`<pending>`), as MetalLB does, which takes no address away for a wish either; their other addresses work.
 */
export const allocateLoadBalancers = (input: LoadBalancersInput): AllocatedLoadBalancers => {
  const { services, previous, pool, nodeAddresses, conflicts } = input;
  const ips = new Map<string, readonly string[]>();
  const refusals: AllocatedLoadBalancers['refusals'][number][] = [];
  const taken = new Map<string, string>();
  const refuse = (service: Service, reason: string, message: string): void => {
    refusals.push({ service, reason, message: `Failed to allocate IP for ${JSON.stringify(serviceKey(service))}: ${message}` });
    ips.set(serviceKey(service), []);
  };
  const wanting = services.filter(
    (service) => isOwnLoadBalancer(service) && !(askedAddresses(service).length > 0 && isAllOf(askedAddresses(service), nodeAddresses)),
  );
  const holds = (service: Service): boolean => isAllOf(askedAddresses(service), previous.get(serviceKey(service))?.loadBalancerIPs ?? []);
  const others = wanting.filter((service) => askedAddresses(service).length === 0);
  const reserved = new Map([...(input.unread ?? [])].flatMap(([key, { loadBalancerIPs = [] }]) => loadBalancerIPs.map((ip) => [ip, key])));
  const isFree = (ip: string): boolean => !taken.has(ip) && !reserved.has(ip) && !conflicts.has(ip) && !nodeAddresses.includes(ip);
  const kept = new Map<string, Map<IpFamily, string>>();
  for (const service of others) {
    const own = new Map<IpFamily, string>();
    for (const ip of previous.get(serviceKey(service))?.loadBalancerIPs ?? []) {
      const family = familyOf(ip);
      if (family === undefined || own.has(family) || !familiesOf(service).includes(family) || !isInPool(pool, ip) || !isFree(ip)) continue;
      if (taken.size >= MOST_ADDRESSES) break;
      own.set(family, ip);
      taken.set(ip, serviceKey(service));
    }
    kept.set(serviceKey(service), own);
  }
  const asking = wanting.filter((service) => askedAddresses(service).length > 0);
  for (const service of asking.sort((a, b) => Number(holds(b)) - Number(holds(a)))) {
    const asked = askedAddresses(service);
    const problem =
      taken.size + asked.length > MOST_ADDRESSES
        ? { reason: 'AllocationFailed', message: `a node gives at most ${MOST_ADDRESSES}` }
        : wishProblem(service, input, (ip) => taken.get(ip) ?? reserved.get(ip));
    if (problem !== undefined) {
      refuse(service, problem.reason, problem.message);
      continue;
    }
    for (const ip of asked) taken.set(ip, serviceKey(service));
    ips.set(serviceKey(service), asked);
  }
  for (const service of others) {
    const key = serviceKey(service);
    const own = kept.get(key)!;
    for (const family of familiesOf(service)) {
      if (own.has(family)) continue;
      const ip = taken.size < MOST_ADDRESSES && conflicts.size < MOST_CONFLICTS ? freeAddress(pool, family, key, isFree) : undefined;
      if (ip === undefined) continue;
      own.set(family, ip);
      taken.set(ip, key);
    }
    const given = familiesOf(service).flatMap((family) => own.get(family) ?? []);
    if (given.length === 0) refuse(service, 'AllocationFailed', whyNone(taken.size, conflicts.size));
    else ips.set(key, given);
  }
  return { ips, refusals };
};

/** What Services were given, with the addresses of load balancers where there is a pool. */
export const withLoadBalancers = (
  allocated: AllocatedServices,
  { pool, ...input }: Omit<LoadBalancersInput, 'services' | 'pool'> & { readonly pool: AddressPool | undefined },
): AllocatedServices & { readonly loadBalancerIPs: AllocatedLoadBalancers['ips'] } => {
  if (pool === undefined) return { ...allocated, loadBalancerIPs: new Map() };
  const { ips, refusals } = allocateLoadBalancers({ ...input, services: allocated.services, pool });
  return {
    ...allocated,
    allocations: new Map(
      [...allocated.allocations].map(([key, one]): [string, Allocation] => {
        const loadBalancerIPs = ips.get(key) ?? [];
        return [key, loadBalancerIPs.length === 0 ? one : { ...one, loadBalancerIPs }];
      }),
    ),
    refusals: [...allocated.refusals, ...refusals],
    loadBalancerIPs: ips,
  };
};

/**
 * With the status of a load balancer: its addresses of the pool, or the node's where there is no pool or it asks for one of those, as there is nothing in front of
 * the node.
 */
export const withStatus = (service: Service, ips: readonly string[] | undefined, nodeAddresses: readonly string[]): Service => {
  if (!isOwnLoadBalancer(service)) return { ...service, status: { loadBalancer: {} } };
  const own = nodeAddresses.filter((address) => familiesOf(service).includes(familyOf(address) ?? 'IPv4'));
  const asked = own.filter((address) => askedAddresses(service).includes(address));
  const given = ips ?? (asked.length > 0 ? asked : own);
  if (given.length === 0 && ips !== undefined) return { ...service, status: { loadBalancer: {} } };
  return { ...service, status: { loadBalancer: { ingress: given.map((ip) => ({ ip, ipMode: 'VIP' })) } } };
};

const familiesOf = ({ spec }: Service): readonly IpFamily[] => spec.ipFamilies ?? ['IPv4'];

/** One text for an address, however it is written. */
const canonical = (ip: string): string => {
  const [family, first] = [familyOf(ip), numberOf(ip)];
  return family === undefined || first === undefined ? ip : addressAt({ family, text: ip, first, size: 1n }, 0n);
};

const isAllOf = (asked: readonly string[], had: readonly string[]): boolean =>
  asked.every((ip) => had.some((one) => canonical(one) === ip));

const wishProblem = (
  service: Service,
  { pool, conflicts, nodeAddresses }: LoadBalancersInput,
  ownerOf: (ip: string) => string | undefined,
): { readonly reason: string; readonly message: string } | undefined => {
  const asked = askedAddresses(service);
  const seen = new Set<IpFamily>();
  for (const ip of asked) {
    const family = familyOf(ip);
    if (family === undefined) return { reason: 'AllocationFailed', message: `${JSON.stringify(ip.slice(0, 100))} is not an IP address` };
    if (!familiesOf(service).includes(family) || seen.has(family)) {
      return { reason: 'AllocationFailed', message: `${ip}: the Service has ${familiesOf(service).join(' and ')}, one address of each` };
    }
    seen.add(family);
    if (nodeAddresses.includes(ip)) return { reason: 'AllocationFailed', message: `${ip} is an address of the node, the others are not` };
    if (!isInPool(pool, ip)) {
      return {
        reason: 'AllocationFailed',
        message: `${JSON.stringify([ip])} is not allowed in config: the pool is ${pool.map(({ text }) => text).join(',')}`,
      };
    }
    const owner = ownerOf(ip);
    if (owner !== undefined) return { reason: 'AllocationFailed', message: `${ip} is in use by ${owner}` };
    const other = conflicts.get(ip);
    if (other !== undefined) return { reason: 'AddressInUse', message: `${ip} ${other}` };
  }
  return undefined;
};

/** Places that are looked at of one entry; an IPv6 block has more than can be. */
const MOST_PLACES = 1n << 16n;

const freeAddress = (pool: AddressPool, family: IpFamily, key: string, isFree: (ip: string) => boolean): string | undefined => {
  for (const range of pool) {
    if (range.family !== family) continue;
    const size = Number(range.size > MOST_PLACES ? MOST_PLACES : range.size);
    const start = textHash(key) % size;
    for (let i = 0; i < size; i++) {
      const ip = addressAt(range, BigInt((start + i) % size));
      if (!isNetworkOrBroadcast(ip) && isFree(ip)) return ip;
    }
  }
  return undefined;
};

/** Of the usual networks; some devices drop them in any. They can be asked for: MetalLB's avoidBuggyIPs. */
const isNetworkOrBroadcast = (ip: string): boolean => ip.endsWith('.0') || ip.endsWith('.255');
