import { formatIp } from '@solo-kubelet/object-spec/rules';
import { type IpFamily, numberOf } from './ip-address.js';
import type { IpRange } from './ip-range.js';

/** Numbers from the first to the last, both included. */
export interface Span<T extends bigint | number> {
  readonly first: T;
  readonly last: T;
}

/** The same numbers as spans that neither touch nor overlap, in order. */
export const joinSpans = <T extends bigint | number>(spans: readonly Span<T>[]): readonly Span<T>[] => {
  const joined: { first: T; last: T }[] = [];
  for (const { first, last } of spans.toSorted((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0))) {
    if (last < first) continue;
    const before = joined.at(-1);
    if (before === undefined || first > next(before.last)) joined.push({ first, last });
    else if (last > before.last) before.last = last;
  }
  return joined;
};

/** A block without what is left out of it. */
export const blockSpans = (block: IpRange, except: readonly IpRange[]): readonly Span<bigint>[] => {
  const spans: Span<bigint>[] = [];
  const { first: start, last: end } = spanOf(block);
  let first = start;
  for (const hole of joinSpans(except.filter(({ family }) => family === block.family).map(spanOf))) {
    if (hole.last < first) continue;
    if (hole.first > end) break;
    if (hole.first > first) spans.push({ first, last: hole.first - 1n });
    first = hole.last + 1n;
  }
  if (first <= end) spans.push({ first, last: end });
  return spans;
};

/** One address as a span; undefined for what is none. */
export const addressSpan = (address: string): Span<bigint> | undefined => {
  const number = numberOf(address);
  return number === undefined ? undefined : { first: number, last: number };
};

/** E.g. `10.0.0.1` or `10.0.0.0-10.0.0.255`. */
export const spanText = ({ first, last }: Span<bigint>): string =>
  first === last ? addressText(first) : `${addressText(first)}-${addressText(last)}`;

/** Whether spans that are joined are all addresses of the family. */
export const isEveryAddress = (spans: readonly Span<bigint>[], family: IpFamily): boolean => {
  const [one, more] = spans;
  const all = family === 'IPv4' ? { first: 0xffff_0000_0000n, last: 0xffff_ffff_ffffn } : { first: 0n, last: (1n << 128n) - 1n };
  return one !== undefined && more === undefined && one.first <= all.first && one.last >= all.last;
};

/** Whether spans that are joined hold a number. */
export const isInSpans = (spans: readonly Span<bigint>[], number: bigint): boolean => {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.last < number) low = middle + 1;
    else high = middle;
  }
  return low < spans.length && spans[low]!.first <= number;
};

const spanOf = ({ first, size }: IpRange): Span<bigint> => ({ first, last: first + size - 1n });

const next = <T extends bigint | number>(number: T): T => (typeof number === 'bigint' ? number + 1n : (number as number) + 1) as T;

const addressText = (number: bigint): string =>
  formatIp(Array.from({ length: 8 }, (_, i) => Number((number >> BigInt((7 - i) * 16)) & 0xffffn)));
