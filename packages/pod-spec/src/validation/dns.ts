import type { HostAlias, PodDNSConfig, PodSpec } from '../gen/pod-types.js';
import { byteLength } from './go-print.js';
import { dnsSubdomainErrors, dnsSubdomainUnderscoreErrors } from './grammar.js';
import { ipAddressError } from './ip-address.js';
import type { Report } from './report.js';

const DNS_POLICIES = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const MAX_NAMESERVERS = 3;
const MAX_SEARCHES = 32;
const MAX_SEARCH_LIST_BYTES = 2048;

export const validateDns = ({ dnsPolicy, dnsConfig }: PodSpec, field: string, report: Report): void => {
  if (!dnsPolicy) report.required(`${field}.dnsPolicy`);
  else if (!DNS_POLICIES.includes(dnsPolicy)) report.notSupported(`${field}.dnsPolicy`, dnsPolicy, DNS_POLICIES);
  const at = `${field}.dnsConfig`;
  if (dnsPolicy === 'None' && dnsConfig === undefined) report.required(at, 'must provide `dnsConfig` when `dnsPolicy` is None');
  else if (dnsPolicy === 'None' && (dnsConfig?.nameservers ?? []).length === 0) {
    report.required(`${at}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None');
  } else if (dnsConfig !== undefined) validateDnsConfig(dnsConfig, at, report);
};

const validateDnsConfig = ({ nameservers = [], searches = [], options = [] }: PodDNSConfig, field: string, report: Report): void => {
  if (nameservers.length > MAX_NAMESERVERS) {
    report.invalidStructure(`${field}.nameservers`, nameservers, `must not have more than ${MAX_NAMESERVERS} nameservers`);
  }
  for (const [i, nameserver] of nameservers.entries()) validateIp(nameserver, `${field}.nameservers[${i}]`, report);
  validateSearches(searches, `${field}.searches`, report);
  for (const [i, { name }] of options.entries()) if (!name) report.required(`${field}.options[${i}]`, 'must not be empty');
};

const validateSearches = (searches: readonly string[], field: string, report: Report): void => {
  if (searches.length > MAX_SEARCHES) report.invalidStructure(field, searches, `must not have more than ${MAX_SEARCHES} search paths`);
  if (byteLength(searches.join(' ')) > MAX_SEARCH_LIST_BYTES) {
    const detail = `must not have more than ${MAX_SEARCH_LIST_BYTES} characters (including spaces) in the search list`;
    report.invalidStructure(field, searches, detail);
  }
  for (const [i, search] of searches.entries()) {
    if (search === '.') continue;
    const domain = search.endsWith('.') ? search.slice(0, -1) : search;
    report.invalidEach(`${field}[${i}]`, domain, dnsSubdomainUnderscoreErrors(domain));
  }
};

const validateIp = (ip: string, field: string, report: Report): void => {
  const problem = ipAddressError(ip);
  if (problem !== undefined) report.invalid(field, ip, problem);
};

export const validateHostAliases = (aliases: readonly HostAlias[], field: string, report: Report): void => {
  for (const [i, { ip = '', hostnames = [] }] of aliases.entries()) {
    validateIp(ip, `${field}[${i}].ip`, report);
    for (const [j, hostname] of hostnames.entries()) {
      report.invalidEach(`${field}[${i}].hostnames[${j}]`, hostname, dnsSubdomainErrors(hostname));
    }
  }
};
