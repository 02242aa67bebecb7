import { dnsLabelErrors, dnsSubdomainErrors, type Report } from '@solo-kubelet/pod-spec/schema';
import { ipFamilyOf } from '../network/format-ip.js';
import { validateCanonicalIp, validateEndpointIp, validateIp } from '../network/ip-rules.js';

/** One address of an endpoint; `list` is the field of all of them. An address of an unknown type is not looked at. */
export const validateEndpointAddress = (address: string, type: string, list: string, index: number, report: Report): void => {
  const field = `${list}[${index}]`;
  if (type === 'FQDN') validateDomainName(address, field, report);
  if (type !== 'IPv4' && type !== 'IPv6') return;
  const isValid = type === 'IPv4' ? validateIp(address, field, report) : validateCanonicalIp(address, field, report);
  if (!isValid) return;
  if (ipFamilyOf(address) !== type) report.invalid(list, address, `must be an ${type} address`);
  validateEndpointIp(address, field, report);
};

/** A domain name of two labels or more, perhaps with a dot at its end. Upstream looks no further than the first error, and gives what is wrong as the value. */
const validateDomainName = (given: string, field: string, report: Report): void => {
  if (given === '') {
    report.required(field);
    return;
  }
  const name = given.endsWith('.') ? given.slice(0, -1) : given;
  const labels = name.split('.');
  const nameErrors = dnsSubdomainErrors(name);
  const wrongLabel = labels.find((label) => dnsLabelErrors(label).length > 0);
  if (nameErrors.length > 0) report.invalid(field, name, nameErrors.join(','));
  else if (labels.length < 2) report.invalid(field, name, 'should be a domain with at least two segments separated by dots');
  else if (wrongLabel !== undefined) report.invalid(field, wrongLabel, dnsLabelErrors(wrongLabel).join(','));
};
