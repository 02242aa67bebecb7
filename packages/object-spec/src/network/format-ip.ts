import { isIpv4, parseIpAddress } from '@solo-kubelet/pod-spec/schema';

/** An address, as `parseIpAddress` gives it, in its canonical form (RFC 5952; dotted decimal for IPv4). */
export const formatIp = (groups: readonly number[]): string =>
  isIpv4(groups)
    ? groups
        .slice(6)
        .flatMap((group) => [group >> 8, group & 0xff])
        .join('.')
    : formatIpv6(groups);

const formatIpv6 = (groups: readonly number[]): string => {
  const { start, length } = longestZeros(groups);
  const hex = (some: readonly number[]): string => some.map((group) => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
};

/** The longest run of groups that are zero, the first of those as long. */
const longestZeros = (groups: readonly number[]): { readonly start: number; readonly length: number } => {
  let longest = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > longest.length) longest = { start, length: end - start };
  }
  return longest;
};

export type IpFamily = 'IPv4' | 'IPv6';

/** The family of an address given as text; undefined if it is none. */
export const ipFamilyOf = (text: string): IpFamily | undefined => {
  const groups = parseIpAddress(text);
  return groups && (isIpv4(groups) ? 'IPv4' : 'IPv6');
};
