/** FNV-1a of 32 bits, unsigned. */
export const fnv1a32 = (bytes: Uint8Array): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
};

const two32 = 2 ** 32;

/** FNV-1a of 128 bits as 32 lower-case hex digits. The prime is 2^88 + 0x13b. */
export const fnv1a128 = (bytes: Uint8Array): string => {
  let a = 0x6295c58d;
  let b = 0x62b82175;
  let c = 0x07bb0142;
  let d = 0x6c62272e;
  for (const byte of bytes) {
    a = (a ^ byte) >>> 0;
    const p = a * 0x13b;
    const q = b * 0x13b + Math.floor(p / two32);
    const r = c * 0x13b + ((a << 24) >>> 0) + Math.floor(q / two32);
    const s = d * 0x13b + (a >>> 8) + ((b << 24) >>> 0) + Math.floor(r / two32);
    a = p >>> 0;
    b = q >>> 0;
    c = r >>> 0;
    d = s >>> 0;
  }
  return [d, c, b, a].map((limb) => limb.toString(16).padStart(8, '0')).join('');
};
