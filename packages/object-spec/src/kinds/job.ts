import type { Affinity, ObjectMeta } from '@solo-kubelet/pod-spec';
import {
  type Draft,
  dnsLabelErrors,
  fillPodTemplate,
  type Report,
  subdomainNameErrors,
  validateLabelSelector,
} from '@solo-kubelet/pod-spec/schema';
import type { Job, JobSpec, PodTemplateSpec } from '../gen/object-types.js';
import { isSameField, isSameStruct } from '../object/same-value.js';
import { jobSpecWarnings } from '../warnings/job-spec.js';
import { podNameWarnings } from '../warnings/pod-name.js';
import { validateUnchanged } from './immutable-field.js';
import { validateJobSpec } from './job-spec.js';
import type { KindRules, ObjectPolicy } from './kind-rules.js';
import { isUsableSelector, matchesLabels } from './label-selection.js';
import { dropDisabledFields } from './pod-template-fields.js';

const NAME_LABELS = ['job-name', 'batch.kubernetes.io/job-name'];
const UID_LABELS = ['controller-uid', 'batch.kubernetes.io/controller-uid'];
const SELECTED_LABEL = 'batch.kubernetes.io/controller-uid';
const NO_RETRY_LIMIT = 2_147_483_647;

/** The labels by which a Job knows its Pods, where it does not have a selector made by hand. */
const generatedLabels = ({ name = '', uid = '' }: ObjectMeta): Readonly<Record<string, string>> =>
  Object.fromEntries([...NAME_LABELS.map((label) => [label, name]), ...UID_LABELS.map((label) => [label, uid])]);

const generateSelector = ({ metadata, spec }: Draft<Job>): void => {
  const template: Draft<PodTemplateSpec> = spec.template;
  template.metadata ??= {};
  // Changed in place: a Job without labels of its own has the very labels of its template.
  template.metadata.labels ??= {};
  for (const [label, value] of Object.entries(generatedLabels(metadata))) template.metadata.labels[label] ??= value;
  spec.selector ??= {};
  spec.selector.matchLabels = { [SELECTED_LABEL]: metadata.uid ?? '', ...spec.selector.matchLabels };
};

/** What was made for a Job stays as it is when the Job is written anew. */
const keepGenerated = ({ spec }: Draft<Job>, old: Job): void => {
  if (old.spec.manualSelector === true || spec.manualSelector === true) return;
  if (spec.selector === undefined && old.spec.selector !== undefined)
    spec.selector = structuredClone(old.spec.selector) as Draft<JobSpec>['selector'];
  const template: Draft<PodTemplateSpec> = spec.template;
  for (const label of [...NAME_LABELS, ...UID_LABELS]) {
    const value = old.spec.template.metadata?.labels?.[label];
    if (value === undefined) continue;
    template.metadata ??= {};
    template.metadata.labels ??= {};
    template.metadata.labels[label] ??= value;
  }
};

/** Jobs from before there were labels with a domain may do without them. */
const expectedLabels = (metadata: ObjectMeta, old: Job | undefined): Readonly<Record<string, string>> => {
  const expected = generatedLabels(metadata);
  const had = old?.spec.template.metadata?.labels ?? {};
  const isNew = old === undefined || [NAME_LABELS, UID_LABELS].every(([, label]) => had[label!] !== undefined);
  return isNew ? expected : Object.fromEntries(Object.entries(expected).filter(([label]) => !label.includes('/')));
};

const validateGenerated = ({ metadata, spec }: Job, report: Report, old?: Job): void => {
  if (spec.manualSelector === true || spec.selector === undefined) return;
  const expected = expectedLabels(metadata, old);
  const labels = spec.template.metadata?.labels ?? {};
  for (const [label, value] of Object.entries(expected)) {
    const field = `spec.template.metadata.labels[${label}]`;
    if (labels[label] === undefined) report.required(field, `must be '${value}'`);
    else if (labels[label] !== value) report.invalidStructure(field, labels, `must be '${value}'`);
  }
  if (isUsableSelector(spec.selector) && !matchesLabels(spec.selector, expected)) {
    report.invalidStructure('spec.selector', spec.selector, '`selector` not auto-generated');
  }
};

