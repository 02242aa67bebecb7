import {
  ipWarnings,
  isSameStruct,
  podTemplateWarnings,
  validateEndpointIp,
  validateIp,
  validateTemplate,
} from '@solo-kubelet/object-spec/rules';
import {
  dnsLabelErrors,
  dnsSubdomainErrors,
  fillPodTemplate,
  parseIpAddress,
  portNumberErrors,
  qualifiedNameErrors,
  type Report,
  subdomainNameErrors,
} from '@solo-kubelet/pod-spec/schema';
import { isSameText } from '../decode/raw-text.js';
import { isSameJson } from '../registry/same-json.js';
import { innerOf, type ObjectDraft, specOf, type Values } from '../stored-object.js';
import type { ResourceRules } from './api-resource.js';
import { plainRules } from './plain-rules.js';

const POLICY = { allowPrivileged: true };

const dropCoordination = (spec: Values | undefined, before: Values): void => {
  for (const name of ['strategy', 'preferredHolder']) if (before[name] === undefined) delete spec?.[name];
};

export const leaseRules = plainRules({
  namespaced: true,
  hasPlainFinalizers: true,
  nameErrors: subdomainNameErrors,
  validate: ({ spec = {} }, report) => {
    const duration = spec['leaseDurationSeconds'] as number | undefined;
    if (duration !== undefined && duration <= 0) report.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0');
    const transitions = spec['leaseTransitions'] as number | undefined;
    if (transitions !== undefined && transitions < 0) {
      report.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
    }
  },
  // The gate CoordinatedLeaderElection is off: only what an object has already stays.
  prepareCreate: ({ spec }) => dropCoordination(spec, {}),
  prepareUpdate: ({ spec }, old) => dropCoordination(spec, old.spec ?? {}),
});

/** What can only be looked at. */
export const readOnlyRules = plainRules({ namespaced: false, nameErrors: subdomainNameErrors });

const fillPorts = (draft: ObjectDraft): void => {
  for (const { ports } of (draft['subsets'] ?? []) as readonly { readonly ports?: readonly Values[] }[]) {
    for (const port of ports ?? []) port['protocol'] ||= 'TCP';
  }
};

interface EndpointAddress {
  readonly ip?: string;
  readonly hostname?: string;
  readonly nodeName?: string;
}

interface EndpointPort {
  readonly name?: string;
  readonly port?: number;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

interface EndpointSubset {
  readonly addresses?: readonly EndpointAddress[];
  readonly notReadyAddresses?: readonly EndpointAddress[];
  readonly ports?: readonly EndpointPort[];
}

const validateAddress = ({ ip = '', hostname = '', nodeName }: EndpointAddress, field: string, report: Report): void => {
  const isValid = validateIp(ip, `${field}.ip`, report);
  if (hostname !== '') report.invalidEach(`${field}.hostname`, hostname, dnsLabelErrors(hostname));
  if (nodeName !== undefined) report.invalidEach(`${field}.nodeName`, nodeName, dnsSubdomainErrors(nodeName));
  if (isValid || parseIpAddress(ip) !== undefined) validateEndpointIp(ip, `${field}.ip`, report);
  else report.invalid(`${field}.ip`, ip, 'must be a valid IP address');
};

const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

const validatePort = (endpointPort: EndpointPort, isNamed: boolean, field: string, report: Report): void => {
  const { name = '', port = 0, protocol = '', appProtocol } = endpointPort;
  if (name !== '') report.invalidEach(`${field}.name`, name, dnsLabelErrors(name));
  else if (isNamed) report.required(`${field}.name`);
  report.invalidEach(`${field}.port`, port, portNumberErrors(port));
  if (protocol === '') report.required(`${field}.protocol`);
  else if (!PROTOCOLS.includes(protocol)) report.notSupported(`${field}.protocol`, protocol, PROTOCOLS);
  if (appProtocol !== undefined) report.invalidEach(`${field}.appProtocol`, appProtocol, qualifiedNameErrors(appProtocol));
};

const validateSubsets = (draft: ObjectDraft, report: Report): void => {
  for (const [i, subset] of ((draft['subsets'] ?? []) as readonly EndpointSubset[]).entries()) {
    const field = `subsets[${i}]`;
    const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
    if (addresses.length + notReadyAddresses.length === 0) report.required(field, 'must specify `addresses` or `notReadyAddresses`');
    for (const [j, address] of addresses.entries()) validateAddress(address, `${field}.addresses[${j}]`, report);
    for (const [j, address] of notReadyAddresses.entries()) validateAddress(address, `${field}.notReadyAddresses[${j}]`, report);
    for (const [j, port] of ports.entries()) validatePort(port, ports.length > 1, `${field}.ports[${j}]`, report);
  }
};

/** Addresses in forms that later releases will not take. */
const subsetWarnings = (subset: Values, at: number): readonly string[] =>
  ['addresses', 'notReadyAddresses'].flatMap((name) =>
    ((subset[name] ?? []) as readonly { readonly ip?: string }[]).flatMap(({ ip = '' }, i) =>
      ipWarnings(ip, `subsets[${at}].${name}[${i}].ip`),
    ),
  );

export const endpointsRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  updateChecksMetadata: true,
  fillDefaults: fillPorts,
  validate: validateSubsets,
  validateUpdate: (draft, old, report) => {
    if (!isSameJson(draft['subsets'], old['subsets'])) validateSubsets(draft, report);
  },
  warnings: (draft) => ((draft['subsets'] ?? []) as readonly Values[]).flatMap(subsetWarnings),
});

