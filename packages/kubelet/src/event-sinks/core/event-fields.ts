import { parseBoundedJson } from '@solo-kubelet/diagnostics/nesting';
/** A v1 Event as far as sinks with fields of their own tell of it. */
export interface EventFields {
  readonly name: string;
  readonly namespace: string;
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly object: {
    readonly kind: string;
    readonly apiVersion: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  /** Such as `spec.containers{app}`; empty where the whole is meant. */
  readonly fieldPath: string;
  /** Of the container that it is about; empty: none. */
  readonly containerName: string;
}

type Values = Readonly<Record<string, unknown>>;

const textAt = (values: Values, name: string): string => {
  const value = values[name];
  return typeof value === 'string' ? value : '';
};

const valuesAt = (values: Values, name: string): Values => {
  const value = values[name];
  return typeof value === 'object' && value !== null ? (value as Values) : {};
};

/** What the JSON of a v1 Event says. `nowMs`: the time of one that has none. */
export const eventFields = (text: string, nowMs: number): EventFields => {
  const event = parseBoundedJson(text) as Values;
  const [metadata, about] = [valuesAt(event, 'metadata'), valuesAt(event, 'involvedObject')];
  const timeOf = (name: string): number | undefined => {
    const atMs = Date.parse(textAt(event, name));
    return Number.isFinite(atMs) ? atMs : undefined;
  };
  const lastAtMs = timeOf('lastTimestamp') ?? timeOf('eventTime') ?? timeOf('firstTimestamp') ?? nowMs;
  const fieldPath = textAt(about, 'fieldPath');
  return {
    name: textAt(metadata, 'name'),
    namespace: textAt(metadata, 'namespace'),
    type: event['type'] === 'Warning' ? 'Warning' : 'Normal',
    reason: textAt(event, 'reason'),
    message: textAt(event, 'message'),
    count: Number.isSafeInteger(event['count']) ? Number(event['count']) : 1,
    firstAtMs: timeOf('firstTimestamp') ?? lastAtMs,
    lastAtMs,
    object: {
      kind: textAt(about, 'kind'),
      apiVersion: textAt(about, 'apiVersion'),
      namespace: textAt(about, 'namespace'),
      name: textAt(about, 'name'),
      uid: textAt(about, 'uid'),
    },
    fieldPath,
    containerName: /^spec\.(?:initContainers|containers|ephemeralContainers)\{([^}]+)\}$/.exec(fieldPath)?.[1] ?? '',
  };
};
