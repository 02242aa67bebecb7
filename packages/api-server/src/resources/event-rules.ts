import { pathSegmentNameErrors } from '@solo-kubelet/object-spec/rules';
import type { Report } from '@solo-kubelet/pod-spec/schema';
import { dnsSubdomainErrors, qualifiedNameErrors, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import { isSameJson } from '../registry/same-json.js';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import { plainRules } from './plain-rules.js';

type Version = 'v1' | 'events.k8s.io/v1';

const textOf = (event: ObjectDraft | StoredObject, ...names: readonly string[]): string =>
  (names.map((name) => event[name]).find((value) => value !== undefined) ?? '') as string;

const referenceOf = (event: ObjectDraft | StoredObject): Values => (event['involvedObject'] ?? event['regarding'] ?? {}) as Values;

const limited = (field: string, text: string, max: number, report: Report): void => {
  if (text === '') report.required(field);
  else if (Buffer.byteLength(text) > max) report.invalid(field, '', `can have at most ${max} characters`);
};

const MAX_NAME = 128;
const MAX_NOTE = 1024;
const TYPES = ['Normal', 'Warning'];
const NAMESPACE_FIELD = 'involvedObject.namespace';
const OTHER_NAMESPACE = 'does not match event.namespace';

/** What holds for every event (legacyValidateEvent); one without a time of its own is of the old form and looked at little. */
const validateAnyEvent = (event: ObjectDraft, version: Version, report: Report): void => {
  const { namespace = '' } = event.metadata;
  const about = (referenceOf(event)['namespace'] ?? '') as string;
  if (!event['eventTime']) {
    const isOther = about === '' ? namespace !== '' && namespace !== 'default' : namespace !== about;
    if (isOther) report.invalid(NAMESPACE_FIELD, about, OTHER_NAMESPACE);
  } else {
    if (about === '' && namespace !== 'default' && namespace !== 'kube-system') report.invalid(NAMESPACE_FIELD, about, OTHER_NAMESPACE);
    const controller = textOf(event, 'reportingComponent', 'reportingController');
    const field = version === 'v1' ? 'reportingComponent' : 'reportingController';
    if (controller === '') report.required(field);
    report.invalidEach(field, controller, qualifiedNameErrors(controller));
    limited('reportingInstance', textOf(event, 'reportingInstance'), MAX_NAME, report);
    limited('action', textOf(event, 'action'), MAX_NAME, report);
    limited('reason', textOf(event, 'reason'), MAX_NAME, report);
    if (Buffer.byteLength(textOf(event, 'message', 'note')) > MAX_NOTE) {
      report.invalid('message', '', `can have at most ${MAX_NOTE} characters`);
    }
  }
  report.invalidEach('namespace', namespace, dnsSubdomainErrors(namespace));
};

/** Events of the core are looked at little, for those of old are made by many (pkg/apis/core/validation/events.go). */
export const coreEventRules = plainRules({
  namespaced: true,
  nameErrors: pathSegmentNameErrors,
  hasPlainFinalizers: true,
  checksMetadataLast: true,
  checksMetadataUpdate: false,
  validate: (event, report) => validateAnyEvent(event, 'v1', report),
});

const validateSeries = (event: ObjectDraft, report: Report): void => {
  const series = event['series'] as { readonly count?: number; readonly lastObservedTime?: string | null } | undefined;
  if (series === undefined) return;
  if ((series.count ?? 0) < 2) report.invalid('series.count', '', 'should be at least 2');
  if (!series.lastObservedTime) report.required('series.lastObservedTime');
};

/** Fields of the old form that the new one may not have, by the names that messages give them. */
const UNSET = [
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
] as const;

/** Fields that no update changes, likewise. */
const UNCHANGED = [
  ['involvedObject', 'regarding'],
  ['reason', 'reason'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reason', 'reason'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
] as const;

/** What is empty counts as absent. */
const meant = (value: unknown): unknown =>
  value === '' || value === 0 || value === null || (typeof value === 'object' && Object.keys(value).length === 0) ? undefined : value;

const SOURCE = { component: 'Component', host: 'Host' };
const REFERENCE = {
  ...{ kind: 'Kind', namespace: 'Namespace', name: 'Name', uid: 'UID', apiVersion: 'APIVersion' },
  ...{ resourceVersion: 'ResourceVersion', fieldPath: 'FieldPath' },
};

/** A structure as upstream prints its inner form: with all its fields. */
const printed = (names: Readonly<Record<string, string>>, value: unknown): Values =>
  Object.fromEntries(Object.entries(names).map(([name, shown]) => [shown, (value as Values | undefined)?.[name] ?? '']));

/** The value of a field in the message about its change. */
const shownValue = (field: string, value: unknown): unknown => {
  if (field === 'source') return printed(SOURCE, value);
  if (field === 'involvedObject') return printed(REFERENCE, value);
  if (field === 'related') return value ? printed(REFERENCE, value) : null;
  if (field === 'count') return value ?? 0;
  return value ?? (field.endsWith('Time') || field.endsWith('Timestamp') ? null : '');
};

/** The newer form has rules of its own. */
export const newEventRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  validate: (event, report) => {
    validateAnyEvent(event, 'events.k8s.io/v1', report);
    validateSeries(event, report);
    if (!event['eventTime']) report.required('eventTime');
    const type = textOf(event, 'type');
    if (!TYPES.includes(type)) report.invalid('type', '', `has invalid value: ${type}`);
    for (const [field, name] of UNSET) if (meant(event[name]) !== undefined) report.invalid(field, '', 'needs to be unset');
    const { component, host } = (event['deprecatedSource'] ?? {}) as { readonly component?: string; readonly host?: string };
    if (component || host) report.invalid('source', '', 'needs to be unset');
  },
  validateUpdate: (event, old, report) => {
    validateAnyEvent(event, 'events.k8s.io/v1', report);
    const before = convertEvent(old, 'events.k8s.io/v1');
    if (!isSameJson(event['series'], before['series'])) validateSeries(event, report);
    for (const [field, name] of UNCHANGED) {
      if (isSameJson(meant(event[name]), meant(before[name]))) continue;
      report.invalidStructure(field, shownValue(field, event[name]), 'field is immutable');
    }
  },
});

const PAIRS = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
] as const;

/** The same event as the other group shows it. */
export const convertEvent = (event: StoredObject, to: 'v1' | 'events.k8s.io/v1'): StoredObject => {
  if (event.apiVersion === to) return event;
  const result: Record<string, unknown> = { ...event, apiVersion: to };
  for (const [core, other] of PAIRS) {
    const [from, into] = to === 'v1' ? [other, core] : [core, other];
    const value = event[from];
    delete result[from];
    if (value !== undefined && value !== '' && value !== 0) result[into] = value;
  }
  if (to === 'v1') {
    for (const name of ['reportingComponent', 'reportingInstance']) result[name] ??= '';
    for (const name of ['involvedObject', 'source']) result[name] ??= {};
    for (const name of ['firstTimestamp', 'lastTimestamp', 'eventTime']) result[name] ??= null;
  } else {
    result['eventTime'] ??= null;
    for (const name of ['reportingController', 'reportingInstance']) if (result[name] === '') delete result[name];
    for (const name of ['deprecatedFirstTimestamp', 'deprecatedLastTimestamp']) if (result[name] === null) delete result[name];
  }
  return result as unknown as StoredObject;
};
