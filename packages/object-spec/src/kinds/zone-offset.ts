/** Milliseconds that the zone's clocks are ahead of UTC at an instant. */
export type ZoneOffset = (instantMs: number) => number;

/** Offsets of today's zones change on quarters of an hour only. */
const QUARTER_MS = 900_000;

// Making a formatter costs far more than using it. There are some 600 zones, so this cannot grow without bound.
const formatters = new Map<string, Intl.DateTimeFormat>();

const formatterOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, formatter);
  return formatter;
};

/** The offsets of an IANA zone that isTimeZone knows. */
export const zoneOffset = (timeZone: string): ZoneOffset => {
  if (timeZone === 'UTC') return () => 0;
  const formatter = formatterOf(timeZone);
  let knownQuarter = Number.NaN;
  let knownOffset = 0;
  return (instantMs) => {
    const quarter = Math.floor(instantMs / QUARTER_MS);
    if (quarter !== knownQuarter) {
      knownQuarter = quarter;
      knownOffset = offsetAt(formatter, quarter * QUARTER_MS);
    }
    return knownOffset;
  };
};

const offsetAt = (formatter: Intl.DateTimeFormat, instantMs: number): number => {
  const parts = new Map(formatter.formatToParts(instantMs).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - instantMs;
};

/** The instant at which the zone's clocks show `localMs`, as Go's time.Date picks it where there are two or none. */
export const instantOfLocal = (localMs: number, offset: ZoneOffset): number => localMs - offset(localMs - offset(localMs));

/**
 * Whether Go's time.LoadLocation knows the zone: an IANA name in its own case. Intl passes over case and takes offsets such as `+01:00`;
 * the shape of the name keeps those out.
 */
export const isTimeZone = (name: string): boolean => {
  if (name === '' || name === 'UTC' || name === 'Local') return true;
  const wellSpelled = name.split('/').every((part) => /^[A-Z]/.test(part) && !/^[A-Z]{5,}$/.test(part)) && !/^[A-Z][a-z]{2}$/.test(name);
  if (!wellSpelled) return false;
  try {
    formatterOf(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};
