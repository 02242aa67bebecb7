import { toInt32 } from '../go-integers.js';
import { type IntOrPercent, scaledValue } from '../int-or-percent.js';
import type { Result } from '../result.js';

/** How a Deployment replaces its Pods. */
export interface DeploymentStrategy {
  readonly type: 'RollingUpdate' | 'Recreate';
  readonly maxSurge?: IntOrPercent | null;
  readonly maxUnavailable?: IntOrPercent | null;
}

/** How many Pods may be above and below the wanted number; not both 0. */
export interface Fenceposts {
  readonly surge: number;
  readonly unavailable: number;
}

/** Shares of `replicas`, the surge rounded up, what may be unavailable down (deployment_util.go ResolveFenceposts). */
export const resolveFenceposts = (
  maxSurge: IntOrPercent | null | undefined,
  maxUnavailable: IntOrPercent | null | undefined,
  replicas: number,
): Result<Fenceposts> => {
  const surge = scaledValue(maxSurge ?? 0, replicas, true);
  if (!surge.ok) return surge;
  const unavailable = scaledValue(maxUnavailable ?? 0, replicas, false);
  if (!unavailable.ok) return unavailable;
  const atLeast = surge.value === 0 && unavailable.value === 0 ? 1 : unavailable.value;
  return { ok: true, value: { surge: toInt32(surge.value), unavailable: toInt32(atLeast) } };
};

/** What a Deployment goes by: nothing for Recreate, and never more unavailable than there are replicas. Validation keeps bad shares out. */
export const usedFenceposts = ({ type, maxSurge, maxUnavailable }: DeploymentStrategy, replicas: number): Fenceposts => {
  if (type !== 'RollingUpdate') return { surge: 0, unavailable: 0 };
  const resolved = resolveFenceposts(maxSurge, maxUnavailable, replicas);
  const { surge, unavailable } = resolved.ok ? resolved.value : { surge: 0, unavailable: 0 };
  return { surge, unavailable: Math.min(unavailable, replicas) };
};

/** How many Pods must be available all the time (deployment_util.go MinAvailable). */
export const minAvailable = (strategy: DeploymentStrategy, replicas: number): number =>
  strategy.type === 'RollingUpdate' ? replicas - usedFenceposts(strategy, replicas).unavailable : 0;
