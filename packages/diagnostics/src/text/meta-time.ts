/** The zero time of Go, which Kubernetes shows where there is none. */
const NO_TIME = '0001-01-01T00:00:00Z';
/** As far as a Date reaches, ms. */
const MOST_MS = 8.64e15;

/** A time of the clock, ms, as metav1.Time has it: RFC 3339 in UTC, whole seconds. Never throws: for what is no time it is the zero time of Go. */
export const metaTime = (ms: number): string =>
  Math.abs(ms) <= MOST_MS ? `${new Date(ms).toISOString().slice(0, -'.000Z'.length)}Z` : NO_TIME;
