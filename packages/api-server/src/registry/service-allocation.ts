import { formatIp, pathSegmentNameErrors } from '@solo-kubelet/object-spec/rules';
import { createReport, parseIpAddress } from '@solo-kubelet/pod-spec/schema';
import type { RequestContext } from '../context.js';
import { invalid } from '../status/api-error.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import { isSameJson } from './same-json.js';
import { addressesOf, initFamilies, refuseReported } from './service-families.js';

/** 10.96.0.0/16, as `--service-cluster-ip-range` is mostly set. */
const RANGE = { prefix: [10, 96], size: 65_536 };
const NODE_PORTS = { from: 30_000, to: 32_767 };

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

const addressAt = (index: number): string => `${RANGE.prefix.join('.')}.${index >> 8}.${index & 255}`;

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

const isInRange = (address: string): boolean => address.startsWith(`${RANGE.prefix.join('.')}.`);

/** Those that stand for the network itself and for everybody in it. */
const EDGES: ReadonlySet<string> = new Set([addressAt(0), addressAt(RANGE.size - 1)]);

/** Why an address cannot be had. */
const refusalOf = (address: string, used: ReadonlySet<string>): string | undefined => {
  if (EDGES.has(address)) return 'the provided network does not match the current range';
  if (!isInRange(address)) return `the provided IP (${address}) is not in the valid range. The range of valid IPs is 10.96.0.0/16`;
  return used.has(address) ? 'provided IP is already allocated' : undefined;
};

const NEEDS_PORTS: ReadonlySet<unknown> = new Set(['NodePort', 'LoadBalancer']);

const allocateAddress = (ctx: RequestContext, draft: ObjectDraft, services: readonly StoredObject[]): void => {
  const spec = draft.spec!;
  const used = addressesInUse(services);
  const given = addressesOf(spec)[0] ?? '';
  if (given === 'None') return;
  if (given !== '') {
    const report = createReport();
    const problem = refusalOf(canonical(given), used);
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
    RANGE.size - 2,
    ctx.parts.random,
    (i) => addressAt(i + 1),
    (each) => !used.has(each),
  )!;
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
  const pick = (): number =>
    choose(
      NODE_PORTS.to - NODE_PORTS.from + 1,
      ctx.parts.random,
      (i) => NODE_PORTS.from + i,
      (port) => !used.has(port),
    )!;
  const own = new Map<string, number>();
  for (const [i, port] of ((spec['ports'] ?? []) as readonly Values[]).entries()) {
    const given = Number(port['nodePort'] ?? 0);
    const field = `spec.ports[${i}].nodePort`;
    if (given !== 0) {
      if (given < NODE_PORTS.from || given > NODE_PORTS.to) {
        report.invalid(
          field,
          given,
          `provided port is not in the valid range. The range of valid ports is ${NODE_PORTS.from}-${NODE_PORTS.to}`,
        );
      } else if (used.has(given)) report.invalid(field, given, 'provided port is already allocated');
      own.set(`${port['port']}`, given);
      continue;
    }
    const shared = own.get(`${port['port']}`);
    const chosen = shared ?? pick();
    port['nodePort'] = chosen;
    used.add(chosen);
    own.set(`${port['port']}`, chosen);
  }
  if (spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local' && !spec['healthCheckNodePort']) {
    spec['healthCheckNodePort'] = pick();
  }
  if (report.errors.length > 0) throw invalid({ group: '', name: 'Service' }, draft.metadata.name ?? '', report.errors);
};

/** Gives a Service its addresses and ports, as an API server with one IPv4 range does. @throws ApiError 422 */
export const allocateService = (ctx: RequestContext, draft: ObjectDraft & { spec: Values }, old: StoredObject | undefined): void => {
  const { spec } = draft;
  if (spec['type'] === 'ExternalName') return;
  const isChange = old !== undefined && old.spec?.['type'] !== 'ExternalName';
  if (old === undefined && spec['clusterIP'] && addressesOf(spec).length === 0) spec['clusterIPs'] = [spec['clusterIP']];
  const services = ctx.parts.store.list('services', '').filter(({ metadata }) => metadata.uid !== old?.metadata.uid);
  initFamilies(draft, old);
  if (!isChange) allocateAddress(ctx, draft, services);
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
  for (const port of (spec['ports'] ?? []) as readonly Values[]) port['nodePort'] ??= ports.get(portKey(port));
  spec['healthCheckNodePort'] ??= before['healthCheckNodePort'];
};
