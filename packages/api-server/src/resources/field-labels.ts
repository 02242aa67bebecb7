import type { StoredObject, Values } from '../stored-object.js';

const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));
const part = (value: unknown): Values => (value ?? {}) as Values;

const reference = (prefix: string, value: unknown): Record<string, string> => {
  const object = part(value);
  return Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((name) => [
      `${prefix}.${name}`,
      text(object[name]),
    ]),
  );
};

/** What a field selector may look at, by resource (AddFieldLabelConversionsFor… and each strategy's SelectableFields). */
export const fieldLabels: Readonly<Record<string, (object: StoredObject) => Readonly<Record<string, string>>>> = {
  pods: ({ spec, status }) => ({
    'spec.nodeName': text(spec?.['nodeName']),
    'spec.restartPolicy': text(spec?.['restartPolicy']),
    'spec.schedulerName': text(spec?.['schedulerName']),
    'spec.serviceAccountName': text(spec?.['serviceAccountName']),
    'spec.hostNetwork': String(spec?.['hostNetwork'] === true),
    'status.phase': text(status?.['phase']),
    'status.podIP': text(((status?.['podIPs'] ?? []) as readonly Values[])[0]?.['ip']),
    'status.podIPs': text(((status?.['podIPs'] ?? []) as readonly Values[])[0]?.['ip']),
    'status.nominatedNodeName': text(status?.['nominatedNodeName']),
  }),
  nodes: ({ spec }) => ({ 'spec.unschedulable': String(spec?.['unschedulable'] === true) }),
  namespaces: ({ status }) => ({ 'status.phase': text(status?.['phase']) }),
  secrets: (object) => ({ type: text(object['type']) }),
  services: ({ spec }) => ({ 'spec.clusterIP': text(spec?.['clusterIP']), 'spec.type': text(spec?.['type']) }),
  events: (object) => ({
    ...reference('involvedObject', object['involvedObject']),
    reason: text(object['reason']),
    reportingComponent: text(object['reportingComponent']),
    source: text(part(object['source'])['component'] || object['reportingComponent']),
    type: text(object['type']),
  }),
  'events.events.k8s.io': (object) => ({
    ...reference('regarding', object['regarding']),
    reason: text(object['reason']),
    reportingController: text(object['reportingController']),
    type: text(object['type']),
  }),
  replicationcontrollers: ({ status }) => ({ 'status.replicas': text(status?.['replicas'] ?? 0) }),
  'jobs.batch': ({ status }) => ({ 'status.successful': text(status?.['succeeded'] ?? 0) }),
};
