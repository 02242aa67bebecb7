import { fnv1a128 } from '@solo-kubelet/pod-spec/schema';

/** A uid that follows from a name, for what has none of its own. */
export const nameUid = (name: string): string => {
  const hex = fnv1a128(new TextEncoder().encode(name));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-b${hex.slice(17, 20)}-${hex.slice(20)}`;
};
