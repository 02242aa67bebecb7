import { type Report, subdomainNameErrors } from '@solo-kubelet/pod-spec/schema';
import type { PriorityClass } from '../gen/object-types.js';
import { validateUnchanged } from './immutable-field.js';
import type { KindRules } from './kind-rules.js';

const SYSTEM_PREFIX = 'system-';
const HIGHEST_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PRIORITIES: Readonly<Record<string, number>> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never'];

/** Why a class with the name of a system class is not that one; undefined if it is. */
const systemClassError = (name: string, { value, globalDefault = false }: PriorityClass): string | undefined => {
  const expected = Object.hasOwn(SYSTEM_PRIORITIES, name) ? SYSTEM_PRIORITIES[name] : undefined;
  if (expected === undefined) return `${name} is not a known system priority class`;
  if (value !== expected) return `value of ${name} PriorityClass must be ${expected}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
};

const validate = (object: PriorityClass, report: Report): void => {
  const { metadata, value, preemptionPolicy } = object;
  const name = metadata.name ?? '';
  if (name.startsWith(SYSTEM_PREFIX)) {
    const problem = systemClassError(name, object);
    if (problem !== undefined) {
      const detail = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`;
      report.forbidden('metadata.name', detail);
    }
  } else if (value > HIGHEST_USER_PRIORITY) {
    report.forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_USER_PRIORITY}`);
  }
  if (preemptionPolicy === undefined) return;
  const policy: string = preemptionPolicy;
  if (policy === '') report.required('preemptionPolicy');
  else if (!PREEMPTION_POLICIES.includes(policy)) report.notSupported('preemptionPolicy', policy, PREEMPTION_POLICIES);
};

export const priorityClassRules: KindRules<PriorityClass> = {
  nameErrors: subdomainNameErrors,
  countsGeneration: true,
  updateChecksMetadata: false,
  fillDefaults: (object) => {
    object.preemptionPolicy ??= 'PreemptLowerPriority';
  },
  validate,
  validateUpdate: (object, old, report) => {
    if (object.value !== old.value) report.forbidden('value', 'may not be changed in an update.');
    validateUnchanged({ struct: 'PriorityClass', name: 'preemptionPolicy', field: 'preemptionPolicy' }, object, old, report);
  },
  // Upstream sets the generation once, and never again.
  isCountedChange: () => false,
};
