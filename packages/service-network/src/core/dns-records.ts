import type { Endpoint, EndpointSlice, Service, ServicePort } from '@solo-kubelet/object-spec';
import { familyOf, reverseName } from './ip-address.js';

/** One answer of the cluster's DNS. Names are complete, in lower case and without the dot at the end. */
export type ServiceRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'PTR'; readonly name: string }
  | { readonly type: 'CNAME'; readonly target: string };

/**
 * What there is to answer, by complete name in lower case, without the dot at the end. A name with an empty list exists and has no records. Names that exist
 * only because others lie below them (`_tcp.web.default.svc.cluster.local`) are not among them. Source: kubernetes/dns docs/specification.md 1.1.0, and what
 * CoreDNS' kubernetes plugin answers beyond it: addresses at the names of ports, SRV at the bare name of a Service, endpoints below a Service with an address.
 */
export type ServiceRecords = ReadonlyMap<string, readonly ServiceRecord[]>;

export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';

/** The records of one Service. `reverse` holds back what only counts while no cluster address is the same. */
export interface RecordsOfService {
  readonly own: ServiceRecords;
  readonly reverse: readonly ReverseRecord[];
}

export interface ReverseRecord {
  readonly name: string;
  readonly target: string;
  /** The whole answer where no other endpoint has the address. */
  readonly records: readonly ServiceRecord[];
}

export const recordsOfService = (service: Service, slices: readonly EndpointSlice[], clusterDomain: string): RecordsOfService => {
  const { spec } = service;
  const base = nameOfService(service, clusterDomain);
  /** By name, and by what they say: each is there once, however many ports and endpoints there are. */
  const own = new Map<string, Map<string, ServiceRecord>>();
  const add = (name: string, record: ServiceRecord): void => {
    const records = own.get(name) ?? new Map<string, ServiceRecord>();
    const said = textOf(record);
    if (!records.has(said)) own.set(name, records.set(said, record));
  };
  const result = (reverse: readonly ReverseRecord[]): RecordsOfService => ({
    own: new Map([...own].map(([name, records]) => [name, weighted([...records.values()])])),
    reverse,
  });
  if (spec.type === 'ExternalName') {
    const target = (spec.externalName ?? '').replace(/\.$/, '').toLowerCase();
    if (target !== '' && familyOf(target) === undefined) add(base, { type: 'CNAME', target });
    return result([]);
  }
  const clusterIps = (spec.clusterIPs ?? []).filter((ip) => ip !== 'None' && ip !== '');
  const ready = slices.flatMap(({ endpoints, ports }) =>
    endpoints.flatMap((endpoint) =>
      endpoint.conditions?.ready === false ? [] : [{ endpoint, ports, address: endpoint.addresses[0] ?? '' }],
    ),
  );
  const reverse: ReverseRecord[] = [];
  for (const { endpoint, address } of ready) {
    const name = `${hostOf(endpoint, address)}.${base}`;
    addAddress(add, name, address);
    const back = reverseName(address);
    if (back !== undefined) reverse.push({ name: back, target: name, records: [{ type: 'PTR', name }] });
  }
  if (clusterIps.length > 0) {
    for (const ip of clusterIps) {
      addAddress(add, base, ip);
      const back = reverseName(ip);
      if (back !== undefined) add(back, { type: 'PTR', name: base });
    }
    for (const port of spec.ports ?? []) {
      add(base, srv(port.port, base));
      if (!port.name) continue;
      add(nameOfPort(port, base), srv(port.port, base));
      for (const ip of clusterIps) addAddress(add, nameOfPort(port, base), ip);
    }
  } else {
    for (const { endpoint, address, ports } of ready) {
      const target = `${hostOf(endpoint, address)}.${base}`;
      addAddress(add, base, address);
      for (const { name = '', port, protocol } of ports) {
        if (port === undefined) continue;
        add(base, srv(port, target));
        if (name === '') continue;
        const place = nameOfPort({ name, protocol }, base);
        add(place, srv(port, target));
        addAddress(add, place, address);
      }
    }
  }
  return result(reverse);
};

/** Slices by `namespace/name` of their Service. */
export const groupSlices = (slices: readonly EndpointSlice[]): ReadonlyMap<string, readonly EndpointSlice[]> => {
  const groups = new Map<string, EndpointSlice[]>();
  for (const slice of slices) {
    const name = slice.metadata.labels?.[SERVICE_NAME_LABEL];
    if (name === undefined) continue;
    const key = `${slice.metadata.namespace ?? 'default'}/${name}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [slice]);
    else group.push(slice);
  }
  return groups;
};

/** The complete name of a Service in DNS. */
export const nameOfService = ({ metadata }: Service, clusterDomain: string): string =>
  below(`${metadata.name}.${metadata.namespace ?? 'default'}.svc`.toLowerCase(), clusterDomain);

/** A name in the zone. */
export const below = (name: string, clusterDomain: string): string =>
  clusterDomain === '' ? name : `${name}.${clusterDomain.toLowerCase()}`;

const nameOfPort = ({ name, protocol = 'TCP' }: Pick<ServicePort, 'name' | 'protocol'>, base: string): string =>
  `_${name}._${protocol}.${base}`.toLowerCase();

/** Without a name of its own an endpoint is called by its address, as CoreDNS does. */
const hostOf = ({ hostname }: Endpoint, address: string): string => (hostname || address.replace(/[.:]/g, '-')).toLowerCase();

const addAddress = (add: (name: string, record: ServiceRecord) => void, name: string, address: string): void => {
  const family = familyOf(address);
  if (family !== undefined) add(name, { type: family === 'IPv4' ? 'A' : 'AAAA', address });
};

const srv = (port: number, target: string): ServiceRecord => ({ type: 'SRV', priority: 0, weight: 0, port, target });

/** The hundred points of a name are shared out evenly, as CoreDNS does. */
const weighted = (records: readonly ServiceRecord[]): readonly ServiceRecord[] => {
  const weight = Math.max(1, Math.floor(100 / records.filter(({ type }) => type === 'SRV').length));
  return records.map((record) => (record.type === 'SRV' ? { ...record, weight } : record));
};

const textOf = (record: ServiceRecord): string => {
  if (record.type === 'SRV') return `SRV ${record.port} ${record.target}`;
  if (record.type === 'PTR') return `PTR ${record.name}`;
  return record.type === 'CNAME' ? `CNAME ${record.target}` : `${record.type} ${record.address}`;
};
