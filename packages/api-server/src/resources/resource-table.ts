import { objectKinds } from '@solo-kubelet/object-spec';
import { ALL_VERBS, type ApiResource, type ResourceRules, type StatusRules, type Subresource } from './api-resource.js';
import { autoscalerRules } from './autoscaler-rules.js';
import { coreEventRules, newEventRules } from './event-rules.js';
import { fieldLabels } from './field-labels.js';
import { jobStatusRules } from './job-status-rules.js';
import { endpointsRules, leaseRules, podTemplateRules, readOnlyRules, replicationControllerRules, revisionRules } from './more-rules.js';
import { nodeRules, nodeStatusRules } from './node-rules.js';
import { objectRulesByKind } from './object-rules.js';
import { podRules, podStatusRules } from './pod-rules.js';
import { quotaRules, quotaStatusRules } from './quota-rules.js';
import { statusErrors, statusRulesByKind, validateReplicas } from './status-rules.js';

const CHANGE = ['get', 'patch', 'update'];
const STATUS: Subresource = { name: 'status', verbs: CHANGE };
const SCALE: Subresource = { name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: CHANGE };
const PROXY_VERBS = ['create', 'delete', 'get', 'patch', 'update'];
const STREAM_VERBS = ['create', 'get'];

const POD_SUBRESOURCES: readonly Subresource[] = [
  { name: 'attach', kind: 'PodAttachOptions', verbs: STREAM_VERBS },
  { name: 'binding', kind: 'Binding', verbs: ['create'] },
  { name: 'ephemeralcontainers', verbs: CHANGE },
  { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
  { name: 'exec', kind: 'PodExecOptions', verbs: STREAM_VERBS },
  { name: 'log', verbs: ['get'] },
  { name: 'portforward', kind: 'PodPortForwardOptions', verbs: STREAM_VERBS },
  { name: 'proxy', kind: 'PodProxyOptions', verbs: PROXY_VERBS },
  { name: 'resize', verbs: CHANGE },
  STATUS,
];

interface RowOptions {
  readonly rules?: ResourceRules;
  readonly plural: string;
  readonly singular?: string;
  readonly cluster?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly Subresource[];
  readonly verbs?: readonly string[];
  readonly struct?: string;
  readonly storedAs?: string;
  readonly version?: string;
  readonly status?: StatusRules;
}

const CREATED_BY_UPDATE = new Set([
  'Service',
  'Lease',
  'LimitRange',
  'Event',
  'RuntimeClass',
  'Role',
  'RoleBinding',
  'ClusterRole',
  'ClusterRoleBinding',
  'Endpoints',
]);
const NEEDS_VERSION = new Set(['Lease', 'PodDisruptionBudget', 'RuntimeClass']);
const RETURNS_DELETED = new Set([
  'ServiceAccount',
  'Service',
  'PersistentVolumeClaim',
  'PersistentVolume',
  'StorageClass',
  'Pod',
  'ResourceQuota',
  'PodTemplate',
  'Namespace',
]);
const ORPHANS = new Set(['Job', 'ReplicationController']);

const row = (group: string, kind: string, options: RowOptions): ApiResource => {
  const { plural, version = 'v1' } = options;
  const key = group === '' ? plural : `${plural}.${group}`;
  const fields = fieldLabels[key];
  return {
    group,
    version,
    kind,
    plural,
    singular: options.singular ?? kind.toLowerCase(),
    namespaced: options.cluster !== true,
    shortNames: options.shortNames ?? [],
    categories: options.categories ?? [],
    verbs: options.verbs ?? ALL_VERBS,
    subresources: options.subresources ?? [],
    struct: options.struct ?? kind,
    ...(options.rules && { rules: options.rules }),
    ...(options.status && { status: options.status }),
    storedAs: options.storedAs ?? key,
    createsOnUpdate: CREATED_BY_UPDATE.has(kind),
    needsVersion: NEEDS_VERSION.has(kind),
    returnsDeleted: RETURNS_DELETED.has(kind),
    defaultPolicy: kind === 'Event' ? 'none' : ORPHANS.has(kind) ? 'orphan' : 'delete',
    ...(fields && { fields }),
  };
};

const IN_ALL = new Set(['Service', 'Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob']);
const SUBRESOURCES: Readonly<Record<string, readonly Subresource[]>> = {
  Namespace: [{ name: 'finalize', verbs: ['update'] }, STATUS],
  PersistentVolume: [STATUS],
  PersistentVolumeClaim: [STATUS],
  Service: [{ name: 'proxy', kind: 'ServiceProxyOptions', verbs: PROXY_VERBS }, STATUS],
  ServiceAccount: [{ name: 'token', kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1', verbs: ['create'] }],
  Deployment: [SCALE, STATUS],
  ReplicaSet: [SCALE, STATUS],
  StatefulSet: [SCALE, STATUS],
  DaemonSet: [STATUS],
  Job: [STATUS],
  CronJob: [STATUS],
  Ingress: [STATUS],
  GatewayClass: [STATUS],
  Gateway: [STATUS],
  HTTPRoute: [STATUS],
  PodDisruptionBudget: [STATUS],
};

const known: readonly ApiResource[] = objectKinds.flatMap(({ kind, group, version, plural, namespaced, shortNames }) => {
  const rules = objectRulesByKind.get(kind)?.rules;
  if (rules === undefined) return [];
  const status = kind === 'Job' ? jobStatusRules : statusRulesByKind[kind];
  return [
    row(group, kind, {
      rules,
      plural,
      version,
      cluster: !namespaced,
      shortNames,
      ...(IN_ALL.has(kind) && { categories: ['all'] }),
      ...(group === 'gateway.networking.k8s.io' && { categories: ['gateway-api'] }),
      ...(kind === 'Namespace' && { verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection') }),
      subresources: SUBRESOURCES[kind] ?? [],
      ...(status && { status }),
    }),
  ];
});

const CREATE = ['create'];
const AUTHN = 'authentication.k8s.io';
const AUTHZ = 'authorization.k8s.io';

const more: readonly ApiResource[] = [
  row('', 'Pod', {
    rules: podRules,
    plural: 'pods',
    shortNames: ['po'],
    categories: ['all'],
    subresources: POD_SUBRESOURCES,
    status: podStatusRules,
  }),
  row('', 'Node', {
    rules: nodeRules,
    plural: 'nodes',
    cluster: true,
    shortNames: ['no'],
    subresources: [{ name: 'proxy', kind: 'NodeProxyOptions', verbs: PROXY_VERBS }, STATUS],
    status: nodeStatusRules,
  }),
  row('', 'Event', { rules: coreEventRules, plural: 'events', shortNames: ['ev'] }),
  row('events.k8s.io', 'Event', { rules: newEventRules, plural: 'events', shortNames: ['ev'], struct: 'NewEvent', storedAs: 'events' }),
  row('', 'Endpoints', { rules: endpointsRules, plural: 'endpoints', singular: 'endpoints', shortNames: ['ep'] }),
  row('', 'ComponentStatus', {
    rules: readOnlyRules,
    plural: 'componentstatuses',
    singular: 'componentstatus',
    cluster: true,
    shortNames: ['cs'],
    verbs: ['get', 'list'],
  }),
  row('', 'ReplicationController', {
    rules: replicationControllerRules,
    plural: 'replicationcontrollers',
    shortNames: ['rc'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    status: { errors: statusErrors(validateReplicas) },
  }),
  row('', 'PodTemplate', { rules: podTemplateRules, plural: 'podtemplates' }),
  row('', 'ResourceQuota', {
    rules: quotaRules,
    plural: 'resourcequotas',
    shortNames: ['quota'],
    subresources: [STATUS],
    status: quotaStatusRules,
  }),
  row('apps', 'ControllerRevision', { rules: revisionRules, plural: 'controllerrevisions' }),
  row('autoscaling', 'HorizontalPodAutoscaler', {
    rules: autoscalerRules,
    plural: 'horizontalpodautoscalers',
    version: 'v2',
    shortNames: ['hpa'],
    categories: ['all'],
    subresources: [STATUS],
    status: { errors: statusErrors() },
  }),
  row('coordination.k8s.io', 'Lease', { rules: leaseRules, plural: 'leases' }),
  row('', 'Binding', { plural: 'bindings', verbs: CREATE }),
  row(AUTHN, 'SelfSubjectReview', { plural: 'selfsubjectreviews', cluster: true, verbs: CREATE }),
  row(AUTHN, 'TokenReview', { plural: 'tokenreviews', cluster: true, verbs: CREATE }),
  row(AUTHZ, 'LocalSubjectAccessReview', { plural: 'localsubjectaccessreviews', verbs: CREATE }),
  row(AUTHZ, 'SelfSubjectAccessReview', { plural: 'selfsubjectaccessreviews', cluster: true, verbs: CREATE }),
  row(AUTHZ, 'SelfSubjectRulesReview', { plural: 'selfsubjectrulesreviews', cluster: true, verbs: CREATE }),
  row(AUTHZ, 'SubjectAccessReview', { plural: 'subjectaccessreviews', cluster: true, verbs: CREATE }),
];

const METRICS = { version: 'v1beta1', verbs: ['get', 'list'] } as const;

/** What `kubectl top` asks for: for servers that can measure. Not among `resources`. */
export const metricsResources: readonly ApiResource[] = [
  row('metrics.k8s.io', 'NodeMetrics', { ...METRICS, plural: 'nodes', singular: '', cluster: true }),
  row('metrics.k8s.io', 'PodMetrics', { ...METRICS, plural: 'pods', singular: '' }),
];

/** Every resource that the server has, by group and name. */
export const resources: readonly ApiResource[] = [...known, ...more].sort((a, b) =>
  a.group === b.group ? (a.plural < b.plural ? -1 : 1) : a.group < b.group ? -1 : 1,
);

const byPath = new Map(resources.map((resource) => [`${resource.group}/${resource.version}/${resource.plural}`, resource]));

export const findResource = (group: string, version: string, plural: string): ApiResource | undefined =>
  byPath.get(`${group}/${version}/${plural}`);

const byKind = new Map(resources.map((resource) => [`${resource.group}/${resource.version}/${resource.kind}`, resource]));

export const findKind = (group: string, version: string, kind: string): ApiResource | undefined =>
  byKind.get(`${group}/${version}/${kind}`);
