import { isIpv4, parseIpAddress } from '@solo-kubelet/pod-spec/schema';

export type IpFamily = 'IPv4' | 'IPv6';

/** The family of an address given as text; undefined if it is none. */
export const familyOf = (address: string): IpFamily | undefined => {
  const groups = parseIpAddress(address);
  return groups && (isIpv4(groups) ? 'IPv4' : 'IPv6');
};

/** The name under which DNS keeps what an address belongs to (RFC 1035 3.5, RFC 3596 2.5); undefined for what is no address. */
export const reverseName = (address: string): string | undefined => {
  const groups = parseIpAddress(address);
  if (groups === undefined) return undefined;
  if (isIpv4(groups)) {
    const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 0xff]);
    return `${bytes.reverse().join('.')}.in-addr.arpa`;
  }
  const nibbles = groups.flatMap((group) => [...group.toString(16).padStart(4, '0')]);
  return `${nibbles.reverse().join('.')}.ip6.arpa`;
};

/** Whether two texts are one address. */
export const isSameAddress = (a: string, b: string): boolean => a === b || (numberOf(a) !== undefined && numberOf(a) === numberOf(b));

/** An address as a number of 128 bits; those of IPv4 are below 2^48, as they are mapped into IPv6. */
export const numberOf = (address: string): bigint | undefined =>
  parseIpAddress(address)?.reduce((number, group) => (number << 16n) | BigInt(group), 0n);