/** The rules of the spec that hold for new and changed Jobs alike (ValidateJobSpec). */
const validateSpec = ({ spec }: Job, report: Report, policy: ObjectPolicy): void => {
  validateJobSpec(spec, 'spec', report, policy);
  if (spec.selector === undefined) report.required('spec.selector');
  else validateLabelSelector(spec.selector, 'spec.selector', report);
  const labels = spec.template.metadata?.labels;
  if (isUsableSelector(spec.selector) && !matchesLabels(spec.selector, labels ?? {})) {
    report.invalidStructure('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
  }
};

const validate = (job: Job, report: Report, policy: ObjectPolicy, old?: Job): void => {
  const { metadata, spec } = job;
  validateGenerated(job, report, old);
  validateSpec(job, report, policy);
  if (spec.completionMode !== 'Indexed' || spec.completions === undefined || spec.completions <= 0) return;
  const hostname = `${metadata.name ?? ''}-${spec.completions - 1}`;
  if (dnsLabelErrors(hostname).length > 0) {
    report.invalid('metadata.name', metadata.name ?? '', `will not able to create pod with invalid DNS label: ${hostname}`);
  }
};

const validateCompletions = ({ spec }: Job, { spec: old }: Job, report: Report): void => {
  if (spec.completionMode !== 'Indexed') {
    validateUnchanged({ struct: 'JobSpec', name: 'completions', field: 'spec.completions' }, spec, old, report);
  } else if (spec.completions !== undefined && spec.completions !== old.completions && spec.completions !== spec.parallelism) {
    report.invalid('spec.completions', spec.completions, 'can only be modified in tandem with spec.parallelism');
  }
};

/** What becomes of the affinity of an old template when that to nodes does not count. */
const relaxedAffinity = (affinity: Affinity | undefined, old: Affinity | undefined): Affinity | undefined => {
  if (affinity === undefined) {
    const { nodeAffinity: _node, ...others } = old ?? {};
    return Object.keys(others).length === 0 ? undefined : others;
  }
  const { nodeAffinity: _node, ...others } = old ?? {};
  return affinity.nodeAffinity === undefined ? others : { ...others, nodeAffinity: affinity.nodeAffinity };
};

const without = <T extends object, Name extends keyof T>(object: T, names: readonly Name[]): Omit<T, Name> =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name as Name))) as Omit<T, Name>;

/** The spec of an old template with everything of the new one that may be changed while a Job is suspended. */
const relaxedPodSpec = (template: PodTemplateSpec, old: PodTemplateSpec): PodTemplateSpec['spec'] => {
  const [spec, before] = [template.spec, old.spec];
  if (spec === undefined || before === undefined) return before;
  const affinity = relaxedAffinity(spec.affinity, before.affinity);
  const { nodeSelector, tolerations, schedulingGates } = spec;
  const relaxed = {
    ...without(before, ['affinity', 'nodeSelector', 'tolerations', 'schedulingGates']),
    ...(affinity && { affinity }),
    ...(nodeSelector && { nodeSelector }),
    ...(tolerations && { tolerations }),
    ...(schedulingGates && { schedulingGates }),
  };
  for (const name of ['containers', 'initContainers'] as const) {
    const [containers, others] = [spec[name], before[name]];
    if (containers === undefined || others === undefined || containers.length !== others.length) continue;
    relaxed[name] = others.map((container, i) => {
      const { name: containerName, resources } = containers[i]!;
      return container.name === containerName ? { ...without(container, ['resources']), ...(resources && { resources }) } : container;
    });
  }
  return relaxed as PodTemplateSpec['spec'];
};

interface JobStatus {
  readonly startTime?: string;
  readonly active?: number;
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
}

/** The template may change in parts while a Job is suspended: before it ever started, or once all its Pods have gone. */
const isTemplateMutable = (old: Job): boolean => {
  const { startTime, active = 0, conditions = [] } = (old as { readonly status?: JobStatus }).status ?? {};
  const isAsleep = conditions.some(({ type, status }) => type === 'Suspended' && status === 'True');
  return old.spec.suspend === true && (startTime === undefined || isAsleep) && active === 0;
};

const validateTemplateUpdate = ({ spec }: Job, oldJob: Job, report: Report): void => {
  const { spec: old } = oldJob;
  if (!isTemplateMutable(oldJob)) {
    validateUnchanged({ struct: 'JobSpec', name: 'template', field: 'spec.template' }, spec, old, report);
    return;
  }
  const relaxed = relaxedPodSpec(spec.template, old.template);
  if (isSameStruct('PodSpec', spec.template.spec ?? {}, relaxed ?? {})) return;
  report.invalidStructure('spec.template.spec', spec.template.spec, 'field is immutable');
};

const IMMUTABLE = ['selector', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'];

export const jobRules: KindRules<Job> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: true,
  fillDefaults: ({ metadata, spec }) => {
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : NO_RETRY_LIMIT;
    const labels = spec.template.metadata?.labels;
    if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = labels;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
    spec.manualSelector ??= false;
    fillJobTemplateParts(spec);
  },
  prepareCreate: (job) => {
    if (job.spec.manualSelector !== true) generateSelector(job);
    dropDisabledFields(job.spec.template);
  },
  keepGenerated,
  prepareUpdate: (job, old) => {
    dropDisabledFields(job.spec.template, old.spec.template);
  },
  validate: (job, report, policy) => validate(job, report, policy),
  validateUpdate: (job, old, report, policy) => {
    validate(job, report, policy, old);
    // A change is looked at as a new Job and as a change, and the latter looks at the spec again.
    validateSpec(job, report, policy);
    validateCompletions(job, old, report);
    validateTemplateUpdate(job, old, report);
    for (const name of IMMUTABLE) validateUnchanged({ struct: 'JobSpec', name, field: `spec.${name}` }, job.spec, old.spec, report);
  },
  isCountedChange: (job, old) => !isSameField('Job', 'spec', job, old),
  warnings: ({ metadata, spec }, update) => {
    if (update !== undefined && !update.counted) return [];
    const ofSpec = jobSpecWarnings(spec, 'spec');
    return update === undefined ? [...podNameWarnings(metadata.name ?? ''), ...ofSpec] : ofSpec;
  },
};

/** The defaults that the template of a CronJob gets too. */
export const fillJobTemplateParts = (spec: Draft<JobSpec>): void => {
  for (const rule of spec.podFailurePolicy?.rules ?? []) {
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  }
  fillPodTemplate(spec.template);
};
