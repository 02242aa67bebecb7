/**
 * The duration that a caller gave, ms, or the fallback when there is none. From 0; `Infinity` stands for no limit.
 *
 * @throws RangeError that names the option: for NaN, for a negative number, and for what is no number at all, such as a bigint.
 */
export const checkDuration = <Fallback extends number | undefined>(
  option: string,
  given: number | undefined,
  fallback: Fallback,
): number | Fallback => {
  if (given === undefined) return fallback;
  if (typeof given === 'number' && given >= 0) return given;
  const shown = typeof given === 'bigint' ? `${String(given)}n` : String(given);
  throw new RangeError(`${option} must be a number of milliseconds from 0, or Infinity for no limit, not ${shown}`);
};

/**
 * As `checkDuration`, for the time between two turns of something that goes on: above 0, since it would do nothing else.
 *
 * @throws RangeError that names the option.
 */
export const checkInterval = (option: string, given: number | undefined, fallback: number): number => {
  const ms = checkDuration(option, given, fallback);
  if (ms > 0) return ms;
  throw new RangeError(`${option} must be above 0 ms`);
};
