/** The letters of made names: no vowels, nothing that looks like another (apimachinery/pkg/util/rand). */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const SUFFIX_LENGTH = 5;
const MAX_BASE_LENGTH = 58;

/** FNV-1a, 32 bits, over UTF-8. */
const fnv1a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};

/** A name made from a base, the same for the same owner and running number: a decision that was lost is taken again as it was. */
export const childName = (base: string, ownerUid: string, number: number): string => {
  let rest = fnv1a(`${ownerUid}/${number}`);
  let suffix = '';
  for (let i = 0; i < SUFFIX_LENGTH; i += 1) {
    suffix += ALPHABET[rest % ALPHABET.length];
    rest = Math.floor(rest / ALPHABET.length);
  }
  return `${base.slice(0, MAX_BASE_LENGTH)}${suffix}`;
};

/** A JSON text with sorted keys, the same for values that are equal but for what is not there. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return String(item);
    return typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item;
  });

/** The hash that tells revisions apart; upstream's form, not its value, which depends on Go's way of printing. */
export const templateHash = (template: unknown, collisionCount: number): string =>
  Array.from(
    String(fnv1a(`${canonicalJson(template)}${collisionCount || ''}`)),
    (digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length],
  ).join('');
