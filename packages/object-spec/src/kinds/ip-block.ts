import type { Report } from '@solo-kubelet/pod-spec/schema';
import type { IPBlock } from '../gen/object-types.js';
import { isCidr, isStrictSubset, validateCidr } from '../network/cidr.js';

/** A block of addresses, and what is taken out of it. */
export const validateIpBlock = ({ cidr = '', except = [] }: IPBlock, field: string, report: Report): void => {
  if (cidr === '') {
    report.required(`${field}.cidr`);
    return;
  }
  validateCidr(cidr, `${field}.cidr`, report);
  if (!isCidr(cidr)) return;
  for (const [i, part] of except.entries()) {
    validateCidr(part, `${field}.except[${i}]`, report);
    if (isCidr(part) && !isStrictSubset(part, cidr)) report.invalid(`${field}.except[${i}]`, part, 'must be a strict subset of `cidr`');
  }
};
