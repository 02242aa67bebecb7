/** Bytes that a manager's name may have; upstream's FieldManagerMaxLength. */
const MAX_BYTES = 128;

const encoder = new TextEncoder();

/** The manager of a request without fieldManager: the User-Agent up to its first slash, without what cannot be printed. */
export const defaultManager = (userAgent: string): string => {
  let name = '';
  let bytes = 0;
  for (const character of userAgent.split('/')[0] ?? '') {
    if (/[^ \p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(character)) continue;
    const size = encoder.encode(character).length;
    if (bytes + size > MAX_BYTES) break;
    name += character;
    bytes += size;
  }
  return name;
};
