import { hasLeadingZero, isIpv4, parseIpAddress, type Report } from '@solo-kubelet/pod-spec/schema';
import { formatIp } from './format-ip.js';

/** A block of addresses as it was written. */
interface Cidr {
  /** The address before the slash. */
  readonly groups: readonly number[];
  /** The number after the slash. */
  readonly prefixLength: number;
  /** The same, counted in the 128 bits of `groups`. */
  readonly bits: number;
}

const parseCidr = (text: string): Cidr | undefined => {
  const slash = text.indexOf('/');
  const address = text.slice(0, slash);
  const length = text.slice(slash + 1);
  const groups = slash < 0 ? undefined : parseIpAddress(address);
  const isIpv6 = address.includes(':');
  if (groups === undefined || !/^\d+$/.test(length) || Number(length) > (isIpv6 ? 128 : 32)) return undefined;
  return { groups, prefixLength: Number(length), bits: Number(length) + (isIpv6 ? 0 : 96) };
};

/** The address with all bits but the first `bits` cleared. */
const networkOf = ({ groups, bits }: Cidr): readonly number[] =>
  groups.map((group, i) => {
    const kept = Math.min(Math.max(bits - i * 16, 0), 16);
    return group & (0xffff << (16 - kept)) & 0xffff;
  });

const isSameAddress = (a: readonly number[], b: readonly number[]): boolean => a.every((group, i) => group === b[i]);

/** Whether a block of addresses can be read at all; it may be wrong all the same. */
export const isCidr = (text: string): boolean => parseCidr(text) !== undefined;

const cidrError = (text: string): string | undefined => {
  const cidr = parseCidr(text);
  if (cidr === undefined) return 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
  const [address = '', length = ''] = text.split('/');
  if (hasLeadingZero(address) || /^0\d/.test(length)) return 'must not have leading 0s in IP or prefix length';
  if (address.includes(':') && isIpv4(cidr.groups)) return 'must not have an IPv4-mapped IPv6 address';
  return isSameAddress(networkOf(cidr), cidr.groups) ? undefined : 'must not have bits set beyond the prefix length';
};

/** A block of addresses, under the gate StrictIPCIDRValidation. */
export const validateCidr = (text: string, field: string, report: Report): void => {
  const error = cidrError(text);
  if (error !== undefined) report.invalid(field, text, error);
};

/** Whether `inner` is a part of `outer`, and not all of it. */
export const isStrictSubset = (inner: string, outer: string): boolean => {
  const part = parseCidr(inner);
  const whole = parseCidr(outer);
  if (part === undefined || whole === undefined) return false;
  const network = networkOf(whole);
  const start = networkOf(part);
  const contained = isIpv4(network) === isIpv4(start) && isSameAddress(networkOf({ ...whole, groups: start }), network);
  return contained && whole.prefixLength < part.prefixLength;
};

/** Warnings about a block of addresses that is valid. */
export const cidrWarnings = (text: string, field: string): readonly string[] => {
  const cidr = parseCidr(text);
  if (cidr === undefined || isIpv4(cidr.groups)) return [];
  const canonical = `${formatIp(cidr.groups)}/${cidr.prefixLength}`;
  return text === canonical ? [] : [`${field}: IPv6 CIDR value "${text}" should be in RFC 5952 canonical format ("${canonical}")`];
};
