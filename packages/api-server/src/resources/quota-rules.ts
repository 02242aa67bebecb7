import { compareQuantities, formatQuantity } from '@solo-kubelet/pod-spec';
import {
  isHugePagesName,
  isStandardName,
  type Report,
  subdomainNameErrors,
  validateQuantityOf,
  validateResourceName,
} from '@solo-kubelet/pod-spec/schema';
import type { ObjectDraft, StoredObject, Values } from '../stored-object.js';
import type { StatusRules } from './api-resource.js';
import { plainRules } from './plain-rules.js';
import { statusErrors } from './status-rules.js';

const POD_SCOPES = ['Terminating', 'NotTerminating', 'NotBestEffort', 'PriorityClass', 'CrossNamespacePodAffinity'];
const CLAIM_SCOPE = 'VolumeAttributesClass';
const SCOPES = [...POD_SCOPES, 'BestEffort', CLAIM_SCOPE];
/** Scopes that a Pod is in or is not, without values. */
const PLAIN_SCOPES = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const COMPUTED = ['cpu', 'memory'].flatMap((name) => [name, `limits.${name}`, `requests.${name}`]);
const PAIRS = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

const isQuotaName = (name: string): boolean =>
  name !== 'storage' && (isStandardName(name) || isHugePagesName(name) || name.startsWith('requests.hugepages-'));

const isCountedIn = (scope: string, name: string): boolean => {
  if (scope === 'BestEffort') return name === 'pods';
  if (scope === CLAIM_SCOPE) return name === 'persistentvolumeclaims' || name === 'requests.storage';
  return POD_SCOPES.includes(scope) ? name === 'pods' || COMPUTED.includes(name) : true;
};

const validateAmounts = (list: unknown, field: string, report: Report): void => {
  for (const [name, quantity] of Object.entries((list ?? {}) as Record<string, string>)) {
    const at = `${field}[${name}]`;
    validateResourceName(name, at, report);
    if (!name.includes('/') && !isQuotaName(name)) report.invalid(at, name, 'must be a standard resource for quota');
    validateQuantityOf(name, quantity, at, report);
  }
};

const unfit = (scope: string, hard: Values): readonly string[] =>
  Object.keys(hard).filter((name) => isQuotaName(name) && !isCountedIn(scope, name));

const conflicts = (scopes: readonly string[]): number => PAIRS.filter((pair) => pair.every((scope) => scopes.includes(scope))).length;

const validateScopes = (spec: Values, report: Report): void => {
  const scopes = (spec['scopes'] ?? []) as readonly string[];
  const refuse = (detail: string): void => report.invalidStructure('spec.scopes', scopes, detail);
  for (const scope of scopes) {
    if (!SCOPES.includes(scope)) refuse('unsupported scope');
    for (const _ of unfit(scope, (spec['hard'] ?? {}) as Values)) refuse('unsupported scope applied to resource');
  }
  for (let i = 0; i < conflicts(scopes); i++) refuse('conflicting scopes');
};

interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

const MUST_EXIST =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity";

const validateRequirement = ({ scopeName, operator, values = [] }: ScopeRequirement, spec: Values, field: string, report: Report): void => {
  if (!SCOPES.includes(scopeName)) report.invalid(`${field}.scopeName`, scopeName, 'unsupported scope');
  for (const _ of unfit(scopeName, (spec['hard'] ?? {}) as Values)) {
    report.invalidStructure(field, spec['scopeSelector'], 'unsupported scope applied to resource');
  }
  if (PLAIN_SCOPES.includes(scopeName) && operator !== 'Exists') report.invalid(`${field}.operator`, operator, MUST_EXIST);
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      report.required(`${field}.values`, "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector");
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      report.invalidStructure(
        `${field}.values`,
        values,
        "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
      );
    }
  } else report.invalid(`${field}.operator`, operator, 'not a valid selector operator');
};

const validateScopeSelector = (spec: Values, report: Report): void => {
  const selector = spec['scopeSelector'] as { readonly matchExpressions?: readonly ScopeRequirement[] } | undefined;
  const requirements = selector?.matchExpressions ?? [];
  const field = 'spec.scopeSelector.matchExpressions';
  for (const requirement of requirements) validateRequirement(requirement, spec, field, report);
  const scopes = requirements.map(({ scopeName }) => scopeName);
  for (let i = 0; i < conflicts(scopes); i++) report.invalidStructure(field, spec['scopes'], 'conflicting scopes');
};

const validateQuota = ({ spec = {} }: ObjectDraft, report: Report): void => {
  validateAmounts(spec['hard'], 'spec.hard', report);
  validateScopes(spec, report);
  validateScopeSelector(spec, report);
};

const scopesOf = (quota: ObjectDraft | StoredObject): string =>
  JSON.stringify([...new Set((quota.spec?.['scopes'] ?? []) as readonly string[])].sort());

const MEASURED = ['cpu', 'memory', 'storage', 'ephemeral-storage'];

/** Requests that may be larger than limits. */
const quotaWarnings = ({ spec = {} }: ObjectDraft): readonly string[] => {
  const hard = (spec['hard'] ?? {}) as Readonly<Record<string, string>>;
  return MEASURED.flatMap((name) => {
    const bare = name === 'cpu' || name === 'memory' ? [name] : [];
    const request = [`requests.${name}`, ...bare].find((key) => hard[key] !== undefined);
    const limit = `limits.${name}`;
    if (request === undefined || hard[limit] === undefined || compareQuantities(hard[request]!, hard[limit]) <= 0) return [];
    return [`ResourceQuota ${request} (${formatQuantity(hard[request]!)}) should be less than ${limit} (${formatQuantity(hard[limit])})`];
  });
};

export const quotaRules = plainRules({
  namespaced: true,
  nameErrors: subdomainNameErrors,
  validate: validateQuota,
  validateUpdate: (draft, old, report) => {
    validateQuota(draft, report);
    if (scopesOf(draft) !== scopesOf(old)) {
      report.invalidStructure('spec.scopes', draft.spec?.['scopes'] ?? null, 'field is immutable');
    }
  },
  warnings: (draft, update) => (update === undefined ? quotaWarnings(draft) : []),
});

export const quotaStatusRules: StatusRules = {
  errors: statusErrors(({ status = {} }, _old, report) => {
    validateAmounts(status['hard'], 'status.hard', report);
    validateAmounts(status['used'], 'status.used', report);
  }),
};
