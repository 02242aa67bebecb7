import type { DNSConfig } from '@solo-kubelet/cri-types';
import type { Pod } from '@solo-kubelet/pod-spec';
import type { PodNotice } from '../pod-environment.js';
import { emptyResolvConf, mergeResolverOptions, type ResolvConf } from './resolv-conf.js';

export interface DnsInput {
  readonly pod: Pod;
  /** The node's resolver file; undefined when `resolvConf` is the empty string. */
  readonly nodeResolvConf: ResolvConf | undefined;
  readonly nodeIps: readonly string[];
  readonly clusterDomain: string;
  readonly clusterDns: readonly string[];
}

const MAX_SERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_LENGTH = 253;
const MAX_SEARCH_LINE = 2048;

/** The `dns_config` of a sandbox, cut to what resolvers take. Upstream: GetPodDNS in pkg/kubelet/network/dns/dns.go. */
export const podDns = (input: DnsInput): { readonly config: DNSConfig; readonly notices: readonly PodNotice[] } => {
  const notices: PodNotice[] = [];
  const base = baseConfig(input, notices);
  const extra = input.pod.spec.dnsConfig;
  const extraOptions = (extra?.options ?? []).map(({ name, value }) => (value ? `${name}:${value}` : (name ?? '')));
  const servers = unique([...base.servers, ...(extra?.nameservers ?? [])]);
  const searches = unique([...base.searches, ...(extra?.searches ?? [])]);
  return {
    config: {
      servers: limitServers(servers, notices),
      searches: limitSearches(searches, notices),
      options: [...mergeResolverOptions(base.options, extraOptions)],
    },
    notices,
  };
};

/** True when the pod's DNS starts from the node's resolver file. */
export const usesNodeResolvConf = (pod: Pod): boolean => pod.spec.dnsPolicy !== 'None';

const baseConfig = (input: DnsInput, notices: PodNotice[]): ResolvConf => {
  const policy = input.pod.spec.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return emptyResolvConf;
  const host = input.nodeResolvConf ?? localResolver(input.nodeIps);
  if (policy === 'Default' || (policy !== 'ClusterFirstWithHostNet' && input.pod.spec.hostNetwork)) return host;
  if (input.clusterDns.length === 0) {
    notices.push(missingClusterDns(input.pod));
    return host;
  }
  const { clusterDomain } = input;
  const clusterSearches =
    clusterDomain === '' ? [] : [`${input.pod.metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  const hostSearches = input.nodeResolvConf?.searches ?? [];
  return { servers: input.clusterDns, searches: unique([...clusterSearches, ...hostSearches]), options: ['ndots:5'] };
};

const localResolver = (nodeIps: readonly string[]): ResolvConf => {
  const servers = nodeIps.map((ip) => (ip.includes(':') ? '::1' : '127.0.0.1'));
  return { servers: servers.length === 0 ? ['127.0.0.1'] : servers, searches: ['.'], options: [] };
};

/** Upstream names this policy whichever of the two it was. */
const missingClusterDns = ({ metadata: { name, namespace, uid } }: Pod): PodNotice => ({
  type: 'Warning',
  reason: 'MissingClusterDNS',
  message: `pod: "${name}_${namespace}(${uid})". kubelet does not have ClusterDNS IP configured and cannot create Pod using "ClusterFirst" policy. Falling back to "Default" policy.`,
});

const limitServers = (servers: readonly string[], notices: PodNotice[]): string[] => {
  const kept = servers.slice(0, MAX_SERVERS);
  if (kept.length < servers.length) {
    notices.push(
      forming(`Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: ${kept.join(' ')}`),
    );
  }
  return kept;
};

const limitSearches = (searches: readonly string[], notices: PodNotice[]): string[] => {
  const kept = searches.slice(0, MAX_SEARCHES).filter((search) => search.length <= MAX_SEARCH_LENGTH);
  while (kept.join(' ').length > MAX_SEARCH_LINE) kept.pop();
  if (kept.length < searches.length) {
    notices.push(
      forming(`Search Line limits were exceeded, some search paths have been omitted, the applied search line is: ${kept.join(' ')}`),
    );
  }
  return kept;
};

const forming = (message: string): PodNotice => ({ type: 'Warning', reason: 'DNSConfigForming', message });

const unique = (values: readonly string[]): string[] => [...new Set(values)];
