import { dnsSubdomainErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import { pathSegmentNameErrors } from '../object/prepare-metadata.js';

/** A reference to an object of any kind, of the same namespace or of none. */
export const validateObjectReference = (
  { apiGroup, kind = '', name = '' }: { readonly apiGroup?: string; readonly kind: string; readonly name: string },
  field: string,
  report: Report,
): void => {
  if (apiGroup !== undefined) report.invalidEach(`${field}.apiGroup`, apiGroup, dnsSubdomainErrors(apiGroup));
  for (const [key, value] of Object.entries({ kind, name })) {
    if (value === '') report.required(`${field}.${key}`);
    else report.invalidEach(`${field}.${key}`, value, pathSegmentNameErrors(value, false));
  }
};
