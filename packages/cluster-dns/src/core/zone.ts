import type { DnsRecord, DnsRecords, SoaRecord } from './dns-records.js';
import { type AddressRange, parseAddress, parseRange } from './reverse-name.js';

export interface ZoneOptions {
  /** `clusterDomain`: the zone this server answers for, such as `cluster.local`. */
  readonly domain: string;
  /** What Services and Pods have. */
  readonly records: DnsRecords;
  /** Addresses that this server is asked at: those of `ns.dns.<domain>`. */
  readonly serverAddresses?: readonly string[];
  /** Ranges of addresses whose reverse names nobody else knows: those of Services and Pods, as CIDRs. */
  readonly ownRanges?: readonly string[];
  /** Time to live of every record, in seconds. Default 5, as CoreDNS' plugin `kubernetes`. */
  readonly ttl?: number;
  /** Serial number of the SOA. Default 1. */
  readonly serial?: number;
}

/** What this server answers for. */
export interface Zone {
  readonly domain: string;
  readonly ttl: number;
  readonly ownRanges: readonly AddressRange[];
  readonly soa: SoaRecord;
  /** Undefined: the name has none of its own. */
  recordsOf(name: string): readonly DnsRecord[] | undefined;
  /** Whether names below this one exist: it exists then too, without records. */
  hasNamesBelow(name: string): boolean;
}

/** Version of the DNS schema that is served (kubernetes/dns docs/specification.md). */
const SCHEMA_VERSION = '1.1.0';
const DEFAULT_TTL_SECONDS = 5;

/** The zone over a set of records; what only negative answers need is worked out with the first of them. */
export const createZone = (options: ZoneOptions): Zone => {
  const { domain, records, serverAddresses = [], ownRanges = [], ttl = DEFAULT_TTL_SECONDS, serial = 1 } = options;
  const nameServer = `ns.dns.${domain}`;
  const own: DnsRecords = new Map<string, readonly DnsRecord[]>([
    [domain, [{ type: 'NS', target: nameServer }]],
    [`dns-version.${domain}`, [{ type: 'TXT', text: SCHEMA_VERSION }]],
    [nameServer, serverAddresses.map((address) => ({ type: parseAddress(address)?.family === 6 ? 'AAAA' : 'A', address }))],
  ]);
  let parents: ReadonlySet<string> | undefined;
  return {
    domain,
    ttl,
    ownRanges: ownRanges.flatMap((cidr) => parseRange(cidr) ?? []),
    soa: {
      type: 'SOA',
      mname: nameServer,
      rname: `hostmaster.${domain}`,
      serial,
      refresh: 7_200,
      retry: 1_800,
      expire: 86_400,
      minimum: ttl,
    },
    recordsOf: (name) => own.get(name) ?? records.get(name),
    hasNamesBelow: (name) => {
      parents ??= parentsOf([...own.keys(), ...records.keys()], domain);
      return parents.has(name);
    },
  };
};

/** Every name of the zone that has names below it; `svc` and `pod` exist even while they are empty. */
const parentsOf = (names: readonly string[], domain: string): ReadonlySet<string> => {
  const suffix = `.${domain}`;
  const parents = new Set([domain, `svc${suffix}`, `pod${suffix}`]);
  for (const name of names) {
    if (!name.endsWith(suffix)) continue;
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      const parent = name.slice(dot + 1);
      if (parents.has(parent)) break;
      parents.add(parent);
    }
  }
  return parents;
};
