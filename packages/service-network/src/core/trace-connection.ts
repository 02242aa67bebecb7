import type { EndpointSlice, Service, ServicePort } from '@solo-kubelet/object-spec';
import { SERVICE_NAME_LABEL } from './dns-records.js';
import type { EndpointPod } from './endpoint-pod.js';
import { familyOf, type IpFamily, isSameAddress } from './ip-address.js';
import { isInRange, parseIpRange } from './ip-range.js';
import { deriveServiceRecords } from './join-records.js';
import { decideConnection, type PolicyDecision, type PolicyEnd, type PolicySet } from './network-policy.js';
import { isProxied, loadBalancerIps, sourceRanges } from './service-rules.js';
import { numberedSlices, placesOf, usedEndpoints } from './used-endpoints.js';

export interface TraceInput {
  readonly from: EndpointPod;
  /** A name or an address. */
  readonly host: string;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
  /** With the addresses and node ports that they were given. */
  readonly services: readonly Service[];
  readonly slices: readonly EndpointSlice[];
  readonly pods: readonly EndpointPod[];
  readonly policies: PolicySet;
  readonly nodeAddresses: readonly string[];
  /** Of the node, for traffic policies Local. Default: none of the endpoints is there. */
  readonly nodeName?: string;
  readonly clusterDomain: string;
}

/** One step of a connection's way. */
export type TraceHop =
  /** `tried`: the names that the Pod's resolver asks for, in its order, up to the one that is found. */
  | { readonly type: 'name'; readonly tried: readonly string[]; readonly addresses: readonly string[] }
  /** A name of nobody here: the servers of the node's resolv.conf are asked. */
  | { readonly type: 'forwarded'; readonly name: string }
  | {
      readonly type: 'service';
      readonly service: string;
      readonly port: number;
      readonly via: 'clusterIP' | 'nodePort' | 'loadBalancer' | 'externalIP';
    }
  /** `used`: those that get connections now. */
  | { readonly type: 'endpoints'; readonly used: readonly string[]; readonly notReady: readonly string[] }
  | { readonly type: 'policy'; readonly to: string; readonly decision: PolicyDecision }
  | { readonly type: 'pod'; readonly to: string; readonly pod: string; readonly listed: boolean }
  | { readonly type: 'outside'; readonly to: string };

export interface Trace {
  /** `some`: connections to some of the endpoints work, and others do not. */
  readonly outcome: 'reaches' | 'some' | 'fails' | 'unknown';
  readonly hops: readonly TraceHop[];
  /** Why it fails, or fails at times. */
  readonly reasons: readonly string[];
}

/** What would become of a connection of a Pod, hop by hop, by the same functions that make the rules. */
export const traceConnection = (input: TraceInput): Trace => {
  const hops: TraceHop[] = [];
  const named = isAddress(input.host) ? [input.host] : resolve(input, hops);
  if (named === undefined) return { outcome: 'unknown', hops, reasons: [] };
  const [address] = usableOf(input.from, named);
  if (address === undefined) return { outcome: 'fails', hops, reasons: [`no address has the name ${input.host}`] };
  const found = serviceAt(input, address);
  if (found === undefined)
    return end(
      hops,
      usableOf(input.from, named).map((each) => destination(input, hops, each, input.port)),
    );
  const fails = (reason: string): Trace => ({ outcome: 'fails', hops, reasons: [reason] });
  const { service, port, via } = found;
  if (port === undefined) return fails(`Service ${keyOf(service)} has no port ${input.port}/${input.protocol}: the connection is refused`);
  hops.push({ type: 'service', service: keyOf(service), port: port.port, via });
  const ranges = shutOutBy(input, found, address);
  if (ranges !== undefined)
    return fails(`Service ${keyOf(service)} lets in ${ranges} alone (loadBalancerSourceRanges): the connection is dropped`);
  const { used, notReady, elsewhere } = endpointsOf(input, found, port, familyOf(address) ?? 'IPv4');
  hops.push({ type: 'endpoints', used: used.map(textOf), notReady: notReady.map(textOf) });
  if (elsewhere) {
    const policy = via === 'clusterIP' ? 'internalTrafficPolicy' : 'externalTrafficPolicy';
    return fails(`Service ${keyOf(service)} has no endpoints on this node, and its ${policy} is Local: the connection is dropped`);
  }
  if (used.length === 0) {
    const why = notReady.length === 0 ? 'no Pod fits its selector' : `none of its ${notReady.length} Pods is ready`;
    return fails(`Service ${keyOf(service)} has no endpoints, since ${why}: the connection is refused`);
  }
  return end(
    hops,
    used.map((each) => destination(input, hops, each.address, each.port)),
  );
};

