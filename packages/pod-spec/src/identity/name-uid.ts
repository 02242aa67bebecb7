import { fnv1a128 } from './fnv.js';

/** A uid that follows from a name, in the form of a UUID of version 8, for what has none of its own: the same again when all state was lost. */
export const nameUid = (name: string): string => {
  const hex = fnv1a128(new TextEncoder().encode(name));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-b${hex.slice(17, 20)}-${hex.slice(20)}`;
};
