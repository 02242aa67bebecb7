/** FNV-1a of 32 bits, unsigned. */
export const fnv1a32 = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

/**
 * FNV-1a of 128 bits as 32 lower-case hex digits. The prime is 2^88 + 0x13b; the hash is kept in pieces of 16 bits, so that all arithmetic is
 * on small integers.
 */
export const fnv1a128 = (bytes: Uint8Array): string => {
  let a = 0xc58d;
  let b = 0x6295;
  let c = 0x2175;
  let d = 0x62b8;
  let e = 0x0142;
  let f = 0x07bb;
  let g = 0x272e;
  let h = 0x6c62;
  for (let i = 0; i < bytes.length; i += 1) {
    const low = a ^ bytes[i]!;
    let sum = low * 0x13b;
    const x = low << 8;
    const y = b << 8;
    const z = c << 8;
    a = sum & 0xffff;
    sum = b * 0x13b + (sum >>> 16);
    b = sum & 0xffff;
    sum = c * 0x13b + (sum >>> 16);
    c = sum & 0xffff;
    sum = d * 0x13b + (sum >>> 16);
    d = sum & 0xffff;
    sum = e * 0x13b + (sum >>> 16);
    e = sum & 0xffff;
    sum = f * 0x13b + (sum >>> 16) + x;
    f = sum & 0xffff;
    sum = g * 0x13b + (sum >>> 16) + y;
    g = sum & 0xffff;
    h = (h * 0x13b + (sum >>> 16) + z) & 0xffff;
  }
  return [h, g, f, e, d, c, b, a].map((piece) => piece.toString(16).padStart(4, '0')).join('');
};