const end = (hops: readonly TraceHop[], faults: readonly (string | undefined)[]): Trace => {
  const reasons = faults.flatMap((fault) => fault ?? []);
  if (reasons.length === 0) return { outcome: 'reaches', hops, reasons };
  return { outcome: reasons.length === faults.length ? 'fails' : 'some', hops, reasons };
};

const ADDRESS = /^(\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:.]*)$/;
const isAddress = (host: string): boolean => ADDRESS.test(host);

/** Those of one family that the Pod has, too: a client tries no others. */
const usableOf = ({ ips }: EndpointPod, addresses: readonly string[]): readonly string[] => {
  const family = familyOf(addresses.find((one) => ips.some((ip) => familyOf(ip) === familyOf(one))) ?? addresses[0] ?? '');
  return addresses.filter((one) => familyOf(one) === family);
};

/** As a resolver with `ndots:5` and the search list of a Pod does. Undefined for a name that others answer. */
const resolve = ({ from, host, services, slices, clusterDomain }: TraceInput, hops: TraceHop[]): readonly string[] | undefined => {
  const records = deriveServiceRecords({ clusterDomain, services, slices });
  const name = host.toLowerCase();
  const full = name.replace(/\.$/, '');
  const domain = clusterDomain === '' ? 'svc' : `svc.${clusterDomain}`;
  const search = [`${from.namespace}.${domain}`, domain, ...(clusterDomain === '' ? [] : [clusterDomain])].map(
    (suffix) => `${full}.${suffix}`,
  );
  const dots = full.split('.').length - 1;
  const all = name.endsWith('.') ? [full] : dots >= NDOTS ? [full, ...search] : [...search, full];
  const tried: string[] = [];
  for (const candidate of all) {
    tried.push(candidate);
    const answers = records.get(candidate) ?? [];
    const alias = answers.find((record) => record.type === 'CNAME');
    if (alias !== undefined) {
      hops.push({ type: 'name', tried, addresses: [] }, { type: 'forwarded', name: alias.target });
      return undefined;
    }
    const addresses = answers.flatMap((record) => ('address' in record ? [record.address] : []));
    if (addresses.length === 0) continue;
    hops.push({ type: 'name', tried, addresses });
    return addresses;
  }
  const isOurs = clusterDomain !== '' && (full === clusterDomain || full.endsWith(`.${clusterDomain}`));
  hops.push({ type: 'name', tried, addresses: [] });
  // A name of one label is nobody's outside.
  if (isOurs || dots === 0) return [];
  hops.push({ type: 'forwarded', name: full });
  return undefined;
};

const NDOTS = 5;

interface FoundService {
  readonly service: Service;
  /** Undefined: it has none of that number. */
  readonly port: ServicePort | undefined;
  readonly via: 'clusterIP' | 'nodePort' | 'loadBalancer' | 'externalIP';
}

