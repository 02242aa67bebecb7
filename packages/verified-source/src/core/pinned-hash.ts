import type { PinnedHash } from './source-definition.js';

const DIGITS = { sha256: 64, sha512: 128 } as const;

/** A hash as Ignition writes it in `verification.hash` (`sha512-…`), or as image references do (`sha256:…`); undefined for anything else. */
export const parsePinnedHash = (text: string): PinnedHash | undefined => {
  const [, algorithm, hex = ''] = /^(sha256|sha512)[-:]([0-9A-Fa-f]+)$/.exec(text) ?? [];
  if (algorithm !== 'sha256' && algorithm !== 'sha512') return undefined;
  return hex.length === DIGITS[algorithm] ? { algorithm, hex: hex.toLowerCase() } : undefined;
};
