import type { ObjectTypes } from '@solo-kubelet/object-spec';
import { fnv1a128 } from '@solo-kubelet/pod-spec/schema';
import { canonicalJson } from '../core/child-names.js';
import type { CurrentConfig } from '../core/rollout/config-of-workload.js';

const known = new WeakMap<object, CurrentConfig>();

/** What a ConfigMap or Secret says now; worked out once for each. */
export const currentConfig = (object: ObjectTypes['ConfigMap'] | ObjectTypes['Secret']): CurrentConfig => {
  const before = known.get(object);
  if (before !== undefined) return before;
  const { data, ...rest } = object;
  const bytes = new TextEncoder().encode(canonicalJson({ data, binaryData: 'binaryData' in rest ? rest.binaryData : undefined }));
  const config = { hash: fnv1a128(bytes), object, bytes: bytes.length };
  known.set(object, config);
  return config;
};
