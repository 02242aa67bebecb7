import { ipAddressError, isIpv4, parseIpAddress, type Report } from '@solo-kubelet/pod-spec/schema';
import { formatIp } from './format-ip.js';

/** An address in any of its valid forms. Tells whether it is one. */
export const validateIp = (text: string, field: string, report: Report): boolean => {
  const error = ipAddressError(text);
  if (error !== undefined) report.invalid(field, text, error);
  return error === undefined;
};

/** An address in its canonical form. Tells whether it is one. */
export const validateCanonicalIp = (text: string, field: string, report: Report): boolean => {
  if (!validateIp(text, field, report)) return false;
  const canonical = formatIp(parseIpAddress(text) ?? []);
  if (text !== canonical) report.invalid(field, text, `must be in canonical form ("${canonical}")`);
  return text === canonical;
};

/** A valid address must be one that packets of others can be sent to. */
export const validateEndpointIp = (text: string, field: string, report: Report): void => {
  const groups = parseIpAddress(text) ?? [];
  const ipv4 = isIpv4(groups);
  const first = groups[0]!;
  const high = groups[6]!;
  const last = groups[7]!;
  const leadingZeros = groups.slice(0, 7).every((group) => group === 0);
  if (ipv4 ? high === 0 && last === 0 : leadingZeros && last === 0) report.invalid(field, text, `may not be unspecified (${text})`);
  if (ipv4 ? high >> 8 === 127 : leadingZeros && last === 1) {
    report.invalid(field, text, 'may not be in the loopback range (127.0.0.0/8, ::1/128)');
  }
  if (ipv4 ? high === 0xa9fe : (first & 0xffc0) === 0xfe80) {
    report.invalid(field, text, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)');
  }
  if (ipv4 ? high === 0xe000 && last >> 8 === 0 : (first & 0xff0f) === 0xff02) {
    report.invalid(field, text, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)');
  }
};

/** Warnings about an address that is valid, or that no rule is looked at for. */
export const ipWarnings = (text: string, field: string): readonly string[] => {
  const groups = parseIpAddress(text);
  if (groups === undefined) return [];
  const canonical = formatIp(groups);
  if (ipAddressError(text) !== undefined) return [`${field}: non-standard IP address "${text}" is invalid: use "${canonical}"`];
  return text === canonical ? [] : [`${field}: IPv6 address "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
};
