/** A Go value as far as state files need it, to be written as the text that their checksum is made of. */
export type GoValue =
  | { readonly type: string; readonly value: string | bigint | number | boolean }
  | { readonly type: string; readonly pointer?: boolean; readonly fields: readonly (readonly [name: string, value: GoValue])[] }
  | { readonly type: string; readonly entries: readonly (readonly [key: string, value: GoValue])[] }
  | { readonly type: string; readonly items: readonly GoValue[] }
  | { readonly type: string; readonly nil: true };

/**
 * The value as go-spew writes it with `%#v`: sorted maps, types before values, except for what is in a map. Upstream: k8s.io/apimachinery/pkg/util/dump.
 */
export const goText = (value: GoValue, withType = true): string => {
  const type = withType ? `(${value.type})` : '';
  if ('nil' in value) return `${type}<nil>`;
  if ('fields' in value) return `${type}{${value.fields.map(([name, field]) => `${name}:${goText(field)}`).join(' ')}}`;
  if ('items' in value) return `${type}[${value.items.map((item) => goText(item, false)).join(' ')}]`;
  if ('entries' in value) {
    const sorted = [...value.entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `${type}map[${sorted.map(([key, entry]) => `${key}:${goText(entry, false)}`).join(' ')}]`;
  }
  return `${type}${value.value}`;
};

/** FNV-1a, 32 bits, of UTF-8. */
export const fnv32a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};
