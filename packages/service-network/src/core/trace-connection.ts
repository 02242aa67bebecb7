import type { Endpoint, EndpointSlice, Service, ServicePort } from '@solo-kubelet/object-spec';
import { SERVICE_NAME_LABEL } from './dns-records.js';
import type { EndpointPod } from './endpoint-pod.js';
import { deriveServiceRecords } from './join-records.js';
import { decideConnection, type PolicyDecision, type PolicyEnd, type PolicySet } from './network-policy.js';

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
  const [address] = named;
  if (address === undefined) return { outcome: 'fails', hops, reasons: [`no address has the name ${input.host}`] };
  const found = serviceAt(input, address);
  if (found === undefined) return end(hops, [destination(input, hops, address, input.port)]);
  if (found.port === undefined) {
    const name = keyOf(found.service);
    return { outcome: 'fails', hops, reasons: [`Service ${name} has no port ${input.port}/${input.protocol}: the connection is refused`] };
  }
  const { service, port, via } = found;
  hops.push({ type: 'service', service: keyOf(service), port: port.port, via });
  const { used, notReady } = endpointsOf(input, service, port);
  hops.push({ type: 'endpoints', used: used.map(textOf), notReady: notReady.map(textOf) });
  if (used.length === 0) {
    const why = notReady.length === 0 ? 'no Pod fits its selector' : `none of its ${notReady.length} Pods is ready`;
    return { outcome: 'fails', hops, reasons: [`Service ${keyOf(service)} has no endpoints, since ${why}: the connection is refused`] };
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

const serviceAt = ({ services, nodeAddresses, port, protocol }: TraceInput, address: string): FoundService | undefined => {
  const fits = (each: ServicePort): boolean => each.port === port && (each.protocol ?? 'TCP') === protocol;
  for (const service of services) {
    const { spec, status } = service;
    const at = (via: FoundService['via']): FoundService => ({ service, port: (spec.ports ?? []).find(fits), via });
    if ((spec.clusterIPs ?? [spec.clusterIP ?? '']).includes(address)) return at('clusterIP');
    if (spec.externalIPs?.includes(address)) return at('externalIP');
    const balanced = at('loadBalancer');
    const isBalanced = status?.loadBalancer?.ingress?.some(({ ip }) => ip === address) === true;
    if (isBalanced && balanced.port !== undefined) return balanced;
    const nodePort = nodeAddresses.includes(address)
      ? (spec.ports ?? []).find((each) => each.nodePort === port && (each.protocol ?? 'TCP') === protocol)
      : undefined;
    if (nodePort !== undefined) return { service, port: nodePort, via: 'nodePort' };
  }
  return undefined;
};

interface Target {
  readonly address: string;
  readonly port: number;
}

/** Those that are ready; where none is, those that still serve while they end. */
const endpointsOf = ({ slices, host }: TraceInput, service: Service, port: ServicePort) => {
  const family = (service.spec.clusterIPs ?? [])[0]?.includes(':') === true || host.includes(':') ? 'IPv6' : 'IPv4';
  const all = slices
    .filter(
      ({ metadata, addressType }) =>
        metadata.labels?.[SERVICE_NAME_LABEL] === service.metadata.name &&
        (metadata.namespace ?? 'default') === (service.metadata.namespace ?? 'default') &&
        addressType === family,
    )
    .flatMap(({ endpoints, ports }) => {
      const number = ports.find(
        ({ name, protocol = 'TCP' }) => (name ?? '') === (port.name ?? '') && protocol === (port.protocol ?? 'TCP'),
      )?.port;
      return number === undefined ? [] : endpoints.flatMap((endpoint) => targetsOf(endpoint, number));
    });
  const ready = all.filter(({ endpoint }) => endpoint.conditions?.ready !== false);
  const ending = all.filter(({ endpoint }) => endpoint.conditions?.serving === true && endpoint.conditions.terminating === true);
  const used = ready.length > 0 ? ready : ending;
  return { used, notReady: all.filter((each) => !used.includes(each)) };
};

const targetsOf = (endpoint: Endpoint, port: number) => endpoint.addresses.slice(0, 1).map((address) => ({ address, port, endpoint }));

/** The last hops; what is wrong there, if anything is. */
const destination = (input: TraceInput, hops: TraceHop[], address: string, port: number): string | undefined => {
  const { from, pods, policies, protocol, nodeAddresses } = input;
  const pod = pods.find((each) => !each.hostNetwork && each.ips.includes(address));
  const source: PolicyEnd = from.hostNetwork ? { type: 'node', address: from.ips[0] ?? '' } : { type: 'pod', pod: from };
  const to: PolicyEnd = pod === undefined ? { type: nodeAddresses.includes(address) ? 'node' : 'address', address } : { type: 'pod', pod };
  const decision = decideConnection(policies, { from: source, to, port, protocol });
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