/** Whose place it is, in the order of the kernel: what is translated, what is refused, ports of the node. */
const serviceAt = ({ services, nodeAddresses, pods, port, protocol }: TraceInput, address: string): FoundService | undefined => {
  const family = familyOf(address) ?? 'IPv4';
  const isHere = (ips: readonly string[] = []): boolean => ips.some((ip) => isSameAddress(ip, address));
  const isOfNode = isHere(nodeAddresses);
  const isTaken = isOfNode && pods.some(({ hostPorts }) => hostPorts.includes(`${protocol}/${port}`));
  const proxied = services.filter(isProxied);
  const isOfProtocol = (each: ServicePort): boolean => (each.protocol ?? 'TCP') === protocol;
  for (const service of proxied) {
    const { spec } = service;
    const found = (spec.ports ?? []).find((each) => each.port === port && isOfProtocol(each));
    if (found === undefined) continue;
    if (isHere(spec.clusterIPs)) return { service, port: found, via: 'clusterIP' };
    if (isTaken) continue;
    if (isHere(spec.externalIPs)) return { service, port: found, via: 'externalIP' };
    if (isHere(loadBalancerIps(service, family))) return { service, port: found, via: 'loadBalancer' };
  }
  for (const service of proxied) {
    if (isHere(service.spec.clusterIPs)) return { service, port: undefined, via: 'clusterIP' };
    if (!isOfNode && isHere(loadBalancerIps(service, family))) return { service, port: undefined, via: 'loadBalancer' };
  }
  if (!isOfNode || isTaken) return undefined;
  for (const service of proxied) {
    const found = (service.spec.ports ?? []).find((each) => each.nodePort === port && isOfProtocol(each));
    if (found !== undefined) return { service, port: found, via: 'nodePort' };
  }
  return undefined;
};

/** The ranges that keep a connection out; undefined: none does. */
const shutOutBy = ({ from, nodeAddresses }: TraceInput, { service, via }: FoundService, address: string): string | undefined => {
  const ranges = sourceRanges(service);
  if (via !== 'loadBalancer' || ranges.length === 0) return undefined;
  const family = familyOf(address);
  const sources = (from.hostNetwork ? nodeAddresses : from.ips).filter((ip) => familyOf(ip) === family);
  const isIn = ranges.some((text) => {
    const range = parseIpRange(text);
    return range !== undefined && sources.some((ip) => isInRange(range, ip));
  });
  return isIn ? undefined : ranges.join(', ');
};

interface Target {
  readonly address: string;
  readonly port: number;
}

/** `elsewhere`: there are some that get connections, but none of the node, and its policy wants one of those. */
const endpointsOf = ({ slices, nodeName = '' }: TraceInput, { service, via }: FoundService, port: ServicePort, family: IpFamily) => {
  const { metadata, spec } = service;
  const own = slices.filter(
    (slice) =>
      slice.metadata.labels?.[SERVICE_NAME_LABEL] === metadata.name &&
      (slice.metadata.namespace ?? 'default') === (metadata.namespace ?? 'default'),
  );
  const places = placesOf(port, numberedSlices(own, family), family);
  const { all, local } = usedEndpoints(places, nodeName);
  const policy = via === 'clusterIP' ? spec.internalTrafficPolicy : spec.externalTrafficPolicy;
  const used = policy === 'Local' ? local : all;
  const texts = new Set(used.map(textOf));
  const others = [...new Map(places.map((place) => [textOf(place), place])).values()].filter((place) => !texts.has(textOf(place)));
  return { used, notReady: others, elsewhere: used.length === 0 && all.length > 0 };
};

/** The last hops; what is wrong there, if anything is. */
const destination = (input: TraceInput, hops: TraceHop[], address: string, port: number): string | undefined => {
  const { from, pods, policies, protocol, nodeAddresses } = input;
  const pod = pods.find((each) => !each.hostNetwork && each.ips.some((ip) => isSameAddress(ip, address)));
  const source: PolicyEnd = from.hostNetwork ? { type: 'node', address: from.ips[0] ?? '' } : { type: 'pod', pod: from };
  const to: PolicyEnd = pod === undefined ? { type: nodeAddresses.includes(address) ? 'node' : 'address', address } : { type: 'pod', pod };
  const family = familyOf(address);
  const decision = decideConnection(policies, { from: source, to, port, protocol, ...(family !== undefined && { family }) });
  const text = textOf({ address, port });
  hops.push({ type: 'policy', to: text, decision });
  if (pod === undefined) hops.push({ type: 'outside', to: text });
  else {
    const listed = pod.ports.some((each) => each.port === port && each.protocol === protocol);
    hops.push({ type: 'pod', to: text, pod: `${pod.namespace}/${pod.name}`, listed });
  }
  return decision.allowed ? undefined : `NetworkPolicies keep it from ${text}`;
};

const textOf = ({ address, port }: Target): string => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`);
const keyOf = ({ metadata }: Service): string => `${metadata.namespace ?? 'default'}/${metadata.name}`;
