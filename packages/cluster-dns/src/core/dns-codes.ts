/** Response codes (RFC 1035, 6891). BADVERS needs the extended bits of an OPT record. */
export const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5, BADVERS: 16 } as const;

/** Numbers of the record types that this server knows by name. */
export const TYPE = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  HINFO: 13,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  OPT: 41,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const CLASS_IN = 1;

/** Extended DNS errors (RFC 8914), which say in `dig` why an answer is as it is. */
export const EXTENDED_ERROR = { STALE: 3, NOT_READY: 14, PROHIBITED: 18, NO_REACHABLE_AUTHORITY: 22 } as const;
