/** One record of the cluster's zone. Names are fully qualified, in lower case, without the trailing dot. */
export type DnsRecord =
  | { readonly type: 'A' | 'AAAA'; readonly address: string }
  | { readonly type: 'SRV'; readonly priority: number; readonly weight: number; readonly port: number; readonly target: string }
  | { readonly type: 'PTR'; readonly name: string }
  | { readonly type: 'CNAME' | 'NS'; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string };

/**
 * Every record by its name: fully qualified, in lower case, without the trailing dot. Reverse names (`in-addr.arpa`, `ip6.arpa`) are among them. A name with
 * an empty list exists without records; names that only have others below them need not be there.
 */
export type DnsRecords = ReadonlyMap<string, readonly DnsRecord[]>;

/** The start of a zone's authority, as negative answers carry it. */
export interface SoaRecord {
  readonly type: 'SOA';
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** A record of any type, as its bytes. */
export interface RawRecord {
  readonly type: 'raw';
  readonly typeNumber: number;
  readonly data: Uint8Array;
}

/** A record with its owner and its time to live in seconds, as an answer has it. */
export interface OwnedRecord {
  readonly name: string;
  readonly ttl: number;
  readonly record: DnsRecord | SoaRecord | RawRecord;
}
