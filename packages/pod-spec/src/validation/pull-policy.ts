import type { Report } from './report.js';

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export const validatePullPolicy = (policy: string | undefined, field: string, report: Report): void => {
  if (!policy) report.required(field);
  else if (!PULL_POLICIES.includes(policy)) report.notSupported(field, policy, PULL_POLICIES);
};
