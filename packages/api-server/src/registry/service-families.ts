import { ipFamilyOf, validateClusterIps } from '@solo-kubelet/object-spec/rules';
import { createReport, type Report } from '@solo-kubelet/pod-spec/schema';
import { invalid } from '../status/api-error.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import { isSameJson } from './same-json.js';

/** The one family of addresses that Services are given. */
const FAMILY = 'IPv4';

export const addressesOf = (spec: Values): readonly string[] => (spec['clusterIPs'] ?? []) as readonly string[];
const familiesOf = (spec: Values): readonly string[] => (spec['ipFamilies'] ?? []) as readonly string[];

/** Refuses a Service for what was reported. @throws ApiError 422 */
export const refuseReported = (report: Report, draft: ObjectDraft): void => {
  if (report.errors.length > 0) throw invalid({ group: '', name: 'Service' }, draft.metadata.name ?? '', report.errors);
};

const isHeadlessAlone = (spec: Values): boolean =>
  spec['clusterIP'] === 'None' && Object.keys((spec['selector'] ?? {}) as Values).length === 0;

/** What stands for a list of two once there is to be one; only a list that nobody changed is cut. */
const cut = (spec: Values, before: Values, name: 'clusterIPs' | 'ipFamilies'): void => {
  const [now, old] = [(spec[name] ?? []) as readonly string[], (before[name] ?? []) as readonly string[]];
  if (now.length > 1 && isSameJson(now, old)) spec[name] = now.slice(0, 1);
};

const reportPolicy = (spec: Values, before: Values | undefined, report: Report): void => {
  const policy = spec['ipFamilyPolicy'] as string;
  const refuse = (detail: string): void => report.invalid('spec.ipFamilyPolicy', policy, detail);
  if (policy !== 'SingleStack') {
    if (before === undefined) return;
    if (addressesOf(before).length === 2 && addressesOf(spec).length === 1)
      refuse("must be 'SingleStack' to release the secondary cluster IP");
    if (familiesOf(before).length === 2 && familiesOf(spec).length === 1)
      refuse("must be 'SingleStack' to release the secondary IP family");
    return;
  }
  if (before !== undefined) for (const name of ['clusterIPs', 'ipFamilies'] as const) cut(spec, before, name);
  const several = "must be 'RequireDualStack' or 'PreferDualStack' when multiple";
  if (addressesOf(spec).length === 2) refuse(`${several} cluster IPs are specified`);
  if (familiesOf(spec).length === 2) refuse(`${several} IP families are specified`);
};

/** Each address beyond the families that are said brings its own. */
const addFamilies = (spec: Values, report: Report): void => {
  const families = [...familiesOf(spec)];
  for (const [i, address] of addressesOf(spec).entries()) {
    if (address === 'None') break;
    if (i < families.length) continue;
    const family = ipFamilyOf(address) ?? FAMILY;
    if (family === FAMILY) families.push(family);
    else report.invalidStructure(`spec.clusterIPs[${i}]`, addressesOf(spec), `${family} is not configured on this cluster`);
  }
  if (families.length > 0) spec['ipFamilies'] = families;
};

const isUntouched = (spec: Values, before: Values | undefined): boolean =>
  before !== undefined &&
  spec['ipFamilyPolicy'] === 'PreferDualStack' &&
  (before['ipFamilyPolicy'] ?? 'PreferDualStack') === 'PreferDualStack' &&
  spec['type'] === before['type'] &&
  isSameJson(addressesOf(spec), addressesOf(before)) &&
  isSameJson(familiesOf(spec), familiesOf(before));

/**
 * Says of which families a Service's addresses are, on a cluster that has IPv4 alone (initIPFamilyFields). A Service without selector and address leads
 * nowhere in the cluster: it may have both. @throws ApiError 422
 */
export const initFamilies = (draft: ObjectDraft & { spec: Values }, old: StoredObject | undefined): void => {
  const { spec } = draft;
  const before = old?.spec;
  if (spec['type'] === 'ExternalName' || isUntouched(spec, before)) return;
  const alone = isHeadlessAlone(spec);
  spec['ipFamilyPolicy'] ??= before?.['ipFamilyPolicy'] ?? (alone ? 'RequireDualStack' : 'SingleStack');
  const report = createReport();
  validateClusterIps(spec, report);
  refuseReported(report, draft);
  reportPolicy(spec, before, report);
  addFamilies(spec, report);
  refuseReported(report, draft);
  if (!alone) {
    if (spec['ipFamilyPolicy'] === 'RequireDualStack') {
      report.invalid('spec.ipFamilyPolicy', 'RequireDualStack', 'this cluster is not configured for dual-stack services');
    }
    for (const [i, family] of familiesOf(spec).entries()) {
      if (family !== FAMILY) report.invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster');
    }
    refuseReported(report, draft);
  }
  const families = familiesOf(spec).length > 0 ? familiesOf(spec) : [FAMILY];
  const other = families[0] === FAMILY ? 'IPv6' : FAMILY;
  spec['ipFamilies'] = alone && families.length < 2 && spec['ipFamilyPolicy'] !== 'SingleStack' ? [...families, other] : families;
};
