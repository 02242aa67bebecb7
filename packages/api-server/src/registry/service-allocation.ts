import { formatIp, pathSegmentNameErrors } from '@solo-kubelet/object-spec/rules';
import { createReport, isIpv4, parseIpAddress } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext, ServiceNetworkParts } from '../context.js';
import { invalid } from '../status/api-error.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import { isSameJson } from './same-json.js';
import { addressesOf, initFamilies, refuseReported } from './service-families.js';

/** As `--service-cluster-ip-range` is mostly set, and the default of `--service-node-port-range`. */
const DEFAULTS: ServiceNetworkParts = { range: '10.96.0.0/16', nodePorts: { from: 30_000, to: 32_767 } };

/** A block of IPv4 addresses. */
interface Block {
  /** Its CIDR as it was given. */
  readonly text: string;
  /** Its first address as a number, and how many there are. */
  readonly first: number;
  readonly size: number;
}

const numberOf = (address: string): number | undefined => {
  const groups = parseIpAddress(address);
  return groups === undefined || !isIpv4(groups) ? undefined : groups.at(-2)! * 65_536 + groups.at(-1)!;
};

const blockOf = (text: string): Block => {
  const [address = '', length = '32'] = text.split('/');
  const size = 2 ** (32 - Number(length));
  const first = numberOf(address) ?? 0;
  return { text, first: first - (first % size), size };
};

/** However it is written: old forms have zeros before their numbers. */
const canonical = (address: string): string => {
  const groups = parseIpAddress(address);
  return groups === undefined ? address : formatIp(groups);
};

const addressesInUse = (services: readonly StoredObject[]): ReadonlySet<string> =>
  new Set(services.flatMap(({ spec = {} }) => addressesOf(spec).map(canonical)));

const portsInUse = (services: readonly StoredObject[]): ReadonlySet<number> =>
  new Set(
    services.flatMap(({ spec = {} }) => [
      ...((spec['ports'] ?? []) as readonly Values[]).flatMap(({ nodePort }) => (nodePort ? [Number(nodePort)] : [])),
      ...(spec['healthCheckNodePort'] ? [Number(spec['healthCheckNodePort'])] : []),
    ]),
  );

const addressAt = ({ first }: Block, index: number): string => {
  const number = first + index;
  return [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.');
};

/** Takes the first one that is free after a place chosen by chance. */
const choose = <Item>(
  count: number,
  random: () => number,
  itemAt: (index: number) => Item,
  isFree: (item: Item) => boolean,
): Item | undefined => {
  const start = Math.floor(random() * count);
  for (let i = 0; i < count; i++) {
    const item = itemAt((start + i) % count);
    if (isFree(item)) return item;
  }
  return undefined;
};

/** Why an address cannot be had. */
const refusalOf = (address: string, block: Block, used: ReadonlySet<string>): string | undefined => {
  const index = (numberOf(address) ?? Number.NaN) - block.first;
  // Those that stand for the network itself and for everybody in it.
  if (index === 0 || index === block.size - 1) return 'the provided network does not match the current range';
  if (!(index > 0 && index < block.size))
    return `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${block.text}`;
  return used.has(address) ? 'provided IP is already allocated' : undefined;
};

const NEEDS_PORTS: ReadonlySet<unknown> = new Set(['NodePort', 'LoadBalancer']);

const allocateAddress = (ctx: RequestContext, draft: ObjectDraft, services: readonly StoredObject[], block: Block): void => {
  const spec = draft.spec!;
  const used = addressesInUse(services);
  const given = addressesOf(spec)[0] ?? '';
  if (given === 'None') return;
  if (given !== '') {
    const report = createReport();
    const problem = refusalOf(canonical(given), block, used);
    if (problem !== undefined) report.invalidStructure('spec.clusterIPs', addressesOf(spec), `failed to allocate IP ${given}: ${problem}`);
    refuseReported(report, draft);
    spec['clusterIP'] = given;
    return;
  }
  // The object that stands for an address names the Service: what cannot be named there gets none.
  const name = draft.metadata.name ?? '';
  const [problem] =
    name === '' ? ['Required value'] : pathSegmentNameErrors(name, false).map((each) => `Invalid value: ${JSON.stringify(name)}: ${each}`);
  const address = choose(
    block.size - 2,
    ctx.parts.random,
    (i) => addressAt(block, i + 1),
    (each) => !used.has(each),
  );
  if (address === undefined) {
    const report = createReport();
    report.invalidStructure('spec.clusterIPs', [''], 'failed to allocate IP: range is full');
    throw invalid({ group: '', name: 'Service' }, name, report.errors);
  }
  if (problem !== undefined) {
    const report = createReport();
    const why = `IPAddress.networking.k8s.io ${JSON.stringify(address)} is invalid: spec.parentRef.name: ${problem}`;
    report.invalidStructure('spec.clusterIPs', [''], `failed to allocate IP: ${why}`);
    throw invalid({ group: '', name: 'Service' }, name, report.errors);
  }
  spec['clusterIP'] = address;
  spec['clusterIPs'] = [address];
};

const allocatePorts = (ctx: RequestContext, draft: ObjectDraft, services: readonly StoredObject[]): void => {
  const spec = draft.spec!;
  if (!NEEDS_PORTS.has(spec['type'])) return;
  if (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] === false) return;
  const used = new Set(portsInUse(services));
  const report = createReport();
  const { from, to } = (ctx.parts.serviceNetwork ?? DEFAULTS).nodePorts;
  const pick = (field: string): number => {
    const port = choose(
      to - from + 1,
      ctx.parts.random,
      (i) => from + i,
      (each) => !used.has(each),
    );
    if (port !== undefined) return port;
    report.invalid(field, 0, 'failed to allocate a nodePort: range is full');
    throw invalid({ group: '', name: 'Service' }, draft.metadata.name ?? '', report.errors);
  };
  const own = new Map<string, number>();
  for (const [i, port] of ((spec['ports'] ?? []) as readonly Values[]).entries()) {
    const given = Number(port['nodePort'] ?? 0);
    const field = `spec.ports[${i}].nodePort`;
    if (given !== 0) {
      if (given < from || given > to) {
        report.invalid(field, given, `provided port is not in the valid range. The range of valid ports is ${from}-${to}`);
      } else if (used.has(given)) report.invalid(field, given, 'provided port is already allocated');
      own.set(`${port['port']}`, given);
      continue;
    }
    const shared = own.get(`${port['port']}`);
    const chosen = shared ?? pick(field);
    port['nodePort'] = chosen;
    used.add(chosen);
    own.set(`${port['port']}`, chosen);
  }
  if (spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local' && !spec['healthCheckNodePort']) {
    spec['healthCheckNodePort'] = pick('spec.healthCheckNodePort');
  }
  if (report.errors.length > 0) throw invalid({ group: '', name: 'Service' }, draft.metadata.name ?? '', report.errors);
};

