import type { ObjectMeta, PodResourceClaim } from '../gen/pod-types.js';
import { dnsLabelErrors, dnsSubdomainErrors } from './grammar.js';
import { isMirrorPod } from './pod-annotations.js';
import type { Report } from './report.js';

/** The path that upstream gives to an error of no field at all. */
const NO_FIELD = '[]';

export const validateResourceClaims = (claims: readonly PodResourceClaim[], metadata: ObjectMeta, field: string, report: Report): void => {
  if (claims.length > 0 && isMirrorPod(metadata.annotations)) report.forbidden(NO_FIELD, 'static pods do not support resource claims');
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) validateResourceClaim(claim, names, `${field}[${i}]`, report);
};

const validateResourceClaim = (claim: PodResourceClaim, names: Set<string>, field: string, report: Report): void => {
  const { name = '', resourceClaimName, resourceClaimTemplateName } = claim;
  if (name === '') report.required(`${field}.name`);
  else if (names.has(name)) report.duplicate(`${field}.name`, name);
  else report.invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  names.add(name);
  if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
    report.invalidStructure(field, claim, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified');
  }
  if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
    report.invalidStructure(field, claim, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`');
  }
  for (const source of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
    const value = claim[source];
    if (value !== undefined) report.invalidEach(`${field}.${source}`, value, dnsSubdomainErrors(value));
  }
};
