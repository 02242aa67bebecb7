import type { EventFields } from './event-fields.js';

/** Of every entry that an event makes: `journalctl MESSAGE_ID=…` finds them. */
export const EVENT_MESSAGE_ID = '0b1e7d9c52b64f0f9d3c1a8e64b7f2d5';
/** Longest message, bytes; beyond it is cut. Far below what a datagram may be. */
const MAX_MESSAGE_BYTES = 48 * 1024;
const MAX_FIELD_BYTES = 4 * 1024;

/** LOG_INFO and LOG_WARNING. */
const PRIORITIES = { Normal: 6, Warning: 4 };

export interface JournalEntryOptions {
  readonly nodeName: string;
  /** The process that the entry is of. `logger` itself is often gone before journald asks which unit it was in; then `journalctl --unit` finds the entry by this one. */
  readonly pid: number;
}

/** An event as fields of journald, one a line, in the form that `logger --journald` reads. */
export const journalEntry = (event: EventFields, { nodeName, pid }: JournalEntryOptions): string => {
  const { object, type } = event;
  const isPod = object.kind === 'Pod';
  const about = `${object.kind} ${object.namespace === '' ? '' : `${object.namespace}/`}${object.name}`;
  const fields: readonly (readonly [string, string])[] = [
    ['MESSAGE_ID', EVENT_MESSAGE_ID],
    ['PRIORITY', String(PRIORITIES[type])],
    ['SYSLOG_IDENTIFIER', 'solo-kubelet'],
    ['OBJECT_PID', String(pid)],
    ['KUBERNETES_EVENT_TYPE', type],
    ['KUBERNETES_EVENT_REASON', event.reason],
    ['KUBERNETES_EVENT_NAME', event.name],
    ['KUBERNETES_EVENT_COUNT', String(event.count)],
    ['KUBERNETES_EVENT_TIME', new Date(event.lastAtMs).toISOString()],
    ['KUBERNETES_NODE_NAME', nodeName],
    ['KUBERNETES_NAMESPACE_NAME', object.namespace],
    ['KUBERNETES_OBJECT_API_VERSION', object.apiVersion],
    ['KUBERNETES_OBJECT_KIND', object.kind],
    ['KUBERNETES_OBJECT_NAME', object.name],
    ['KUBERNETES_OBJECT_UID', object.uid],
    ['KUBERNETES_OBJECT_FIELD_PATH', event.fieldPath],
    ['KUBERNETES_POD_NAME', isPod ? object.name : ''],
    ['KUBERNETES_POD_UID', isPod ? object.uid : ''],
    ['KUBERNETES_CONTAINER_NAME', event.containerName],
  ];
  // Of a message of several lines each is one; whoever reads it gets them back as one text.
  const message = cut(`${about}: ${event.reason}: ${event.message}`, MAX_MESSAGE_BYTES).split(/\r\n|[\n\r]/);
  return [
    ...message.map((line) => `MESSAGE=${plain(line)}`),
    ...fields.flatMap(([name, value]) => (value === '' ? [] : [`${name}=${plain(cut(value, MAX_FIELD_BYTES))}`])),
    '',
  ].join('\n');
};

/** No line break of any kind, nothing that ends a text in C, and nothing that has journalctl show an entry as `[blob data]`. */
const plain = (text: string): string =>
  [...text].map((each) => ((each < ' ' && each !== '\t') || (each >= '\x7f' && each <= '\x9f') ? ' ' : each)).join('');

const cut = (text: string, maxBytes: number): string => {
  const bytes = Buffer.from(text);
  // What would be half a character is left out.
  return bytes.length <= maxBytes ? text : `${new TextDecoder().decode(bytes.subarray(0, maxBytes - 4), { stream: true })}…`;
};
