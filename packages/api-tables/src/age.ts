import { humanDuration } from '@solo-kubelet/diagnostics/text';
import { fieldAt } from './read-field.js';

/** Go's zero time, which stands for "not set". */
const ZERO_TIME_MS = Date.parse('0001-01-01T00:00:00Z');

/** Milliseconds since 1970 of an RFC 3339 time; undefined for an absent, zero or unreadable one. */
export const timeAt = (value: unknown, ...path: readonly string[]): number | undefined => {
  const text = fieldAt(value, ...path);
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) || ms === ZERO_TIME_MS ? undefined : ms;
};

/** How long ago a time was, or `<unknown>` if it is not set. */
export const since = (timeMs: number | undefined, nowMs: number): string =>
  timeMs === undefined ? '<unknown>' : humanDuration(nowMs - timeMs);

export const ageOf = (object: unknown, nowMs: number): string => since(timeAt(object, 'metadata', 'creationTimestamp'), nowMs);
