import { since, timeAt } from '../age.js';
import { column, wideColumn } from '../column.js';
import type { KindTable } from '../kind-table.js';
import { fieldAt, isJsonObject, nameOf, numberAt, textAt } from '../read-field.js';

/** Events of v1 and of events.k8s.io/v1: the same object with other names of its fields. */
export const eventTable: KindTable = {
  columns: [
    column('Last Seen', 'string', 'The time at which the most recent occurrence of this event was recorded.'),
    column('Type', 'string', 'Type of this event (Normal, Warning), new types could be added in the future'),
    column(
      'Reason',
      'string',
      "This should be a short, machine understandable string that gives the reason for the transition into the object's current status.",
    ),
    column('Object', 'string', 'The object that this event is about.'),
    wideColumn(
      'Subobject',
      'string',
      'If referring to a piece of an object instead of an entire object, this string should contain a valid JSON/Go field access statement, such as desiredState.manifest.containers[2]. For example, if the object reference is to a container within a pod, this would take on a value like: "spec.containers{name}" (where "name" refers to the name of the container that triggered the event) or if no container name is specified "spec.containers[2]" (container with index 2 in this pod). This syntax is chosen only to have some well-defined way of referencing a part of an object.',
    ),
    wideColumn('Source', 'string', 'The component reporting this event. Should be a short machine understandable string.'),
    column('Message', 'string', 'A human-readable description of the status of this operation.'),
    wideColumn('First Seen', 'string', 'The time at which the event was first recorded. (Time of server receipt is in TypeMeta.)'),
    wideColumn('Count', 'string', 'The number of times this event has occurred.'),
    wideColumn(
      'Name',
      'string',
      'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
      'name',
    ),
  ],
  cells: (event, { nowMs }) => {
    const about = fieldAt(event, 'involvedObject') ?? fieldAt(event, 'regarding');
    const first = since(timeAt(event, 'firstTimestamp') ?? timeAt(event, 'deprecatedFirstTimestamp') ?? timeAt(event, 'eventTime'), nowMs);
    const lastMs = timeAt(event, 'lastTimestamp') ?? timeAt(event, 'deprecatedLastTimestamp');
    const series = fieldAt(event, 'series');
    const isSeries = isJsonObject(series);
    const kind = textAt(about, 'kind').toLowerCase();
    const name = textAt(about, 'name');
    return [
      isSeries ? since(timeAt(series, 'lastObservedTime'), nowMs) : lastMs === undefined ? first : since(lastMs, nowMs),
      textAt(event, 'type'),
      textAt(event, 'reason'),
      name === '' ? kind : `${kind}/${name}`,
      textAt(about, 'fieldPath'),
      eventSource(event),
      (textAt(event, 'message') || textAt(event, 'note')).trim(),
      first,
      isSeries ? numberAt(series, 'count') : numberAt(event, 'count') || numberAt(event, 'deprecatedCount') || 1,
      nameOf(event),
    ];
  },
};

const eventSource = (event: unknown): string => {
  const source = fieldAt(event, 'source') ?? fieldAt(event, 'deprecatedSource');
  const component = textAt(source, 'component') || textAt(event, 'reportingComponent') || textAt(event, 'reportingController');
  const instance = textAt(source, 'host') || textAt(event, 'reportingInstance');
  return instance === '' ? component : `${component}, ${instance}`;
};

export const statusTable: KindTable = {
  columns: [
    column(
      'Status',
      'string',
      'Status of the operation. One of: "Success" or "Failure". More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#spec-and-status',
    ),
    column(
      'Reason',
      'string',
      'A machine-readable description of why this operation is in the "Failure" status. If this value is empty there is no information available. A Reason clarifies an HTTP status code but does not override it.',
    ),
    column('Message', 'string', ''),
  ],
  cells: (status) => [textAt(status, 'status'), textAt(status, 'reason'), textAt(status, 'message')],
};
