const IPV4_GROUPS = 4;
const IPV6_GROUPS = 8;

/** Dotted decimal; leading zeros are read as decimal, as Kubernetes' lenient parser does. */
const parseIpv4 = (text: string): readonly number[] | undefined => {
  const octets = text.split('.');
  if (octets.length !== IPV4_GROUPS || !octets.every((octet) => /^\d+$/.test(octet))) return undefined;
  const numbers = octets.map(Number);
  return numbers.every((octet) => octet <= 255) ? numbers : undefined;
};

/** Leading zeros may make a group longer than its four digits, as in Kubernetes' lenient parser. */
const isHexGroup = (group: string): boolean => /^0*[0-9a-fA-F]{1,4}$/.test(group);

/** The eight 16-bit groups of an IPv6 address, the last two perhaps written as IPv4; no zone. */
const parseIpv6 = (text: string): readonly number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const sides = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  const [head, tail] = sides;
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  if (tail === undefined) return head.length === IPV6_GROUPS ? head : undefined;
  const missing = IPV6_GROUPS - head.length - tail.length;
  return missing >= 1 ? [...head, ...Array<number>(missing).fill(0), ...tail] : undefined;
};

const parseGroups = (text: string, isEnd: boolean): readonly number[] | undefined => {
  if (text === '') return [];
  const groups = text.split(':');
  const numbers: number[] = [];
  for (const [index, group] of groups.entries()) {
    if (isEnd && index === groups.length - 1 && group.includes('.')) {
      const octets = parseIpv4(group);
      if (octets === undefined) return undefined;
      numbers.push(octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!);
    } else if (isHexGroup(group)) numbers.push(Number.parseInt(group, 16));
    else return undefined;
  }
  return numbers;
};

/**
 * The eight 16-bit groups of an IP address as Kubernetes' lenient parser reads it; IPv4 as in `::ffff:10.9.8.7`. Undefined if it is none. What is read is
 * not always valid: see `ipAddressError`.
 */
export const parseIpAddress = (text: string): readonly number[] | undefined => {
  if (text.includes(':')) return parseIpv6(text);
  const octets = parseIpv4(text);
  return octets && [0, 0, 0, 0, 0, 0xffff, octets[0]! * 256 + octets[1]!, octets[2]! * 256 + octets[3]!];
};

/** Zeros that today's parsers refuse: any before an octet, and those beyond the four digits of a group. */
export const hasLeadingZero = (text: string): boolean =>
  text.split(':').some((group) => (group.includes('.') ? group.split('.').some((octet) => /^0\d/.test(octet)) : group.length > 4));

/** Whether the address is one of IPv4, however it is written. */
export const isIpv4 = (groups: readonly number[]): boolean => groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;

/** What is wrong with an IP address under the gate StrictIPCIDRValidation; undefined if nothing. */
export const ipAddressError = (text: string): string | undefined => {
  const groups = parseIpAddress(text);
  if (groups === undefined) return 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  if (hasLeadingZero(text)) return 'must not have leading 0s';
  return text.includes(':') && isIpv4(groups) ? 'must not be an IPv4-mapped IPv6 address' : undefined;
};
