import type { Report } from '@solo-kubelet/pod-spec/schema';
import { qualifiedNameErrors, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import { plainRules } from './plain-rules.js';

const reference = (event: ObjectDraft): Values => (event['involvedObject'] ?? event['regarding'] ?? {}) as Values;

const validateNamespaces = (event: ObjectDraft, report: Report): void => {
  const namespace = event.metadata.namespace ?? '';
  const about = (reference(event)['namespace'] ?? '') as string;
  if (about !== '' && about !== namespace) {
    report.invalid('involvedObject.namespace', about, 'does not match event.namespace');
  } else if (about === '' && namespace !== 'default' && namespace !== '') {
    report.invalid('involvedObject.namespace', about, 'does not match event.namespace');
  }
};

/** Events of the core are looked at little, for those of old are made by many (pkg/apis/core/validation/events.go). */
export const coreEventRules = plainRules({ namespaced: true, nameErrors: subdomainNameErrors, validate: validateNamespaces });

const limited = (field: string, value: unknown, max: number, report: Report): void => {
  const text = (value ?? '') as string;
  if (text === '') report.required(field);
  else if (Buffer.byteLength(text) > max) report.invalid(field, '', `can have at most ${max} characters`);
};

const MAX_NAME = 128;
const MAX_NOTE = 1024;
const TYPES = ['Normal', 'Warning'];

/** The newer form has rules of its own. */
export const newEventRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  validate: (event, report) => {
    validateNamespaces(event, report);
    if (event['eventTime'] === undefined) report.required('eventTime');
    const controller = (event['reportingController'] ?? '') as string;
    if (controller === '') report.required('reportingController');
    else report.invalidEach('reportingController', controller, qualifiedNameErrors(controller));
    limited('reportingInstance', event['reportingInstance'], MAX_NAME, report);
    limited('action', event['action'], MAX_NAME, report);
    limited('reason', event['reason'], MAX_NAME, report);
    if (Buffer.byteLength((event['note'] ?? '') as string) > MAX_NOTE)
      report.invalid('message', '', `can have at most ${MAX_NOTE} characters`);
    const type = (event['type'] ?? '') as string;
    if (!TYPES.includes(type)) report.invalid('type', type, `has invalid value: ${type}`);
  },
  validateUpdate: (event, old, report) => {
    for (const name of UNCHANGED) {
      if (JSON.stringify(event[name]) !== JSON.stringify(old[name])) report.invalidStructure(name, event[name], 'field is immutable');
    }
  },
});

const UNCHANGED = [
  'regarding',
  'reason',
  'type',
  'eventTime',
  'reportingController',
  'reportingInstance',
  'action',
  'related',
  'note',
] as const;

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
