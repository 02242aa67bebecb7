import { nameUid } from '@solo-kubelet/pod-spec/schema';

/**
 * The uid of an object, in the form of a UUID of version 8. It follows from `objectKey` and from where the object is (the node) or which one it takes
 * the place of, so that it is the same again when all state was lost.
 */
export const objectUid = (key: string, salt: string): string => nameUid(`${salt}\0${key}`);
