import type { PolicyRule } from './policy.js';
import type { RequestAttributes } from './request-attributes.js';

const ANY = '*';

/** Whether one rule allows a request (RuleAllows of the RBAC authorizer). Verbs, groups, resources and names count with their case. */
export const ruleAllows = (rule: PolicyRule, request: RequestAttributes): boolean => {
  if (!has(rule.verbs, request.verb)) return false;
  if (request.type === 'path') return (rule.nonResourceURLs ?? []).some((url) => urlMatches(url, request.path));
  return (
    has(rule.apiGroups, request.apiGroup) &&
    (rule.resources ?? []).some((resource) => resourceMatches(resource, request.resource, request.subresource)) &&
    nameMatches(rule.resourceNames, request.name)
  );
};

const has = (allowed: readonly string[] = [], wanted: string): boolean => allowed.includes(ANY) || allowed.includes(wanted);

/** `pods/log` is one resource, `*` is all with their subresources, and a star before `/scale` the scale of any; a star after `pods/` is none. */
const resourceMatches = (allowed: string, resource: string, subresource: string): boolean => {
  if (allowed === ANY || allowed === (subresource === '' ? resource : `${resource}/${subresource}`)) return true;
  return subresource !== '' && allowed === `*/${subresource}`;
};

const nameMatches = (names: readonly string[] = [], name: string): boolean => names.length === 0 || names.includes(name);

/** A trailing `*` stands for any rest, also for none. */
export const urlMatches = (allowed: string, path: string): boolean =>
  allowed === ANY || allowed === path || (allowed.endsWith(ANY) && path.startsWith(allowed.replace(/(?<!\*)\*+$/, '')));
