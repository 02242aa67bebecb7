import { type IntOrPercent, scaledValue } from '../int-or-percent.js';
import type { Result } from '../result.js';

/** How a rolling update of a DaemonSet goes. */
export interface DaemonUpdateCounts {
  /** How many nodes may have two Pods. */
  readonly surge: number;
  /** How many nodes may have no Pod that is available. Validation sees to it that not both are 0. */
  readonly unavailable: number;
  /** Whether a node may have two Pods at all. */
  readonly allowsSurge: boolean;
}

/** Both shares round up (daemon/util/daemonset_util.go SurgeCount, UnavailableCount). */
export const daemonUpdateCounts = (
  maxSurge: IntOrPercent | null | undefined,
  maxUnavailable: IntOrPercent | null | undefined,
  numberToSchedule: number,
): Result<DaemonUpdateCounts> => {
  const unavailable = scaledValue(maxUnavailable, numberToSchedule, true);
  if (!unavailable.ok) return unavailable;
  const surge = scaledValue(maxSurge ?? 0, numberToSchedule, true);
  if (!surge.ok) return surge;
  const onOneNode = scaledValue(maxSurge ?? 0, 1, true);
  return {
    ok: true,
    value: { surge: surge.value, unavailable: unavailable.value, allowsSurge: onOneNode.ok && onOneNode.value > 0 },
  };
};
