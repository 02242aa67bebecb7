export { answerQuestion, type Question, type ZoneAnswer } from './core/answer-question.js';
export type { DnsRecord, DnsRecords, OwnedRecord, RawRecord, SoaRecord } from './core/dns-records.js';
export { parseResolvConf, parseUpstream, type Upstream } from './core/parse-resolv-conf.js';
export { createZone, type Zone, type ZoneOptions } from './core/zone.js';
export type { QueryResult } from './server/answer-query.js';
export type { ListenAddress } from './server/listen-address.js';
export { type ClusterDnsOptions, type ClusterDnsReport, runClusterDns } from './server/run-cluster-dns.js';
