import { expect, it } from 'vitest';
import { eventFields } from './event-fields.js';
import { journalEntry } from './journal-entry.js';
import { otlpLogs, partialSuccess } from './otlp-logs.js';
import { retryAfterMs } from './retry-after.js';

const event = (more: object = {}) =>
  JSON.stringify({
    kind: 'Event',
    apiVersion: 'v1',
    metadata: { name: 'web.1', namespace: 'shop' },
    involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace: 'shop', name: 'web-n1', uid: 'u1', fieldPath: 'spec.containers{app}' },
    type: 'Warning',
    reason: 'Unhealthy',
    message: 'Readiness probe failed: one\ntwo\r\nthree',
    firstTimestamp: '2031-05-06T07:08:09Z',
    lastTimestamp: '2031-05-06T07:09:09Z',
    count: 3,
    ...more,
  });
const AT = Date.parse('2031-05-06T07:09:09Z');

it('an entry of journald has its fields, one a line, and a message of any lines', () => {
  expect(journalEntry(eventFields(event(), 0), { nodeName: 'n1', pid: 42 }).split('\n')).toEqual([
    'MESSAGE=Pod shop/web-n1: Unhealthy: Readiness probe failed: one',
    'MESSAGE=two',
    'MESSAGE=three',
    'MESSAGE_ID=0b1e7d9c52b64f0f9d3c1a8e64b7f2d5',
    'PRIORITY=4',
    'SYSLOG_IDENTIFIER=solo-kubelet',
    'OBJECT_PID=42',
    'KUBERNETES_EVENT_TYPE=Warning',
    'KUBERNETES_EVENT_REASON=Unhealthy',
    'KUBERNETES_EVENT_NAME=web.1',
    'KUBERNETES_EVENT_COUNT=3',
    'KUBERNETES_EVENT_TIME=2031-05-06T07:09:09.000Z',
    'KUBERNETES_NODE_NAME=n1',
    'KUBERNETES_NAMESPACE_NAME=shop',
    'KUBERNETES_OBJECT_API_VERSION=v1',
    'KUBERNETES_OBJECT_KIND=Pod',
    'KUBERNETES_OBJECT_NAME=web-n1',
    'KUBERNETES_OBJECT_UID=u1',
    'KUBERNETES_OBJECT_FIELD_PATH=spec.containers{app}',
    'KUBERNETES_POD_NAME=web-n1',
    'KUBERNETES_POD_UID=u1',
    'KUBERNETES_CONTAINER_NAME=app',
    '',
  ]);
});

it('no control character hides an entry from journalctl, which shows one that has any as bytes', () => {
  const entry = journalEntry(eventFields(event({ message: 'a\x9b2Jb\x85c\x7fd\x1be\té' }), 0), { nodeName: 'n1', pid: 42 });
  expect(entry).toContain('a 2Jb c d e\té\n');
});

it('no message makes a field of its own in the journal, or an entry of any size', () => {
  const hostile = { message: `a\nPRIORITY=0\x00\x1b[2J${'ü'.repeat(50_000)}`, reason: 'A\nMESSAGE_ID=x' };
  const lines = journalEntry(eventFields(event(hostile), 0), { nodeName: 'n1', pid: 42 }).split('\n');
  expect(
    lines.every((line) => line === '' || /^(MESSAGE|MESSAGE_ID|PRIORITY|SYSLOG_IDENTIFIER|OBJECT_PID|KUBERNETES_[A-Z_]+)=/.test(line)),
  ).toBe(true);
  expect(lines.filter((line) => line.startsWith('PRIORITY='))).toEqual(['PRIORITY=4']);
  expect(lines).toContain('KUBERNETES_EVENT_REASON=A MESSAGE_ID=x');
  expect(lines.some((line) => line.includes('\0') || line.includes('\x1b'))).toBe(false);
  expect(Buffer.byteLength(lines.join('\n'))).toBeLessThan(50_000);
});

it('a log record of OpenTelemetry says the same in its words', () => {
  const attributesOf = (record: { readonly attributes: readonly { readonly key: string; readonly value: object }[] }) =>
    Object.fromEntries(record.attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
  const request = otlpLogs([eventFields(event(), 0), eventFields('{}', AT)], { nodeName: 'n1', nowMs: AT + 1 }) as {
    readonly resourceLogs: readonly {
      readonly resource: Parameters<typeof attributesOf>[0];
      readonly scopeLogs: readonly { readonly logRecords: readonly (Parameters<typeof attributesOf>[0] & Record<string, unknown>)[] }[];
    }[];
  };
  const [logs] = request.resourceLogs;
  expect(attributesOf(logs!.resource)).toEqual({ 'service.name': 'solo-kubelet', 'k8s.node.name': 'n1' });
  const [record, empty] = logs!.scopeLogs[0]!.logRecords;
  expect(record).toMatchObject({
    timeUnixNano: `${AT}000000`,
    observedTimeUnixNano: `${AT + 1}000000`,
    severityNumber: 13,
    severityText: 'Warning',
    body: { stringValue: 'Readiness probe failed: one\ntwo\r\nthree' },
  });
  expect(attributesOf(record!)).toEqual({
    'k8s.event.name': 'web.1',
    'k8s.event.reason': 'Unhealthy',
    'k8s.event.count': '3',
    'k8s.event.start_time': '2031-05-06T07:08:09.000Z',
    'k8s.namespace.name': 'shop',
    'k8s.object.api_version': 'v1',
    'k8s.object.kind': 'Pod',
    'k8s.object.name': 'web-n1',
    'k8s.object.uid': 'u1',
    'k8s.object.fieldpath': 'spec.containers{app}',
    'k8s.pod.name': 'web-n1',
    'k8s.pod.uid': 'u1',
    'k8s.container.name': 'app',
  });
  expect(empty).toMatchObject({ timeUnixNano: `${AT}000000`, severityNumber: 9, body: { stringValue: '' } });
});

it.each([
  ['{}', 0, ''],
  ['', 0, ''],
  ['no', 0, ''],
  ['{"partialSuccess":null}', 0, ''],
  ['{"partialSuccess":{"rejectedLogRecords":"2","errorMessage":"too old"}}', 2, 'too old'],
  ['{"partialSuccess":{"rejectedLogRecords":-1}}', 0, ''],
])('an answer of %j refuses %i', (answer, refused, message) => expect(partialSuccess(answer)).toEqual({ refused, message }));

it.each([
  [undefined, 0],
  ['', 0],
  ['17', 17_000],
  ['99999', 600_000],
  ['Tue, 06 May 2031 07:09:39 GMT', 30_000],
  ['Tue, 06 May 2031 07:00:00 GMT', 0],
  ['soon', 0],
  [['5', '9'], 5_000],
])('Retry-After: %j is %i ms', (header, ms) => expect(retryAfterMs(header, AT)).toBe(ms));
