/** An address of either family as a number. */
export interface AddressNumber {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** A range of addresses, such as the one Services get theirs from. */
export interface AddressRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const IPV4_ZONE = '.in-addr.arpa';
const IPV6_ZONE = '.ip6.arpa';

/** The address that a whole reverse name stands for; undefined for any other name. */
export const addressOfReverseName = (name: string): AddressNumber | undefined => {
  if (name.endsWith(IPV4_ZONE)) {
    const octets = name.slice(0, -IPV4_ZONE.length).split('.');
    if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256)) return undefined;
    return { family: 4, value: octets.reduceRight((sum, octet) => sum * 256n + BigInt(octet), 0n) };
  }
  if (name.endsWith(IPV6_ZONE)) {
    const digits = name.slice(0, -IPV6_ZONE.length).split('.');
    if (digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit))) return undefined;
    return { family: 6, value: digits.reduceRight((sum, digit) => sum * 16n + BigInt(`0x${digit}`), 0n) };
  }
  return undefined;
};

/** The number of an address in its usual text form; undefined where it is none. */
export const parseAddress = (text: string): AddressNumber | undefined => {
  if (!text.includes(':')) {
    const octets = text.split('.');
    if (octets.length !== 4 || !octets.every((octet) => /^\d{1,3}$/.test(octet) && Number(octet) < 256)) return undefined;
    return { family: 4, value: octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n) };
  }
  const groups = ipv6Groups(text);
  return groups === undefined ? undefined : { family: 6, value: groups.reduce((sum, group) => sum * 65_536n + BigInt(group), 0n) };
};

/** The range of a CIDR such as `10.96.0.0/12`; undefined where it is none. */
export const parseRange = (cidr: string): AddressRange | undefined => {
  const slash = cidr.lastIndexOf('/');
  const address = parseAddress(slash < 0 ? cidr : cidr.slice(0, slash));
  if (address === undefined) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  const length = slash < 0 ? bits : Number(cidr.slice(slash + 1));
  if (!Number.isInteger(length) || length < 0 || length > bits) return undefined;
  const size = 1n << BigInt(bits - length);
  const first = address.value - (address.value % size);
  return { family: address.family, first, last: first + size - 1n };
};

export const isInRange = ({ family, value }: AddressNumber, range: AddressRange): boolean =>
  family === range.family && value >= range.first && value <= range.last;

/** The eight groups of an IPv6 address; an IPv4 address may stand for the last two. */
const ipv6Groups = (text: string): readonly number[] | undefined => {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':').flatMap(groupsOf)));
  const given = head.length + (tail?.length ?? 0);
  if (tail === undefined ? given !== 8 : given > 7) return undefined;
  const groups = tail === undefined ? head : [...head, ...new Array<number>(8 - given).fill(0), ...tail];
  return groups.every((group) => Number.isInteger(group) && group >= 0 && group < 65_536) ? groups : undefined;
};

const groupsOf = (part: string): readonly number[] => {
  if (/^[0-9a-f]{1,4}$/i.test(part)) return [Number.parseInt(part, 16)];
  const ipv4 = part.includes('.') ? parseAddress(part) : undefined;
  return ipv4 === undefined ? [Number.NaN] : [Number(ipv4.value >> 16n), Number(ipv4.value & 0xffffn)];
};
