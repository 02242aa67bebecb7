import type { EndpointSlice, Service } from '@solo-kubelet/object-spec';
import { below, groupSlices, type RecordsOfService, recordsOfService, type ServiceRecord, type ServiceRecords } from './dns-records.js';
import { withChanges } from './layered-map.js';

export interface ServiceRecordsInput {
  /** E.g. `cluster.local`; without dots at its ends. Empty: names end in `.svc`. */
  readonly clusterDomain: string;
  /** Services with the addresses that they were given. */
  readonly services: readonly Service[];
  /** Those of the Services, by the label kubernetes.io/service-name. */
  readonly slices: readonly EndpointSlice[];
  /** Namespaces that exist beside those of the Services. */
  readonly namespaces?: readonly string[];
}

/** The records of all Services. */
export const deriveServiceRecords = ({ clusterDomain, services, slices, namespaces = [] }: ServiceRecordsInput): ServiceRecords => {
  const bySlice = groupSlices(slices);
  return joinRecords(
    services.map((service) =>
      recordsOfService(service, bySlice.get(`${service.metadata.namespace ?? 'default'}/${service.metadata.name}`) ?? [], clusterDomain),
    ),
    [...namespaces, ...services.map(({ metadata }) => metadata.namespace ?? 'default')],
    clusterDomain,
  );
};

/** All of them together. An address that is a Service's own belongs to it alone. */
export const joinRecords = (parts: readonly RecordsOfService[], namespaces: readonly string[], clusterDomain: string): ServiceRecords => {
  const all = new Map<string, readonly ServiceRecord[]>();
  for (const namespace of namespaces) all.set(below(`${namespace.toLowerCase()}.svc`, clusterDomain), []);
  for (const { own } of parts) for (const [name, records] of own) all.set(name, records);
  // Asked for only where a Pod is of two Services.
  let taken: ReadonlySet<string> | undefined;
  const isOwn = (name: string): boolean => {
    taken ??= new Set(parts.flatMap(({ own }) => [...own.keys()]));
    return taken.has(name);
  };
  const shared = new Map<string, Set<string>>();
  for (const { reverse } of parts) {
    for (const { name, target, records } of reverse) {
      const had = all.get(name);
      if (had === undefined) all.set(name, records);
      else if (!isOwn(name)) shared.set(name, (shared.get(name) ?? new Set(had.flatMap(pointer))).add(target));
    }
  }
  for (const [name, targets] of shared)
    all.set(
      name,
      [...targets].map((target) => ({ type: 'PTR', name: target })),
    );
  return all;
};

const pointer = (record: ServiceRecord): readonly string[] => (record.type === 'PTR' ? [record.name] : []);

/** Parts that differ, beyond which it is no dearer to join all of them anew. */
const MOST_REJOINED = 100;

/**
 * The same as `joinRecords` of `parts`, made from what those of `before` came to: only names of parts that differ are looked at. Undefined where that does not
 * do: Services came or went, or one of them has another address of its own.
 */
export const rejoinRecords = (
  joined: ServiceRecords,
  before: readonly RecordsOfService[],
  parts: readonly RecordsOfService[],
): ServiceRecords | undefined => {
  if (before.length !== parts.length) return undefined;
  const changes = parts.flatMap((part, i) => (part === before[i] ? [] : [{ old: before[i]!, part }]));
  if (changes.length > MOST_REJOINED) return undefined;
  const changed = new Map<string, readonly ServiceRecord[] | undefined>();
  const backs = new Set<string>();
  for (const { old, part } of changes) {
    for (const name of old.own.keys()) {
      if (part.own.has(name)) continue;
      if (isReverse(name)) return undefined;
      changed.set(name, undefined);
    }
    for (const [name, records] of part.own) {
      if (isReverse(name) && !old.own.has(name)) return undefined;
      changed.set(name, records);
    }
    for (const { reverse } of [old, part]) for (const { name } of reverse) backs.add(name);
  }
  for (const name of backs)
    if (parts.some(({ own }) => own.has(name))) backs.delete(name);
    else changed.set(name, undefined);
  // In the order of the parts, as all of them together are joined.
  for (const { reverse } of parts) {
    for (const { name, target, records } of reverse) {
      if (!backs.has(name)) continue;
      const had = changed.get(name);
      if (had === undefined) changed.set(name, records);
      else if (!had.some((record) => record.type === 'PTR' && record.name === target))
        changed.set(name, [...had, { type: 'PTR', name: target }]);
    }
  }
  return withChanges(joined, changed);
};

const isReverse = (name: string): boolean => name.endsWith('.arpa');
