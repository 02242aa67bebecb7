import type { HTTPRoute } from '@solo-kubelet/object-spec';
import { keyOf } from './references.js';

/** The oldest route goes first, then the first by name. */
export const byAge = (a: HTTPRoute, b: HTTPRoute): number => {
  const [ageA, ageB] = [String(a.metadata.creationTimestamp ?? ''), String(b.metadata.creationTimestamp ?? '')];
  return (ageA < ageB ? -1 : ageA > ageB ? 1 : 0) || (keyOf(a) < keyOf(b) ? -1 : 1);
};