/** Gives a Service its addresses and ports, as an API server with one IPv4 range does; without one, ports alone. @throws ApiError 422 */
export const allocateService = (ctx: RequestContext, draft: ObjectDraft & { spec: Values }, old: StoredObject | undefined): void => {
  const { spec } = draft;
  if (spec['type'] === 'ExternalName') return;
  const isChange = old !== undefined && old.spec?.['type'] !== 'ExternalName';
  if (old === undefined && spec['clusterIP'] && addressesOf(spec).length === 0) spec['clusterIPs'] = [spec['clusterIP']];
  const services = ctx.parts.store.list('services', '').filter(({ metadata }) => metadata.uid !== old?.metadata.uid);
  const { range } = ctx.parts.serviceNetwork ?? DEFAULTS;
  if (range !== undefined) {
    initFamilies(draft, old);
    if (!isChange) allocateAddress(ctx, draft, services, blockOf(range));
  }
  allocatePorts(ctx, draft, services);
};

const portKey = ({ name, port, protocol }: Values): string => `${name ?? ''}/${port}/${protocol}`;

/** Who changes only the one address means the list of it, too. */
const normaliseAddresses = (spec: Values, before: Values): void => {
  const [now, was] = [spec['clusterIP'] ?? '', before['clusterIP'] ?? ''];
  if (addressesOf(before).length > 0 && addressesOf(spec).length === 0 && now === was) spec['clusterIPs'] = addressesOf(before);
  if (now === was || !isSameJson(addressesOf(spec), addressesOf(before))) return;
  if (now === '') delete spec['clusterIPs'];
  else spec['clusterIPs'] = [now];
};

/** A change that does not speak of addresses and ports keeps those that the Service has. */
export const keepAllocations = (draft: ObjectDraft, old: StoredObject): void => {
  const [spec, before] = [draft.spec ?? {}, old.spec ?? {}];
  const hasAddress = (each: Values): boolean => each['type'] !== 'ExternalName';
  if (hasAddress(spec) && hasAddress(before)) {
    if (!spec['clusterIP']) spec['clusterIP'] = before['clusterIP'];
    if (addressesOf(spec).length === 0) spec['clusterIPs'] = addressesOf(before);
  }
  normaliseAddresses(spec, before);
  if (!NEEDS_PORTS.has(spec['type']) || !NEEDS_PORTS.has(before['type'])) return;
  const ports = new Map(((before['ports'] ?? []) as readonly Values[]).map((port) => [portKey(port), port['nodePort']]));
  for (const port of (spec['ports'] ?? []) as readonly Values[]) {
    const known = ports.get(portKey(port));
    if (known !== undefined) port['nodePort'] ??= known;
  }
  if (before['healthCheckNodePort'] !== undefined) spec['healthCheckNodePort'] ??= before['healthCheckNodePort'];
};