interface Controller {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: Readonly<Record<string, string>>;
  readonly template?: Parameters<typeof validateTemplate>[0];
}

type Template = Parameters<typeof podTemplateWarnings>[0];

/** What is said of a template that is new or has changed. */
const templateWarnings =
  (field: string, templateOf: (draft: ObjectDraft) => unknown): ResourceRules['warnings'] =>
  (draft, update) =>
    update === undefined || update.counted ? podTemplateWarnings((templateOf(draft) ?? {}) as Template, field) : [];

export const replicationControllerRules = plainRules({
  warnings: templateWarnings('spec.template', ({ spec = {} }) => spec['template']),
  namespaced: true,
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  fillDefaults: (draft) => {
    const spec = specOf(draft);
    const template = spec['template'] as { metadata?: { labels?: Record<string, string> } } | undefined;
    const labels = template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys((spec['selector'] as object | undefined) ?? {}).length === 0) spec['selector'] = { ...labels };
      if (Object.keys(draft.metadata.labels ?? {}).length === 0) draft.metadata.labels = { ...labels };
    }
    spec['replicas'] ??= 1;
    if (template !== undefined) fillPodTemplate(template);
  },
  validate: ({ spec = {} }, report) => {
    const { replicas = 0, minReadySeconds = 0, selector = {}, template } = spec as Controller;
    if (minReadySeconds < 0) report.invalid('spec.minReadySeconds', minReadySeconds, 'must be greater than or equal to 0');
    if (Object.keys(selector).length === 0) report.required('spec.selector');
    if (replicas < 0) report.invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
    if (template === undefined) {
      report.required('spec.template');
      return;
    }
    const labels = template.metadata?.labels ?? {};
    if (Object.entries(selector).some(([key, value]) => labels[key] !== value)) {
      report.invalidStructure('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
    }
    validateTemplate(template, 'spec.template', report, POLICY);
    const restartPolicy = template.spec?.restartPolicy ?? '';
    if (restartPolicy !== 'Always') report.notSupported('spec.template.spec.restartPolicy', restartPolicy, ['Always']);
    if (template.spec?.activeDeadlineSeconds !== undefined) {
      report.forbidden('spec.template.spec.activeDeadlineSeconds', 'activeDeadlineSeconds in ReplicationController is not Supported');
    }
  },
});

export const podTemplateRules = plainRules({
  warnings: templateWarnings('template', (draft) => draft['template']),
  namespaced: true,
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  isCountedChange: (draft, old) => !isSameStruct('PodTemplateSpec', draft['template'] as object, old['template'] as object),
  fillDefaults: (draft) => fillPodTemplate(innerOf(draft, 'template') as Parameters<typeof fillPodTemplate>[0]),
  validate: (draft, report) =>
    validateTemplate((draft['template'] ?? {}) as Parameters<typeof validateTemplate>[0], 'template', report, POLICY),
});

/** With names in order, as Go prints a map. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
};

export const revisionRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  updateChecksMetadata: true,
  validate: (draft, report) => {
    if (draft['data'] === undefined) report.required('data', 'data is mandatory');
    const revision = Number(draft['revision'] ?? 0);
    if (revision < 0) report.invalid('revision', revision, 'must be greater than or equal to 0');
  },
  prepareUpdate: (draft, old) => {
    if (isSameText(draft['data'], old['data'])) draft['data'] = old['data'];
  },
  validateUpdate: (draft, old, report) => {
    const revision = Number(draft['revision'] ?? 0);
    if (revision < 0) report.invalid('revision', revision, 'must be greater than or equal to 0');
    if (draft['data'] !== old['data']) report.invalidStructure('data', sorted(draft['data']), 'field is immutable');
  },
});
