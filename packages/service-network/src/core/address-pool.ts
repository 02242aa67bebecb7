import { familyOf, numberOf } from './ip-address.js';
import { addressAt, type IpRange, isInRange, parseIpRange } from './ip-range.js';

/** Addresses that load balancers may have, as `addresses` of MetalLB's IPAddressPool. */
export type AddressPool = readonly IpRange[];

/** More is a mistake, and each is looked at for every address. */
const MOST_ENTRIES = 64;

/** Reads blocks, spans such as `192.0.2.240-192.0.2.250`, and single addresses; or what is wrong with them. */
export const parseAddressPool = (texts: readonly string[]): AddressPool | { readonly error: string } => {
  if (texts.length > MOST_ENTRIES) return { error: `want at most ${MOST_ENTRIES} entries, not ${texts.length}` };
  const pool: IpRange[] = [];
  for (const text of texts.map((one) => one.trim())) {
    const range = parseIpRange(text) ?? parseSpan(text);
    if (range === undefined) {
      return {
        error: `${JSON.stringify(text.slice(0, 100))}: want ADDRESS/LENGTH without bits beyond the length, FIRST-LAST of one family, or an address, such as 192.0.2.240/28 or 192.0.2.240-192.0.2.250`,
      };
    }
    const unfit = UNFIT.find((block) => isInRange(block, addressAt(range, 0n)));
    if (unfit !== undefined) return { error: `${text}: addresses of ${unfit.text} are not for others to reach` };
    const same = pool.find((one) => overlaps(one, range));
    if (same !== undefined) return { error: `${text} and ${same.text} have addresses in common` };
    pool.push(range);
  }
  return pool;
};

const parseSpan = (text: string): IpRange | undefined => {
  const [from = '', to = from, ...more] = text.split('-').map((part) => part.trim());
  const [family, first, last] = [familyOf(from), numberOf(from), numberOf(to)];
  if (more.length > 0 || family === undefined || first === undefined || last === undefined) return undefined;
  return familyOf(to) !== family || last < first ? undefined : { family, text, first, size: last - first + 1n };
};

/** Loopback, link-local, multicast and no address at all. */
const UNFIT = ['0.0.0.0/8', '127.0.0.0/8', '169.254.0.0/16', '224.0.0.0/3', '::/127', 'fe80::/10', 'ff00::/8'].flatMap(
  (text) => parseIpRange(text) ?? [],
);

const overlaps = (a: IpRange, b: IpRange): boolean => a.family === b.family && a.first < b.first + b.size && b.first < a.first + a.size;

export const isInPool = (pool: AddressPool, address: string): boolean => pool.some((range) => isInRange(range, address));
