import type { Report } from '@solo-kubelet/pod-spec/schema';
import type { ServiceSpec } from '../../gen/object-types.js';
import { ipFamilyOf } from '../../network/format-ip.js';
import { validateIp } from '../../network/ip-rules.js';
import { isHeadless } from './exposure.js';

const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const MAX_CLUSTER_IPS = 2;
const FIELD = 'spec.clusterIPs';

/** The rules for the addresses of a Service of the cluster, and for their families. */
export const validateClusterIps = (spec: ServiceSpec, report: Report): void => {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const refuse = (detail: string): void => report.invalidStructure(FIELD, spec.clusterIPs, detail);
  if (clusterIP !== '' && clusterIPs.length === 0) report.required(FIELD);
  if (clusterIP !== '' && clusterIPs.length > 0 && clusterIPs[0] !== clusterIP) refuse('first value must match `clusterIP`');
  if (clusterIP === '' && clusterIPs.length > 0) refuse('must be empty when `clusterIP` is not specified');
  validateFamilies(ipFamilies, report);
  if (ipFamilyPolicy !== undefined && !FAMILY_POLICIES.includes(ipFamilyPolicy)) {
    report.notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES);
  }
  const readable = areReadable(clusterIPs, refuse, report);
  if (clusterIPs.length > MAX_CLUSTER_IPS) refuse('may only hold up to 2 values');
  if (!readable) return;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(ipFamilyOf)).size < 2) refuse('may specify no more than one IP for each IP family');
  if (isHeadless(spec)) return;
  for (const [i, family] of ipFamilies.slice(0, clusterIPs.length).entries()) {
    const ip = clusterIPs[i]!;
    if (FAMILIES.includes(family) && !isOfFamily(ip, family)) {
      report.invalid(`${FIELD}[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``);
    }
  }
};

/** What is no address counts as IPv4, as upstream asks only whether it is IPv6. */
const isOfFamily = (ip: string, family: string): boolean => (ipFamilyOf(ip) ?? 'IPv4') === family;

const validateFamilies = (families: readonly string[], report: Report): void => {
  const seen = new Set<string>();
  for (const [i, family] of families.entries()) {
    if (!FAMILIES.includes(family)) report.notSupported(`spec.ipFamilies[${i}]`, family, FAMILIES);
    if (seen.has(family)) report.duplicate(`spec.ipFamilies[${i}]`, family);
    seen.add(family);
  }
};

const areReadable = (clusterIPs: readonly string[], refuse: (detail: string) => void, report: Report): boolean => {
  const isNone = clusterIPs[0] === 'None';
  const isMisplaced = isNone && clusterIPs.length > 1;
  if (isMisplaced) refuse("'None' must be the first and only value");
  const valid = clusterIPs.map((ip, i) => (isNone && i === 0) || validateIp(ip, `${FIELD}[${i}]`, report));
  return !isMisplaced && valid.every(Boolean);
};
