import type { TopologySpreadConstraint } from '../gen/pod-types.js';
import { validateLabelSelector } from './labels.js';
import { validateMatchLabelKeys } from './match-label-keys.js';
import type { Report } from './report.js';

const ACTIONS = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSION_POLICIES = ['Honor', 'Ignore'];

export const validateTopologySpread = (constraints: readonly TopologySpreadConstraint[], field: string, report: Report): void => {
  for (const [i, constraint] of constraints.entries()) {
    validateConstraint(constraint, `${field}[${i}]`, report);
    const kind = kindOf(constraint);
    if (constraints.slice(i + 1).some((other) => kindOf(other) === kind)) {
      report.duplicate(`${field}[${i}].{topologyKey, whenUnsatisfiable}`, kind);
    }
  }
};

const kindOf = ({ topologyKey = '', whenUnsatisfiable }: TopologySpreadConstraint): string =>
  `{${topologyKey}, ${whenUnsatisfiable ?? ''}}`;

const validateConstraint = (constraint: TopologySpreadConstraint, field: string, report: Report): void => {
  const { maxSkew = 0, topologyKey, minDomains } = constraint;
  const action: string = constraint.whenUnsatisfiable ?? '';
  if (maxSkew <= 0) report.invalid(`${field}.maxSkew`, maxSkew, 'must be greater than zero');
  if (!topologyKey) report.required(`${field}.topologyKey`, 'can not be empty');
  if (!ACTIONS.includes(action)) report.notSupported(`${field}.whenUnsatisfiable`, action, ACTIONS);
  if (minDomains !== undefined && minDomains <= 0) report.invalid(`${field}.minDomains`, minDomains, 'must be greater than zero');
  if (minDomains !== undefined && action !== 'DoNotSchedule') {
    report.invalid(`${field}.minDomains`, minDomains, `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${action}`);
  }
  for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const) {
    const policy = constraint[name];
    if (policy !== undefined && !INCLUSION_POLICIES.includes(policy)) report.notSupported(`${field}.${name}`, policy, INCLUSION_POLICIES);
  }
  validateMatchLabelKeys(constraint, field, report);
  validateLabelSelector(constraint.labelSelector, `${field}.labelSelector`, report);
};
