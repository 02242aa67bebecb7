import { formatIp } from '@solo-kubelet/object-spec/rules';
import { familyOf, type IpFamily, numberOf } from './ip-address.js';

/** A block of addresses. */
export interface IpRange {
  readonly family: IpFamily;
  /** E.g. `10.96.0.0/16`. */
  readonly text: string;
  readonly first: bigint;
  readonly size: bigint;
}

/** Reads `ADDRESS/LENGTH`; undefined for anything else, and for an address with bits beyond the length. */
export const parseIpRange = (text: string): IpRange | undefined => {
  const [, address = '', length = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = familyOf(address);
  const first = numberOf(address);
  const bits = (family === 'IPv4' ? 32 : 128) - Number(length);
  if (family === undefined || first === undefined || length === '' || bits < 0) return undefined;
  const size = 1n << BigInt(bits);
  return first % size === 0n ? { family, text, first, size } : undefined;
};

/** An address of the other family is in no block, not even in `::/0`, though all of IPv4 has numbers there. */
export const isInRange = ({ family, first, size }: IpRange, address: string): boolean => {
  const number = numberOf(address);
  return number !== undefined && familyOf(address) === family && number >= first && number < first + size;
};

/** The address at a place of the block. */
export const addressAt = ({ first }: IpRange, place: bigint): string => {
  const number = first + place;
  return formatIp(Array.from({ length: 8 }, (_, i) => Number((number >> BigInt((7 - i) * 16)) & 0xffffn)));
};
