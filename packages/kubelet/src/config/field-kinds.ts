import { isRecord } from '@solo-kubelet/diagnostics/json';
import { formatGoDuration, parseGoDuration } from '@solo-kubelet/diagnostics/text';
import type { ShutdownPeriod } from './shutdown-period.js';

/** What a field does in a kubelet that has no API server. */
export type Effect =
  | { readonly type: 'honoured' }
  /** Concerns talk with an API server or cloud: accepted whatever its value. */
  | { readonly type: 'noEffect' }
  /** Only `accepted` values mean what upstream means by them. Any other value is refused, or warned about when it can only do less. */
  | { readonly type: 'notSupported'; readonly otherwise: 'refuse' | 'warn'; readonly accepted: readonly unknown[] };

/** How values of a kind are read from JSON and written back. */
export interface Kind<Value> {
  readonly name: string;
  /** @throws Error that says what was expected; RangeError with the name of Go's type for a number that it can not hold */
  decode(json: unknown): Value;
  encode(value: Value): unknown;
}

export interface Field<Value> {
  readonly kind: Kind<unknown>;
  /** Undefined: upstream leaves it unset. */
  readonly fallback: Value;
  readonly effect: Effect;
  /** What a reader of the table should know besides the effect. */
  readonly note: string;
}

const kind = <Value>(name: string, accepts: (json: unknown) => json is Value): Kind<Value> => ({
  name,
  decode: (json) => {
    if (accepts(json)) return json;
    throw new Error(`expected ${name}, got ${JSON.stringify(json)}`);
  },
  encode: (value) => value,
});
const isString = (json: unknown): json is string => typeof json === 'string';
const isStrings = (json: unknown): json is readonly string[] => Array.isArray(json) && json.every(isString);
const isRecordOf =
  <Value>(accepts: (json: unknown) => json is Value) =>
  (json: unknown): json is Readonly<Record<string, Value>> =>
    isRecord(json) && Object.values(json).every(accepts);

export const text = kind('a string', isString);
export const truth = kind('true or false', (json): json is boolean => typeof json === 'boolean');
export const whole = kind('a whole number', (json): json is number => Number.isSafeInteger(json));
/** What Go holds in 32 bits. */
export const int32: Kind<number> = {
  ...whole,
  decode: (json) => {
    const value = whole.decode(json);
    if (value !== (value | 0)) throw new RangeError('int32');
    return value;
  },
};
export const decimal = kind('a number', (json): json is number => typeof json === 'number');
export const texts = kind('a list of strings', isStrings);
export const textMap = kind('a map of strings', isRecordOf(isString));
export const truthMap = kind(
  'a map of true and false',
  isRecordOf((json): json is boolean => typeof json === 'boolean'),
);
export const textsMap = kind('a map of lists of strings', isRecordOf(isStrings));
export const objects = kind(
  'a list of objects',
  (json): json is readonly Readonly<Record<string, unknown>>[] => Array.isArray(json) && json.every(isRecord),
);

/** Kubernetes' ShutdownGracePeriodByPodPriority; a number that is left out is 0. */
export const shutdownPeriods: Kind<readonly ShutdownPeriod[]> = {
  name: 'a list of shutdown periods',
  decode: (json) =>
    objects.decode(json).map(({ priority = 0, shutdownGracePeriodSeconds = 0 }) => ({
      priority: int32.decode(priority),
      shutdownGracePeriodSeconds: whole.decode(shutdownGracePeriodSeconds),
    })),
  encode: (value) => value,
};

/** Milliseconds here, `1m30s` in the file. */
export const duration: Kind<number> = {
  name: 'a duration such as 1m30s',
  decode: (json) => {
    const value = json === 0 ? 0 : typeof json === 'string' ? parseGoDuration(json) : undefined;
    if (value === undefined) throw new Error(`expected a duration such as 1m30s, got ${JSON.stringify(json)}`);
    return value;
  },
  encode: formatGoDuration,
};
