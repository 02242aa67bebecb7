import { atoi } from './go-integers.js';
import type { Result } from './result.js';

/** A count, or a share such as `25%`. */
export type IntOrPercent = number | string;

/**
 * What a count or a share of `total` comes to. A text must be a whole number with a percent sign.
 * As intstr.GetScaledValueFromIntOrPercent (apimachinery/pkg/util/intstr).
 */
export const scaledValue = (value: IntOrPercent | null | undefined, total: number, roundUp: boolean): Result<number> => {
  if (value === null || value === undefined) return { ok: false, error: 'nil value for IntOrString' };
  if (typeof value === 'number') return { ok: true, value };
  if (!value.endsWith('%')) return { ok: false, error: 'invalid value for IntOrString: invalid type: string is not a percentage' };
  const percent = atoi(value.slice(0, -1));
  if (!percent.ok) return { ok: false, error: `invalid value for IntOrString: invalid value ${JSON.stringify(value)}: ${percent.error}` };
  const share = (percent.value * total) / 100;
  return { ok: true, value: (roundUp ? Math.ceil(share) : Math.floor(share)) + 0 };
};
