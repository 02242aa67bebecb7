import { fnv1a128 } from '@solo-kubelet/pod-spec/schema';

/**
 * The uid of an object, in the form of a UUID of version 8. It follows from `objectKey` and from where the object is (the node) or which one it takes
 * the place of, so that it is the same again when all state was lost.
 */
export const objectUid = (key: string, salt: string): string => {
  const hex = fnv1a128(new TextEncoder().encode(`${salt}\0${key}`));
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-b${hex.slice(17, 20)}-${hex.slice(20)}`;
};
