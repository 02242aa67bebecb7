import { isSameStruct, validateTemplate } from '@solo-kubelet/object-spec/rules';
import { fillPodTemplate, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import { innerOf, type ObjectDraft, specOf, type Values } from '../stored-object.js';
import { plainRules } from './plain-rules.js';

const POLICY = { allowPrivileged: true };

export const leaseRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  validate: ({ spec = {} }, report) => {
    const duration = spec['leaseDurationSeconds'] as number | undefined;
    if (duration !== undefined && duration <= 0) report.invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0');
    const transitions = spec['leaseTransitions'] as number | undefined;
    if (transitions !== undefined && transitions < 0) {
      report.invalid('spec.leaseTransitions', transitions, 'must be greater than or equal to 0');
    }
    const holder = spec['holderIdentity'] as string | undefined;
    if (holder === '') report.invalid('spec.holderIdentity', holder, 'must not be empty');
  },
});

const fillPorts = (draft: ObjectDraft): void => {
  for (const { ports } of (draft['subsets'] ?? []) as readonly { readonly ports?: readonly Values[] }[]) {
    for (const port of ports ?? []) port['protocol'] ||= 'TCP';
  }
};

export const endpointsRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  fillDefaults: fillPorts,
  validate: (draft, report) => {
    for (const [i, subset] of ((draft['subsets'] ?? []) as readonly Values[]).entries()) {
      const field = `subsets[${i}]`;
      const addresses = (subset['addresses'] ?? []) as readonly Values[];
      const notReady = (subset['notReadyAddresses'] ?? []) as readonly Values[];
      if (addresses.length + notReady.length === 0) report.required(field, 'must specify `addresses` or `notReadyAddresses`');
      for (const [j, port] of ((subset['ports'] ?? []) as readonly Values[]).entries()) {
        const number = port['port'] as number;
        if (number < 1 || number > 65_535) report.invalid(`${field}.ports[${j}].port`, number, 'must be between 1 and 65535, inclusive');
      }
    }
  },
});

interface Controller {
  readonly replicas?: number;
  readonly minReadySeconds?: number;
  readonly selector?: Readonly<Record<string, string>>;
  readonly template?: Parameters<typeof validateTemplate>[0];
}

export const replicationControllerRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
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
  },
});

export const podTemplateRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  isCountedChange: (draft, old) => !isSameStruct('PodTemplateSpec', draft['template'] as object, old['template'] as object),
  fillDefaults: (draft) => fillPodTemplate(innerOf(draft, 'template') as Parameters<typeof fillPodTemplate>[0]),
  validate: (draft, report) =>
    validateTemplate((draft['template'] ?? {}) as Parameters<typeof validateTemplate>[0], 'template', report, POLICY),
});

export const quotaRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  updateChecksMetadata: true,
  validateUpdate: (draft, old, report) => {
    if (JSON.stringify(draft.spec?.['scopes'] ?? []) !== JSON.stringify(old.spec?.['scopes'] ?? [])) {
      report.invalidStructure('spec.scopes', draft.spec?.['scopes'], 'field is immutable');
    }
  },
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
  validateUpdate: (draft, _old, report) => {
    const revision = Number(draft['revision'] ?? 0);
    if (revision < 0) report.invalid('revision', revision, 'must be greater than or equal to 0');
    // Upstream compares what it read with what it kept in another form: no update gets past it.
    report.invalidStructure('data', sorted(draft['data']), 'field is immutable');
  },
});
