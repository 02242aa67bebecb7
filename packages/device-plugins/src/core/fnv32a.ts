/** FNV-1a, 32 bit, of the text's UTF-8 bytes. */
export const fnv32a = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
};
