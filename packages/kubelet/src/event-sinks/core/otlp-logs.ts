import type { EventFields } from './event-fields.js';

type Attribute = { readonly key: string; readonly value: { readonly stringValue: string } | { readonly intValue: string } };

const attribute = (key: string, value: string | number): readonly Attribute[] =>
  value === '' ? [] : [{ key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value } }];

const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms)) * 1_000_000n);

/** SEVERITY_NUMBER_INFO and SEVERITY_NUMBER_WARN. */
const SEVERITIES = { Normal: 9, Warning: 13 };

export interface OtlpOptions {
  readonly nodeName: string;
  readonly nowMs: number;
}

/**
 * Events as an ExportLogsServiceRequest of OTLP in JSON, each a log record: names of attributes are those of OpenTelemetry's semantic conventions for
 * Kubernetes, and for what these have no name, those of its collector's receiver of Kubernetes events.
 */
export const otlpLogs = (events: readonly EventFields[], { nodeName, nowMs }: OtlpOptions): object => ({
  resourceLogs: [
    {
      resource: { attributes: [...attribute('service.name', 'solo-kubelet'), ...attribute('k8s.node.name', nodeName)] },
      scopeLogs: [{ scope: { name: 'solo-kubelet/events' }, logRecords: events.map((event) => logRecord(event, nowMs)) }],
    },
  ],
});

const logRecord = ({ object, ...event }: EventFields, nowMs: number): object => ({
  timeUnixNano: nanoseconds(event.lastAtMs),
  observedTimeUnixNano: nanoseconds(nowMs),
  severityNumber: SEVERITIES[event.type],
  severityText: event.type,
  body: { stringValue: event.message },
  attributes: [
    ...attribute('k8s.event.name', event.name),
    ...attribute('k8s.event.reason', event.reason),
    ...attribute('k8s.event.count', event.count),
    ...attribute('k8s.event.start_time', new Date(event.firstAtMs).toISOString()),
    ...attribute('k8s.namespace.name', object.namespace),
    ...attribute('k8s.object.api_version', object.apiVersion),
    ...attribute('k8s.object.kind', object.kind),
    ...attribute('k8s.object.name', object.name),
    ...attribute('k8s.object.uid', object.uid),
    ...attribute('k8s.object.fieldpath', event.fieldPath),
    ...nameOf(object),
    ...attribute('k8s.container.name', event.containerName),
  ],
});

/** Kinds whose names and UIDs have attributes of their own. */
const KINDS: ReadonlySet<string> = new Set(['Pod', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']);

const nameOf = ({ kind, name, uid }: EventFields['object']): readonly Attribute[] =>
  KINDS.has(kind) ? [...attribute(`k8s.${kind.toLowerCase()}.name`, name), ...attribute(`k8s.${kind.toLowerCase()}.uid`, uid)] : [];

/** What a server says of a request that it took: how many records it did not want, and why. */
export const partialSuccess = (answer: string): { readonly refused: number; readonly message: string } => {
  try {
    const { partialSuccess: found = {} } = JSON.parse(answer) as { readonly partialSuccess?: Readonly<Record<string, unknown>> };
    const refused = Number(found['rejectedLogRecords'] ?? 0);
    const message = found['errorMessage'];
    return {
      refused: Number.isSafeInteger(refused) && refused > 0 ? refused : 0,
      message: typeof message === 'string' ? message.slice(0, 500) : '',
    };
  } catch {
    return { refused: 0, message: '' };
  }
};
