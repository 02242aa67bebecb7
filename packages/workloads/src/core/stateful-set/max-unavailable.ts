import { type IntOrPercent, scaledValue } from '../int-or-percent.js';
import type { Result } from '../result.js';

/** How many Pods of a StatefulSet a rolling update may have down at once: rounded down, at least 1 (stateful_set_utils.go). */
export const statefulMaxUnavailable = (maxUnavailable: IntOrPercent | null | undefined, replicas: number): Result<number> => {
  const value = scaledValue(maxUnavailable ?? 1, replicas, false);
  return value.ok ? { ok: true, value: Math.max(value.value, 1) } : value;
};
