import type { ObjectMeta } from '@solo-kubelet/pod-spec';
import type { Draft } from '@solo-kubelet/pod-spec/schema';

/** A whole number as Go's strconv.ParseInt takes it in base 10; undefined if it is none, or does not fit. */
export const parseInt64 = (text: string): bigint | undefined => {
  if (!/^[-+]?\d{1,40}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
};

/** An annotation that stands for a field of old is printed anew from the number; an empty one is gone. */
export const canonicalInt64 = (metadata: Draft<ObjectMeta>, name: string): void => {
  const value = metadata.annotations?.[name];
  if (value === undefined) return;
  if (value === '') delete metadata.annotations![name];
  else metadata.annotations![name] = String(parseInt64(value));
};
